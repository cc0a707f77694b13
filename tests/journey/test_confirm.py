"""A visit the patient confirmed is accepted in the EHR in their name, or a person enters it."""

import pytest

from tests.world import World

pytestmark = pytest.mark.phi("any")


def participation(world: World) -> tuple[str, str, str]:
    """(appointment's status, the patient's word, version) as the EHR has it."""
    person = world.person("story")
    visit = world.fhir(f"Appointment/{person.appointment}")
    [own] = [p for p in visit["participant"] if p["actor"]["reference"] == f"Patient/{person.patient}"]
    return visit["status"], own["status"], visit["meta"]["versionId"]


@pytest.mark.req("S45", by="handlers.effects.confirmations:_accept")
def test_a_one_to_the_reminder_accepts_the_visit_in_the_ehr_once(monday: World) -> None:
    monday.at(0, 9, 0)
    assert participation(monday) == ("booked", "needs-action", "1")

    monday.text("story", "1")

    assert participation(monday) == ("booked", "accepted", "2")
    assert "written ehr.confirmed" in monday.rules("story", "reminder")


def test_when_the_ehr_refuses_it_a_person_enters_it_and_the_patient_is_still_thanked(monday: World) -> None:
    monday.at(0, 9, 0)
    monday.fault("ehr", method="PUT", type="Appointment", status=422, times=9)

    monday.text("story", "1")

    assert participation(monday)[1] == "needs-action"
    assert "the patient said that they come" in monday.card("front_office", "Enter the outcome in the EHR by hand")
    assert monday.why("story", "reminder")["outcome"] == "confirmed"
