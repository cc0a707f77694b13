"""The engine against a second computation that knows only the exported files and docs/kpis.md."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.kpis import chance, files, recount, runs
from tests.kpis.books import Books
from tests.kpis.runs import Clinic
from workflows.kpis import engine, export
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period

PERIOD = Period(date(2026, 10, 19), date(2027, 1, 15))
Counts = dict[str, dict[str, tuple[int, int]]]


def counted(figures: Iterable[Figure]) -> Counts:
    found: Counts = {}
    for one in figures:
        if one.denominator:
            found.setdefault(one.kpi, {})[one.group] = (int(one.numerator), one.denominator)
    return found


def recounted(books: Books, clinic: Clinic, folder: Path) -> files.Books:
    with books.begin() as session:
        export.write(session, folder)
    return files.Books(folder, ZoneInfo("America/Chicago"), clinic.now)


@pytest.mark.req("S108", by="workflows.kpis.engine:figures")
def test_the_forty_worked_out_by_hand_agree_to_the_digit(books: Books) -> None:
    expected = runs.expected()
    books.keep(runs.forty())

    with books.begin() as session:
        engine.refresh(session)
        found = {one.kpi: one for one in engine.figures(session, Asked(Period(*expected["period"])))}

    says = {kpi: _said(found[kpi]) for kpi in expected["kpis"]}
    assert says == {kpi: _worked(by_hand) for kpi, by_hand in expected["kpis"].items()}


def _said(one: Figure) -> list[str]:
    shown = (None if part is None else f"{part:.6f}" for part in (one.value, one.low, one.high))
    return [f"{one.numerator} of {one.denominator}", *(part for part in shown if part is not None)]


def _worked(by_hand: Mapping[str, Any]) -> list[str]:
    shown = [f"{by_hand[part]:.6f}" for part in ("value", "low", "high") if part in by_hand]
    return [f"{by_hand['numerator']} of {by_hand['denominator']}", *shown]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happened_the_files_give_the_same_counts(books: Books, tmp_path: Path, seed: int) -> None:
    clinic = chance.clinic(seed, runs=160)
    books.keep(clinic)
    again = recounted(books, clinic, tmp_path / "out")
    counted_anew = recount.units(again)
    with books.begin() as session:
        engine.refresh(session)

    for cut in ("", "program", "language", "source", "week"):
        with books.begin() as session:
            says = counted(engine.figures(session, Asked(PERIOD, by=cut)))
        anew = recount.shares(again, counted_anew, first=PERIOD.first, last=PERIOD.last, cut=cut)
        if cut == "week":
            del anew["wrong_number"]  # numbers are not split by week
        assert {kpi: (says.get(kpi), groups) for kpi, groups in anew.items() if says.get(kpi) != groups} == {}, cut
