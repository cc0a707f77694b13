"""A simulation: the same seed gives the same run, and what it sends keeps to the rules that bind the real sender."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from bot import charts
from core.errors import Misconfigured
from handlers.cli.commands.simulate import COMMAND
from workflows import windows
from workflows.programs.model import Program, load
from workflows.simulation import behaviour, plan, report
from workflows.simulation.people import Person, people
from workflows.simulation.record import Run, Sent
from workflows.simulation.run import Simulation

PROGRAMS = Path(__file__).resolve().parents[2] / "workflows" / "programs"
CHICAGO = "America/Chicago"
PATIENTS = 300
PLAN = plan.Plan(PATIENTS, 60, date(2026, 11, 30), CHICAGO, 7)


@cache
def program(code: str = "no_show") -> Program:
    return load(PROGRAMS / f"{code}.yaml")


@cache
def played() -> Run:
    return plan.play(program(), behaviour.usual(), PLAN)


@cache
def everybody() -> dict[int, Person]:
    return {one.no: one for one in people(behaviour.usual(), behaviour.Dice(7), PATIENTS, site_zone=CHICAGO)}


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    again = plan.play(program(), behaviour.usual(), PLAN)
    other = plan.play(program(), behaviour.usual(), plan.Plan(PATIENTS, 60, PLAN.start, CHICAGO, 8))

    assert again.sent == played().sent
    assert other.sent != played().sent


def touches() -> list[Sent]:
    """Texts that the program began; an answer to the patient's own words may leave at any hour and counts toward no cap."""
    steps = program().steps
    return [one for one in played().sent if not getattr(steps[one.step], "answer", False)]


def test_no_simulated_touch_leaves_outside_a_window() -> None:
    late = [one for one in touches() if not windows.check(everybody()[one.patient].where, one.at).open]

    assert touches()
    assert late == []


def test_a_household_gets_one_touch_a_day_and_three_a_week() -> None:
    by_number: dict[str | None, list[datetime]] = {}
    for one in touches():
        by_number.setdefault(everybody()[one.patient].number, []).append(one.at)

    days = Counter(
        (number, at.astimezone(ZoneInfo(CHICAGO)).date()) for number, times in by_number.items() for at in times
    )
    weeks = [
        sum(at - timedelta(days=7) < other <= at for other in times) for times in by_number.values() for at in times
    ]
    assert max(days.values()) == 1
    assert max(weeks) <= 3


def test_who_stops_gets_nothing_more_and_neither_does_the_household() -> None:
    model = behaviour.usual().model_copy(
        update={"replies": (1.0,), "answers": {"default": (behaviour.Answer(say="STOP", share=1),)}}
    )
    simulation = Simulation(program(), model, 7)
    first = Person(0, "en", everybody()[0].where, "+13125550100", dead=False, consented=True)
    second = Person(1, "en", first.where, first.number, dead=False, consented=True)
    noon = datetime(2026, 11, 30, 18, tzinfo=UTC)

    simulation.enrol(first, noon)
    simulation.enrol(second, noon + timedelta(days=4))
    run = simulation.play()

    assert [one.patient for one in run.sent] == [0]
    assert run.ended[0][0] == "opted_out"


def test_every_enrollment_ends_or_waits_for_a_person() -> None:
    run = played()
    waiting = set(range(PATIENTS)) - run.ended.keys()

    assert waiting <= {opened.patient for opened in run.opened}


def test_the_report_counts_what_happened() -> None:
    found = report.summarise(played(), program="no_show", patients=PATIENTS, seed=7, zone=CHICAGO, price=0.01)

    assert sum(sum(touches.values()) for touches in found.texts.values()) == len(played().sent)
    assert sum(sum(days.values()) for days in found.cases.values()) == len(played().opened)
    assert sum(found.outcomes.values()) + found.running == PATIENTS
    assert found.cost == round(found.segments * 0.01, 2)
    assert f"{found.busiest()[2]} new cases" in charts.title(found)  # type: ignore[index]


def test_the_chart_is_a_picture() -> None:
    found = report.summarise(played(), program="no_show", patients=PATIENTS, seed=7, zone=CHICAGO)

    assert charts.simulation(found).startswith(b"\x89PNG")


def test_the_command_prints_one_json_object() -> None:
    done = CliRunner().invoke(COMMAND, [str(PROGRAMS / "no_show.yaml"), "--patients", "40", "--json"])

    assert done.exit_code == 0
    assert json.loads(done.output)["patients"] == 40


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("languages: {en: 1}", "places: Field required"),
        ("{", "not valid YAML"),
        ("replies: [2]", "less than or equal to 1"),
    ],
)
def test_a_behaviour_file_that_cannot_be_used_names_the_place(text: str, words: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        behaviour.read(text)

    assert words in str(refused.value)


def test_shares_that_add_up_to_more_than_everybody_are_refused() -> None:
    text = (PROGRAMS.parent / "simulation" / "usual.yaml").read_text().replace("share: 0.55", "share: 0.95")

    with pytest.raises(Misconfigured, match=r"add up to at most 1: answers\.default"):
        behaviour.read(text)
