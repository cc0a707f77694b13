"""How a program's figures count it: said in its file, never shorter than its runs last, and without meaning for anything else."""

import pytest

from core.errors import Misconfigured
from tests.unit.test_programs import GOOD
from workflows import wording
from workflows.kpis.definitions import KPIS
from workflows.programs import measuring
from workflows.programs.model import USUAL_DAYS, Program, load, parse

AT = "stop_on:"


def said(measure: str) -> Program:
    return parse(GOOD.replace(AT, f"measure: {measure}\n{AT}", 1))


@pytest.mark.req("S109")
def test_every_shipped_program_is_looked_at_as_long_as_it_may_last_and_a_few_days_more() -> None:
    shipped = [load(path) for path in wording.programs()]

    short = [one.program for one in shipped if measuring.lasts(one) + measuring.TO_ANSWER_DAYS > one.measure.days]

    assert len(shipped) >= 12
    assert short == []


def test_what_shipped_programs_say() -> None:
    shipped = {one.program: one.measure for one in map(load, wording.programs())}

    assert {code: (m.from_, m.days) for code, m in shipped.items() if (m.from_, m.days) != ("start", 30)} == {
        "discharge": ("start", 37),
        "reminder": ("first_text", 30),
        "reminder_forms": ("first_text", 30),
    }


def test_a_stay_is_asked_about_last_on_day_30_and_has_two_days_to_answer() -> None:
    (discharge,) = (one for one in map(load, wording.programs()) if one.program == "discharge")

    assert measuring.lasts(discharge) == 32


def test_a_reminder_lasts_from_its_first_text_to_two_days_after_the_visit() -> None:
    (reminder,) = (one for one in map(load, wording.programs()) if one.program == "reminder")

    assert measuring.lasts(reminder) == 5


def test_the_usual_window_is_the_catalogues() -> None:
    assert {kpi.code for kpi in KPIS.values() if kpi.own} == {
        "completion",
        "untouched",
        "escalation",
        "escalation_started",
    }
    assert {kpi.days for kpi in KPIS.values() if kpi.own} == {USUAL_DAYS}


@pytest.mark.parametrize("measure", ["{days: 14}", "{days: 121}", "{from: end}", "{day: 40}"])
def test_a_window_is_widened_and_never_narrowed(measure: str) -> None:
    with pytest.raises(Misconfigured, match="measure"):
        said(measure)


def test_a_program_that_says_the_usual_is_the_same_as_one_that_says_nothing() -> None:
    """What was published before there was a measure keeps its digest."""
    assert said("{from: start, days: 30}").digest == parse(GOOD).digest
    assert said("{days: 31}").digest != parse(GOOD).digest
    assert said("{from: first_text}").digest != parse(GOOD).digest
