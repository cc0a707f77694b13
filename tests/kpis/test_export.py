"""`app.py facts --csv`: everything that figures are computed from, and nobody in it."""

import csv
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from core.errors import Refused
from handlers.cli.commands import facts
from handlers.cli.root import Root
from storage.tables import AuditRow, Enrollment, Message
from tests.kpis import chance, runs
from tests.kpis.books import Books
from tests.watch import plugin as watch
from workflows.kpis import engine, export
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period

MANY_TEXTS = text(
    """
    INSERT INTO messages (org_id, number_id, patient_id, enrollment_id, direction, purpose, dedupe_key, body, state, created_at, state_at)
    SELECT m.org_id, m.number_id, m.patient_id, m.enrollment_id, 'out', 'program', 'more:' || n, m.body, 'delivered', m.created_at,
        m.state_at
    FROM generate_series(1, 15000) n, (SELECT * FROM messages WHERE direction = 'out' ORDER BY id LIMIT 1) m
    """
)


def typed(books: Books, folder: Path) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: books.db)  # type: ignore[arg-type]
    return CliRunner().invoke(facts.COMMAND, ["--csv", str(folder)], obj=root)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_table_is_a_file_and_the_readme_says_what_its_columns_are(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())

    done = typed(books, tmp_path / "out")

    assert done.exit_code == 0, done.output
    assert "enrollments.csv  40" in done.stdout
    told = (tmp_path / "out" / export.READ_ME).read_text()
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == sorted([export.READ_ME, *(f"{one.name}.csv" for one in export.FILES)])
    for path in (tmp_path / "out").glob("*.csv"):
        header = path.read_text().splitlines()[0].split(",")
        days = [column for column in header if column.endswith("day")]
        assert [c for c in header if c not in days and f"  {c} " not in told] == [], path.name
        assert all(f"{day.removesuffix('_day')}_at" in header or day == "day" for day in days)
    assert "Mon 08:00-17:00" in told


def test_one_id_is_one_hash_within_an_export_and_another_in_the_next(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())

    for name in ("one", "two"):
        typed(books, tmp_path / name)

    begun = {row["enrollment"] for row in table(tmp_path / "one", "enrollments")}
    assert len(begun) == 40
    assert {row["enrollment"] for row in table(tmp_path / "one", "messages") if row["enrollment"]} < begun
    assert not begun & {row["enrollment"] for row in table(tmp_path / "two", "enrollments")}


def test_instants_are_utc_with_the_local_day_beside_them(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())

    typed(books, tmp_path / "out")

    begun = {row["started_at"]: row["started_day"] for row in table(tmp_path / "out", "enrollments")}
    assert begun["2026-11-01T05:30:00Z"] == "2026-11-01"  # half past midnight, before the clocks go back
    assert begun["2026-11-02T05:30:00Z"] == "2026-11-01"  # half past eleven in the night, after
    assert begun["2026-10-30T04:30:00Z"] == "2026-10-29"


def test_no_name_number_birth_date_or_word_of_a_patient_is_in_it(books: Books, tmp_path: Path) -> None:
    ids = books.keep(chance.clinic(3, runs=60))
    with books.begin() as session:
        known = [str(row) for row in (*ids.values(), *session.scalars(select(Message.id)), books.org)]
        known += [str(row).replace("-", "") for row in session.scalars(select(Enrollment.patient_id))]

    typed(books, tmp_path / "out")

    for path in (tmp_path / "out").iterdir():
        words = path.read_text()
        watch.printed(words)  # judged at the end of the test against all that is sealed
        assert [
            one for one in ("Given", "Family", "+1312555", "1961-04-12", "pt-", "Hello", *known) if one in words
        ] == [], path.name


def test_an_area_in_which_few_people_live_is_its_state_in_the_files_and_in_the_figures(
    books: Books, tmp_path: Path
) -> None:
    """036 is one of them; without any code it is the state too."""
    books.keep(chance.clinic(3, runs=60))
    typed(books, tmp_path / "out")

    with books.begin() as session:
        engine.refresh(session)
        found = engine.figures(
            session, Asked(Period(date(2026, 10, 19), date(2027, 1, 15)), by="area", kpis=("reach",))
        )

    assert {row["area"] for row in table(tmp_path / "out", "patients")} == {"606", "601", "IL"}
    assert {one.group for one in found} == {"606", "601", "IL"}


def test_many_texts_take_no_more_memory_than_few(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())
    with books.begin() as session:
        session.execute(MANY_TEXTS)

    tracemalloc.start()
    with books.begin() as session:
        written = export.write(session, tmp_path / "out")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert written["messages"] > 15_000
    assert most < 8_000_000  # all of them at once are twice as much


def test_a_folder_with_something_in_it_is_refused_with_a_sentence(books: Books, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with (
        books.begin() as session,
        pytest.raises(Refused, match="holds something already") as refused,
    ):
        export.write(session, tmp_path)

    assert refused.value.say.endswith("Nothing was written. Name a folder that is new or empty.")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said_so(books: Books, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, no folder")

    done = typed(books, tmp_path / "file" / "out")

    assert isinstance(done.exception, Refused)
    assert "cannot be written: Not a directory. Name a folder that is yours" in done.exception.say


def test_an_export_is_on_record(books: Books, tmp_path: Path) -> None:
    typed(books, tmp_path / "out")

    with books.begin() as session:
        assert "facts.exported" in session.scalars(select(AuditRow.action)).all()
    assert table(tmp_path / "out", "enrollments") == []
