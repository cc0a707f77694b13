"""The forty enrollments and what was worked out from them agree with themselves: each sum with the rows that it names."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.kpis import runs
from tests.kpis.estimates import HALF, TENTH, waited
from workflows.kpis.definitions import FEWEST, KPIS

CLINIC, EXPECTED = runs.forty(), runs.expected()
WORKED_OUT: dict[str, dict[str, Any]] = EXPECTED["kpis"]
OTHERS: dict[str, dict[str, Any]] = EXPECTED["others"]
RUNS = ("reach_72h", "reach", "response", "completion", "untouched", "escalation", "escalation_started")
Z = Decimal("1.959963984540054")


def counted(part: Any) -> dict[int, int]:
    """{row: how many} of a list of rows, of a mapping, or of either by program."""
    if isinstance(part, list):
        return dict.fromkeys(part, 1)
    if all(isinstance(key, int) for key in part):
        return dict(part)
    found: dict[int, int] = {}
    for group in part.values():
        for row, many in counted(group).items():
            found[row] = found.get(row, 0) + many
    return found


def rows_by_program(kpi: str) -> Iterator[tuple[str, int]]:
    for program, group in WORKED_OUT[kpi]["of"].items():
        for row in group:
            yield program, row


def test_there_are_forty_enrollments_of_five_programs() -> None:
    assert [run.n for run in CLINIC.runs] == list(range(1, 41))
    assert {run.program for run in CLINIC.runs} == {"no_show", "survey", "recall", "discharge", "reminder"}


def test_every_kpi_is_worked_out() -> None:
    assert WORKED_OUT.keys() | OTHERS.keys() == set(KPIS)
    assert not WORKED_OUT.keys() & OTHERS.keys()
    assert all(worked["why"] for worked in OTHERS.values())


@pytest.mark.parametrize("kpi", ["time_to_claim", "time_to_resolve"])
@pytest.mark.parametrize("how", ["", "clock_", "active_"])
def test_each_median_is_that_of_the_minutes_it_names(kpi: str, how: str) -> None:
    worked = OTHERS[kpi]
    if f"{how}value" not in worked:
        return
    minutes, waiting, rests = worked["minutes"], worked["waiting"], worked.get("resting", {})
    told = {
        row: worked["clock"].get(row, length) if how == "clock_" else length
        for row, length in (minutes | waiting).items()
    }
    if how == "active_":
        told |= {row: told[row] - rest for row, rest in rests.items()}

    found = waited([(length, row in minutes) for row, length in told.items()], HALF, TENTH)

    assert found == [worked[f"{how}value"], worked[f"{how}high"]]
    assert (len(minutes), len(told)) == (worked["numerator"], worked["denominator"])
    assert told.keys() - {23} == counted(WORKED_OUT["task_ever"]["of"]).keys()


@pytest.mark.parametrize("kpi", WORKED_OUT)
def test_each_sum_is_that_of_the_rows_it_names(kpi: str) -> None:
    worked = WORKED_OUT[kpi]
    of, hits = counted(worked["of"]), counted(worked["hits"])

    assert (sum(hits.values()), sum(of.values())) == (worked["numerator"], worked["denominator"])
    assert all(many <= of.get(row, 0) for row, many in hits.items())
    assert (
        kpi == "no_show" or not of.keys() & worked["out"].keys()
    )  # a run has several visits, and one of them may be out
    assert worked["why"]


@pytest.mark.parametrize("kpi", [kpi for kpi in WORKED_OUT if kpi != "no_show"])
def test_rows_stand_under_their_own_program(kpi: str) -> None:
    wrong = [row for program, row in rows_by_program(kpi) if program not in ("none", CLINIC.run(row).program)]

    assert wrong == []


@pytest.mark.parametrize("kpi", RUNS)
def test_a_run_counts_or_says_why_not(kpi: str) -> None:
    """Below the line, out with a reason, or, where only some can be asked, silent."""
    worked = WORKED_OUT[kpi]
    named = counted(worked["of"]).keys() | worked["out"].keys()

    missing = {run.n for run in CLINIC.runs} - named

    assert all(not CLINIC.run(n).replies for n in missing) if kpi == "escalation" else missing == set()


@pytest.mark.parametrize("kpi", WORKED_OUT)
def test_the_share_and_its_interval_are_wilsons_to_the_digit(kpi: str) -> None:
    worked = WORKED_OUT[kpi]
    n = Decimal(worked["denominator"])
    if n < FEWEST:
        assert not worked.keys() & {"value", "low", "high"}
        return
    p = worked["numerator"] / n
    root = (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    low, high = ((p + Z**2 / (2 * n) + side * Z * root) / (1 + Z**2 / n) for side in (-1, 1))

    assert [f"{worked[name]:.6f}" for name in ("value", "low", "high")] == [f"{one:.6f}" for one in (p, low, high)]


def test_only_rows_that_are_old_enough_count() -> None:
    """The windows as the table's own words have them: Jan 11, Jan 7, Dec 31, Dec 15, Nov 15."""
    last = {3: "01-11 23:59", 7: "01-07 23:59", 14: "12-31 23:59", 30: "12-15 23:59", 60: "11-15 23:59"}

    for kpi in (*RUNS, "survey_completion", "understanding", "rebooked", "recovered"):
        until = runs.wall(last[KPIS[kpi].days])
        assert all(CLINIC.run(row).started <= until for _, row in rows_by_program(kpi)), kpi
