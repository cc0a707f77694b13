"""The kinds of card that no program opens: approvals and practice."""

import pytest
from sqlalchemy import select

from storage.tables import Case
from tests.world import BRUNO, CHLOE, FRANK, World
from workflows import approvals, staff

pytestmark = pytest.mark.phi("any")


def claimed(world: World) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    world.click("Claim", world.card("patient_access", "Offer new times"), by=BRUNO)


def ask(world: World) -> None:
    with world.begin() as session:
        case = session.scalars(select(Case)).one()
        approvals.ask(session, case.id, "overbook", by=staff.of_slack(session, "T0LAKESIDE1", BRUNO))
    world.drain()


def test_what_is_asked_for_is_approved_with_one_click_and_who_asked_is_told(world: World) -> None:
    claimed(world)
    ask(world)
    card = world.card("patient_access", "Approve or refuse for case 1001")

    world.click("Approve", card, by=BRUNO)
    world.click("Approve", card, by=FRANK)

    said = world.whispers_to(BRUNO)
    assert said[0] == "A manager or a clinician approves this. Nothing was changed."
    assert said[1] == "What you asked for on case 1001 is approved. The case is still yours."
    assert "Closed: Approved" in world.card("patient_access", "case 1002")


def test_practice_looks_like_work_and_reaches_nobody(world: World) -> None:
    world.command(CHLOE, world.channel("patient_access"), "practice")
    world.command(CHLOE, world.channel("patient_access"), "practice")

    (card,) = world.cards("patient_access")
    assert "This is practice: no patient, no text, no record." in card
    world.click("Claim", card, by=CHLOE)
    world.click("Close", world.card("patient_access", f"<@{CHLOE}>"), by=CHLOE)
    world.submit(CHLOE, disposition="practised")

    assert "Closed: Practised" in world.card("patient_access")
    assert world.found("Task") == []
