"""The EHR's stays: admission silences a patient's programs, a discharge starts what is for it, a bad ending is a person's."""

import pytest

from handlers import processes
from storage.tables import ClinicalRecord
from tests.world import ELENA, World
from workflows import publishing

pytestmark = pytest.mark.phi("any")

# In place of the built-in program after a stay, with one question at once.
CHECK_IN = """grammar: 1
program: discharge
title: After a stay
purpose: A care message after a discharge.
trigger: {event: encounter.discharged, fresh: 48h}
goal: {appointment: booked, within: 14d}
stop_on: {patient.admitted: stopped_by_ehr, encounter.reopened: stopped_by_ehr}
touch_blocked: {case: {kind: call_task, team: care_coordination, due: 1 business day}}
steps:
  ask: {ask: hello, wait: 1d, on: {1: well}, silence: quiet}
  well: {outcome: completed}
  quiet: {outcome: unreachable}
texts:
  hello:
    en: "{clinic}: how are you after your stay? Reply 1 if all is well."
    es: "{clinic}: ¿cómo está después de su estancia? Responda 1 si todo va bien."
"""


def publish(world: World) -> None:
    with world.begin() as session:
        publishing.publish(session, CHECK_IN, actor="system")


@pytest.mark.req("S13", by="workflows.discharges:notice")
def test_a_discharge_home_is_followed_up_and_one_against_advice_is_a_nurses(monday: World) -> None:
    publish(monday)
    story, other = monday.person("story").patient, monday.person("close").patient
    for patient in (story, other):
        monday.act("ehr/admit", patient=patient)
    monday.at(0, 10)

    monday.act("ehr/discharge", patient=story)
    monday.act("ehr/discharge", patient=other, disposition="aadvice")

    assert any("how are you after your stay?" in text for text in monday.texts("story"))
    assert not any("how are you after your stay?" in text for text in monday.texts("close"))
    assert "against advice" in monday.card("clinical", "Answer a care question")


def test_a_stay_that_begins_ends_the_reminders(monday: World) -> None:
    monday.act("ehr/admit", patient=monday.person("story").patient)

    story = monday.why("story", "reminder")

    assert (story["state"], story["outcome"]) == ("ended", "stopped_by_ehr")


def test_the_charts_clinical_part_is_polled_into_the_mirror(monday: World) -> None:
    processes.tick(monday.deps)
    monday.drain()

    with monday.begin() as session:
        kinds = {row.resource for row in session.query(ClinicalRecord)}
    assert kinds == {"Condition", "Observation", "Procedure", "Encounter"}


def checked(world: World, *, instructions: bool) -> str:
    """A program that wants instructions on file; the patient goes home with them, or without. The patient's id."""
    with world.begin() as session:
        more = CHECK_IN.replace("goal:", "pre_check: [schedule, instructions, provider]\ngoal:", 1)
        publishing.publish(session, more, actor="system")
    story = world.person("story").patient
    world.act("ehr/admit", patient=story)
    world.at(0, 10)
    world.act("ehr/discharge", patient=story, instructions=instructions)
    return story


@pytest.mark.req("S89", by="handlers.effects.clinic:_instructions")
def test_who_goes_home_with_instructions_is_asked(monday: World) -> None:
    checked(monday, instructions=True)

    assert any("how are you after your stay?" in text for text in monday.texts("story"))


@pytest.mark.req("N18", by="handlers.actions_launch:keep_call")
def test_who_goes_home_without_is_completed_by_a_person_who_logs_the_call(monday: World) -> None:
    checked(monday, instructions=False)
    assert not any("how are you after your stay?" in text for text in monday.texts("story"))
    card = monday.card("front_office", "Complete before we write", "no care instructions are on file")
    assert "0 of 2 human contact attempts" in card

    monday.click("Log a call", card, by=ELENA)
    monday.submit(ELENA, method="phone", result="left_message")

    assert "1 of 2 human contact attempts" in monday.card("front_office", f"<@{ELENA}>")
    monday.click("Close", monday.card("front_office", "Complete before we write"), by=ELENA)
    monday.submit(ELENA, disposition="ready")
    monday.ticked(minutes=1, seconds=1)
    assert any("how are you after your stay?" in text for text in monday.texts("story"))


def test_the_clock_rings_by_itself(monday: World) -> None:
    checked(monday, instructions=True)
    monday.at(2, 11)

    processes.tick(monday.deps)
    monday.drain()

    assert "6 business hours left" in monday.card("clinical", "Call: home from hospital")
