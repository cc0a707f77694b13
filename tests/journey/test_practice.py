"""Practise: a case to learn on, from the Home to its end, and nobody and nothing hears of it."""

import pytest
from sqlalchemy import func, select

from storage.tables import CaseEvent, Message, Rung
from tests.journey.test_home import home, press
from tests.world import BRUNO, CHLOE, FRANK, GRETA, VERA, World

pytestmark = pytest.mark.phi("any")


def practise(world: World, user: str) -> None:
    home(world, user)
    press(world, user, "Practise")


@pytest.mark.phi("full")
def test_a_new_colleague_claims_moves_and_ends_a_case_that_is_nobodys(world: World) -> None:
    practise(world, CHLOE)
    said = str(world.form(CHLOE))
    world.click("Claim", world.card("patient_access", "Practice"), by=CHLOE)

    world.click("Reschedule", world.card("patient_access", "Practice"), by=CHLOE)
    form = str(world.form(CHLOE))
    world.submit(CHLOE, slot=world.slots(CHLOE)[0]["value"])

    assert "No patient, no text, no record" in said
    assert "Book asks no EHR and texts nobody" in form
    assert "the confirmation text would leave once the EHR has it" in str(world.form(CHLOE))
    assert "Closed: Practised" in world.card("patient_access")
    assert world.found("Task") == []
    with world.begin() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.phi("none")
def test_nobody_is_reminded_of_practice_and_it_is_never_late(world: World) -> None:
    practise(world, CHLOE)
    for _ in range(4):
        world.ticked(hours=6)
    world.click("Claim", world.card("patient_access", "Practice"), by=CHLOE)
    for _ in range(4):
        world.ticked(hours=6)

    shown = str(home(world, FRANK)["blocks"])

    assert "Late (0)" in shown
    assert "offer new times" not in shown
    with world.begin() as session:
        assert session.scalars(select(Rung.via)).all() == []
        events = session.scalars(select(CaseEvent.what).order_by(CaseEvent.id)).all()
    assert events == ["opened", "claimed"]


@pytest.mark.phi("none")
def test_practice_is_not_escalated_and_an_admin_may_practise_too(world: World) -> None:
    practise(world, GRETA)

    world.click("Claim", world.card("front_office", "Practice"), by=GRETA)

    assert "Escalate" not in world.card("front_office", "Practice")
    assert f"<@{GRETA}>" in world.card("front_office", "Practice")


def test_a_viewer_has_no_button_and_is_refused(world: World) -> None:
    assert "Practise" not in str(home(world, VERA)["blocks"])
    assert "Your role works on no cases" in world.command(VERA, world.channel("front_office"), "practice")


def test_a_practice_case_of_a_clinical_team_takes_any_colleague(world: World) -> None:
    practise(world, CHLOE)

    world.click("Claim", world.card("patient_access", "Practice"), by=BRUNO)

    assert f"<@{BRUNO}>" in world.card("patient_access", "Practice")
