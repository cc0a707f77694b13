"""The second computation against what was worked out by hand: neither knows the engine."""

from pathlib import Path

from tests.kpis import files, runs
from tests.kpis.books import Books
from tests.kpis.counting import Wanted
from tests.kpis.estimates import Told
from tests.kpis.recounted import Recount
from workflows.kpis import export


def recounted(books: Books, folder: Path, cut: str = "") -> dict[str, dict[str, Told]]:
    with books.begin() as session:
        export.write(session, folder)
    first, last = runs.expected()["period"]
    return Recount(files.Books(folder)).figures(Wanted(first, last, cut))


def test_the_files_of_the_forty_give_what_was_worked_out_by_hand(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())

    found = recounted(books, tmp_path / "out")

    by_hand = runs.expected()["kpis"] | runs.expected()["others"]
    assert by_hand.keys() == found.keys()
    for kpi, worked in by_hand.items():
        one = found[kpi][""]
        shown = [f"{part:.6f}" for part in (one.value, one.low, one.high) if part is not None]
        worked_out = [f"{worked[part]:.6f}" for part in ("value", "low", "high") if part in worked]
        assert (one.above, one.below, shown) == (worked["numerator"], worked["denominator"], worked_out), kpi


def test_by_program_too(books: Books, tmp_path: Path) -> None:
    books.keep(runs.forty())

    found = recounted(books, tmp_path / "out", cut="program")

    for kpi in ("reach", "response", "completion", "escalation", "survey_completion"):
        rows = runs.expected()["kpis"][kpi]["of"]
        assert {program: one.below for program, one in found[kpi].items()} == {
            program: len(of) for program, of in rows.items()
        }
