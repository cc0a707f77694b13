"""The engine against a second computation that knows only the exported files and docs/kpis.md."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.kpis import agreeing, chance, files, happens, runs
from tests.kpis.books import Books
from tests.kpis.counting import Wanted
from tests.kpis.recounted import Recount
from workflows.kpis import durations, engine, export, lift
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period

PERIOD = Period(date(2026, 10, 19), date(2027, 1, 15))
CALLS, MONEY, ADDED = "avoidable_callbacks", "cost_per_recovered", "incremental_recovery"
OF_CASES = {"escalation", "escalation_started", "task_on_time", "task_ever", "sla", "time_to_claim", "time_to_resolve"}
OTHERS = (
    "language",
    "source",
    "owner",
    "outcome",
    "phase",
    "cohort",
    "segment",
    "age",
    "payer",
    "area",
    "wording",
    "site",
)
SILENT: dict[str, set[str]] = {
    "": set(), "program": {CALLS, ADDED}, "week": {CALLS, MONEY, ADDED, "red_flag_miss"}, "class": set(KPIS) - OF_CASES,
    "arm": set(KPIS) - {"recovered"}, **{cut: {CALLS, MONEY, ADDED} for cut in OTHERS},
}  # fmt: skip
"""What is not split so, and says that it is not."""


def recounted(books: Books, folder: Path) -> Recount:
    with books.begin() as session:
        export.write(session, folder)
    return Recount(files.Books(folder))


@pytest.mark.req("S108", by="workflows.kpis.engine:figures")
def test_the_forty_worked_out_by_hand_agree_to_the_digit(books: Books) -> None:
    expected = runs.expected()
    books.keep(runs.forty())

    with books.begin() as session:
        engine.refresh(session)
        found = {one.kpi: one for one in engine.figures(session, Asked(Period(*expected["period"])))}

    by_hand = expected["kpis"] | expected["others"]
    assert by_hand.keys() == found.keys() == set(KPIS)
    assert {kpi: _said(found[kpi]) for kpi in KPIS} == {kpi: _worked(by_hand[kpi]) for kpi in KPIS}


def _said(one: Figure) -> list[str]:
    shown = (None if part is None else f"{part:.6f}" for part in (one.value, one.low, one.high))
    return [f"{one.numerator} of {one.denominator}", *(part for part in shown if part is not None)]


def _worked(by_hand: Mapping[str, Any]) -> list[str]:
    shown = [f"{by_hand[part]:.6f}" for part in ("value", "low", "high") if part in by_hand]
    return [f"{by_hand['numerator']} of {by_hand['denominator']}", *shown]


def test_the_forty_have_the_times_and_arms_that_were_worked_out(books: Books) -> None:
    expected = runs.expected()
    books.keep(runs.forty())

    with books.begin() as session:
        engine.refresh(session)
        asked = Asked(Period(*expected["period"]))
        (claim,), (resolve,) = durations.time_to_claim(session, asked), durations.time_to_resolve(session, asked)
        arms = lift.incremental(session, asked.period)

    by_hand = expected["others"]
    assert [claim.clock.median, claim.clock.p90] == [
        by_hand["time_to_claim"][f"clock_{part}"] for part in ("value", "high")
    ]
    for name, spread in {"clock": resolve.clock, "resting": resolve.resting, "active": resolve.active}.items():
        assert spread is not None
        assert [spread.median, spread.p90] == [
            by_hand["time_to_resolve"][f"{name}_{part}"] for part in ("value", "high")
        ], name
    for name, arm in {"contacted": arms.contacted, "holdout": arms.holdout}.items():
        worked = expected["arms"][name]
        assert arm == (sum(map(len, worked["of"].values())), len(worked["hits"])), name


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happened_the_files_give_the_same_figures(books: Books, tmp_path: Path, seed: int) -> None:
    books.keep(chance.clinic(seed, runs=160))
    again = recounted(books, tmp_path / "out")
    with books.begin() as session:
        engine.refresh(session)

    assert happens.missing(again.books) == []
    assert bool(again.books.of["callback_weeks"]) == bool(seed % 2)
    for cut, silent in SILENT.items():
        with books.begin() as session:
            said = engine.figures(session, Asked(PERIOD, by=cut))
        anew = again.figures(Wanted(PERIOD.first, PERIOD.last, cut))

        assert {one.kpi for one in said if one.note.startswith("This is not split")} == silent, cut
        assert set(anew) - silent == set(KPIS) - silent, cut
        one, other = (
            agreeing.of_engine(said),
            agreeing.of_recount({kpi: of for kpi, of in anew.items() if kpi not in silent}),
        )
        if cut == "site":
            one, other = agreeing.unnamed(one), agreeing.unnamed(other)
        assert agreeing.differ(one, other) == {}, cut


MONTH = Period(date(2026, 11, 2), date(2026, 11, 29))
"""Texts, discharges and cases lie before it and after it."""


@pytest.mark.parametrize("period", [PERIOD, MONTH], ids=["all", "month"])
def test_of_one_program_and_of_one_month_too(books: Books, tmp_path: Path, period: Period) -> None:
    books.keep(chance.clinic(3 if period is MONTH else 1, runs=160))
    again = recounted(books, tmp_path / "out")
    with books.begin() as session:
        engine.refresh(session)

    for program in ("", "no_show", "survey", "recall", "discharge", "reminder"):
        for cut in ("", "week", "program"):
            with books.begin() as session:
                said = engine.figures(session, Asked(period, program or None, by=cut))
            anew = again.figures(Wanted(period.first, period.last, cut, program))
            heard = {kpi: of for kpi, of in anew.items() if kpi not in SILENT[cut]}
            assert agreeing.differ(agreeing.of_engine(said), agreeing.of_recount(heard)) == {}, (program, cut)
