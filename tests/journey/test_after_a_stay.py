"""The month after a stay, with the program that comes with Careloop: what the patient is asked, and who takes what they answer."""

import pytest

from tests.world import World


def gone_home(world: World, *roles: str) -> None:
    """They were in hospital on Monday morning and are at home since ten o'clock; on Tuesday at nine they are asked."""
    for role in roles:
        world.act("ehr/admit", patient=world.person(role).patient)
    world.at(0, 10)
    for role in roles:
        world.act("ehr/discharge", patient=world.person(role).patient)
    assert not any("settling in" in text for role in roles for text in world.texts(role))
    world.at(1, 9)


@pytest.mark.req("S5", by="workflows.discharges:_tell")
@pytest.mark.req("S32", by="workflows.enrollments:Moves._ask")
@pytest.mark.req("S33", by="workflows.engine:_reply")
def test_a_day_after_the_discharge_the_patient_is_asked_what_is_clear_and_then_what_is_done(monday: World) -> None:
    gone_home(monday, "story")

    asked = monday.texts("story")[-1]
    assert "we hope you are settling in. Are the papers you took home clear to you? 1 = yes, 2 = not clear" in asked
    monday.text("story", "1")
    assert "Are your next steps done or planned, like your next visit?" in monday.texts("story")[-1]
    monday.text("story", "2")

    assert "Dana Whitfield" in monday.card("patient_access", "Offer new times")
    assert "looking for a new time" in monday.texts("story")[-1]
    assert monday.why("story", "discharge")["outcome"] is None


@pytest.mark.req("S72", by="workflows.turn:Turn.open")
@pytest.mark.req("S34", by="workflows.answers:answer")
def test_what_is_not_clear_is_explained_by_a_person_and_a_symptom_is_a_nurses_at_once(monday: World) -> None:
    gone_home(monday, "story", "close")

    monday.text("story", "2")
    monday.text("close", "I have a fever of 102 since last night")

    assert monday.texts("story")[-1] == (
        "Lakeside Clinic: thank you for telling us. A person from our team will call you and go over them with you."
    )
    assert "Dana Whitfield" in monday.card("care_coordination", "After a stay")
    assert "Opal Jennings" in monday.card("clinical")
    said = monday.texts("close")[-1]
    assert "thank you for telling us. A nurse" in said
    assert "If it gets worse call 911" in said
    assert monday.why("close", "discharge")["state"] == "paused"
