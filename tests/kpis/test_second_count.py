"""The second computation against what was worked out by hand: neither knows the engine."""

from pathlib import Path
from zoneinfo import ZoneInfo

from tests.kpis import files, recount, runs
from tests.kpis.books import Books
from workflows.kpis import export


def test_the_files_of_the_forty_give_what_was_worked_out_by_hand(books: Books, tmp_path: Path) -> None:
    clinic, expected = runs.forty(), runs.expected()
    books.keep(clinic)
    with books.begin() as session:
        export.write(session, tmp_path / "out")

    book = files.Books(tmp_path / "out", ZoneInfo("America/Chicago"), clinic.now)
    first, last = expected["period"]
    found = recount.shares(book, recount.units(book), first=first, last=last)

    by_hand = {kpi: (worked["numerator"], worked["denominator"]) for kpi, worked in expected["kpis"].items()}
    assert {kpi: groups[""] for kpi, groups in found.items()} == by_hand


def test_by_program_too(books: Books, tmp_path: Path) -> None:
    clinic, expected = runs.forty(), runs.expected()
    books.keep(clinic)
    with books.begin() as session:
        export.write(session, tmp_path / "out")

    book = files.Books(tmp_path / "out", ZoneInfo("America/Chicago"), clinic.now)
    first, last = expected["period"]
    found = recount.shares(book, recount.units(book), first=first, last=last, cut="program")

    for kpi in ("reach", "response", "completion", "escalation", "survey_completion"):
        rows = expected["kpis"][kpi]["of"]
        assert {program: of for program, (_, of) in found[kpi].items()} == {
            program: len(of) for program, of in rows.items()
        }
