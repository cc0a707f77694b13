"""Starter packs: each program of each pack is played by the real engine, and asks every question that the pack words."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from handlers.cli.commands.pack import COMMAND
from workflows import packs
from workflows.places import Where
from workflows.programs import built_in
from workflows.programs.lint import lint
from workflows.programs.model import AskStep, Program, parse
from workflows.simulation import behaviour, plan
from workflows.simulation.behaviour import Answer, Behaviour
from workflows.simulation.people import Person
from workflows.simulation.record import Run
from workflows.simulation.run import Simulation

CHICAGO = "America/Chicago"
PATIENTS = 24
EVERY = [(pack, program) for pack in packs.built_in() for program in packs.of_code(pack).programs]
SETTINGS = {"clinic", "dental", "diagnostics", "home_health", "hospital", "physiotherapy", "specialty"}


@cache
def talkative() -> Behaviour:
    """Half of them Spanish, most of them answer, and they take every digit."""
    said = {"1": 0.35, "2": 0.2, "3": 0.3, "can I do next week?": 0.1, "STOP": 0.05}
    answers = {"default": tuple(Answer(say=words, share=share) for words, share in said.items())}
    return behaviour.usual().model_copy(
        update={"languages": {"en": 1, "es": 1}, "replies": (0.5, 0.5, 0.5), "answers": answers}
    )


@cache
def played(source: str) -> tuple[Program, Run]:
    """Many packs hold the same program: it is checked and played once."""
    program = parse(source)
    assert lint(program) == []
    return program, plan.play(program, talkative(), plan.Plan(PATIENTS, 12, date(2026, 11, 30), CHICAGO, 7))


def test_there_is_a_pack_for_each_setting() -> None:
    assert packs.built_in().keys() == SETTINGS
    assert all(name == pack.pack for name, pack in packs.built_in().items())


@pytest.mark.parametrize(("pack", "code"), EVERY)
def test_every_enrollment_ends_with_an_outcome_and_no_text_is_refused_by_lint(pack: str, code: str) -> None:
    program, run = played(packs.of_code(pack).source(code))

    symptoms = {opened.patient for opened in run.opened if opened.kind == "clinical"}  # only a person closes those
    assert set(range(PATIENTS)) - run.ended.keys() - symptoms == set()
    worded = {key for key, words in program.texts.items() if built_in()[code].texts.get(key) != words}
    asked = {step.ask for name, step in program.steps.items() if isinstance(step, AskStep) and _sent(run, name)}
    assert worded <= asked


@pytest.mark.parametrize(
    ("hour", "answers", "sent"),
    [
        (14, {}, ["Mon Nov 30 09:00", "Wed Dec 02 09:00", "Thu Dec 03 09:00"]),
        (9, {}, ["Mon Nov 30 09:00", "Wed Dec 02 09:00"]),  # too late at the opening
        (14, {"one_day": "1"}, ["Mon Nov 30 09:00", "Wed Dec 02 09:00"]),
    ],
)
def test_the_third_dental_reminder_leaves_on_the_day_and_never_to_the_confirmed(
    hour: int, answers: dict[str, str], sent: list[str]
) -> None:
    here = ZoneInfo(CHICAGO)
    said = {"default": ()} | {step: (Answer(say=words, share=1),) for step, words in answers.items()}
    model = talkative().model_copy(
        update={"replies": (1.0,), "answers": said, "delivered": behaviour.Delay(median_min=1)}
    )
    simulation = Simulation(packs.of_code("dental").program("reminder"), model, 7)
    where = Where(stated_zone=None, zip="60614", state=None, site_zone=CHICAGO, number="+13125550100")
    patient = Person(0, "en", where, where.number, dead=False, consented=True)

    visit = datetime(2026, 12, 3, hour, tzinfo=here)
    simulation.enrol(patient, datetime(2026, 11, 25, 12, tzinfo=here), appointment_at=visit)
    run = simulation.play()

    assert [f"{one.at.astimezone(here):%a %b %d %H:%M}" for one in run.sent] == sent


def test_a_pack_speaks_of_what_happens_in_its_setting() -> None:
    words = {
        "dental": ("recall", "invite", "checkup", "chequeo"),
        "diagnostics": ("reminder_forms", "early", "your appointment", "su cita"),
        "home_health": ("reminder", "early", "home visit", "visita en casa"),
        "hospital": ("reminder_forms", "early", "outpatient visit", "consulta externa"),
        "physiotherapy": ("reminder", "early", "session", "le toca venir"),
        "specialty": ("referral", "first", "your doctor asked us to see you", "su doctor nos pide verle"),
        "clinic": ("recall", "invite", "yearly visit", "cita anual"),
    }

    for pack, (code, key, english, spanish) in words.items():
        said = packs.of_code(pack).program(code).texts[key]
        assert english in said["en"]
        assert spanish in said["es"]


def test_every_pack_can_move_visits_on_a_day_without_a_provider() -> None:
    assert [name for name, pack in packs.built_in().items() if "disrupted" not in pack.programs] == []


def test_list_and_show_need_no_server() -> None:
    listed = CliRunner().invoke(COMMAND, ["list"])
    shown = CliRunner().invoke(COMMAND, ["show", "home_health"])
    printed = CliRunner().invoke(COMMAND, ["show", "home_health", "--program", "reminder"])

    assert [line.partition(":")[0] for line in listed.output.splitlines()] == list(packs.built_in())
    assert "Cohort presets: overdue_followup" in shown.output
    assert "    + {clinic}: we come to your home {when}. Reply 1 if that works, 2 for another time." in shown.output
    assert "disrupted: Visit that cannot take place, as it is built in" in shown.output
    assert printed.output == packs.of_code("home_health").source("reminder")


def _sent(run: Run, step: str) -> bool:
    return any(one.step == step for one in run.sent)
