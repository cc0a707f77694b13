"""Taking back one's own last step on a case, within a minute."""

import pytest
from sqlalchemy import update

from storage.tables import Organisation
from tests.world import BRUNO, CHLOE, Card, Json, World

pytestmark = pytest.mark.phi("any")

CASE = "Offer new times"


def claimed(world: World) -> Card:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    world.click("Claim", world.card("patient_access", CASE), by=BRUNO)
    return world.card("patient_access", CASE)


def take_back(world: World, *, by: str = BRUNO) -> str:
    """Press Undo in the newest whisper that has one."""
    world.click("Undo", world.whisper(BRUNO), by=by)
    return world.whispers_to(by)[-1]


@pytest.mark.req("S45", by="workflows.undoing:undo")
def test_a_closing_taken_back_within_a_minute_moves_no_program(world: World) -> None:
    world.click("Close", claimed(world), by=BRUNO)
    world.submit(BRUNO, disposition="declined")
    assert world.whispers_to(BRUNO)[-1] == "Closed case 1001: patient does not want it."
    before = world.why("story")["outcome"]

    assert take_back(world) == "Taken back: case 1001 is as it was."

    assert f"<@{BRUNO}>" in world.card("patient_access", CASE)
    world.ticked(minutes=2)
    assert world.why("story")["outcome"] == before is None
    (task,) = world.found("Task", patient=f"Patient/{world.person('story').patient}")
    assert task["status"] == "accepted"


def test_after_a_minute_the_closing_stands_and_undo_says_so(world: World) -> None:
    world.click("Close", claimed(world), by=BRUNO)
    world.submit(BRUNO, disposition="declined")
    world.ticked(minutes=1, seconds=1)

    assert "its program has moved on" in take_back(world)

    assert world.why("story")["outcome"] == "declined"


def test_a_wrong_number_is_stopped_at_once_and_offers_no_undo(world: World) -> None:
    world.click("Close", claimed(world), by=BRUNO)

    world.submit(BRUNO, disposition="wrong_number")

    assert world.why("story")["outcome"] == "wrong_number"
    last = world.whisper(BRUNO).control("Undo")
    assert last is not None
    assert last[1].startswith("cas_"), "of the claim before"


def test_a_claim_is_taken_back_with_one_press_and_the_whisper_says_so(world: World) -> None:
    claimed(world)

    assert take_back(world) == "Taken back: case 1001 is nobody's again."

    assert "nobody yet" in world.card("patient_access", CASE)
    world.click("Claim", world.card("patient_access", CASE), by=CHLOE)
    assert f"<@{CHLOE}>" in world.card("patient_access", CASE)


def test_a_release_is_not_taken_back_once_a_colleague_has_it(world: World) -> None:
    world.click("Release", claimed(world), by=BRUNO)
    assert "back with its team" in str(world.form(BRUNO))
    world.click("Claim", world.card("patient_access", CASE), by=CHLOE)

    world.press("Undo", by=BRUNO)

    assert "has changed since. Nothing was taken back." in str(world.form(BRUNO))
    assert f"<@{CHLOE}>" in world.card("patient_access", CASE)


def test_a_snoozed_case_comes_back_by_itself_and_its_owner_is_told(world: World) -> None:
    world.click("Snooze", claimed(world), by=BRUNO)
    world.press(next(label for label in labels(world) if label.startswith("In 1 hour")), by=BRUNO)
    assert "Snoozed until" in world.card("patient_access", CASE)

    world.ticked(minutes=61)

    assert "Snoozed" not in world.card("patient_access", CASE).words
    assert any("is back from its snooze" in str(m["text"]) for m in world.messages_to(BRUNO))


def labels(world: World) -> list[str]:
    view = world.form(BRUNO)
    assert view is not None
    return [e["text"]["text"] for b in view["blocks"] for e in b.get("elements", []) if e["type"] == "button"]


@pytest.mark.req("S126")
@pytest.mark.req("S128")
def test_one_press_claims_three_close_and_three_reschedule(world: World) -> None:
    """A press is a button, a choice in a list that is all in sight, or the form's own button."""
    card = claimed(world)  # 1: Claim

    world.click("Close", card, by=BRUNO)  # 1
    closing = fields(world)
    world.click("Reschedule", card, by=BRUNO)  # 1
    booking = fields(world)

    for asked in (closing, booking):
        needed = [block for block in asked if not block.get("optional")]
        assert [block["element"]["type"] for block in needed] == ["radio_buttons"]  # 1, and 1 to send


def fields(world: World) -> list[Json]:
    view = world.form(BRUNO)
    assert view is not None
    return [block for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.req("S36", by="workflows.recaps:send")
def test_an_approved_recap_is_sent_in_the_clinics_words_once_a_day(world: World) -> None:
    card = claimed(world)
    before = len(world.texts("story"))
    world.click("Send recap", card, by=BRUNO)
    key = fields(world)[0]["element"]["options"][0]["value"]

    world.submit(BRUNO, text=key)

    (sent,) = world.texts("story")[before:]
    assert sent.startswith("Lakeside Clinic: ")
    world.click("Send recap", card, by=BRUNO)
    world.submit(BRUNO, text=key)
    assert "was sent from case 1001 today already" in world.errors(BRUNO)
    assert len(world.texts("story")) == before + 1


@pytest.mark.req("N2")
def test_at_none_the_number_is_on_the_signed_in_page_alone(world: World) -> None:
    card = claimed(world)
    with world.begin() as session:
        session.execute(update(Organisation).values(phi_level="none"))

    world.click("Call now", card, by=BRUNO)

    seen = str(world.form(BRUNO)) + " ".join(world.whispers_to(BRUNO))
    assert "See the number of case 1001" in seen
    assert world.person("story").number not in seen
    world.click("Correct the reading", card, by=BRUNO)
    assert "Correct a reading of case 1001" in str(world.form(BRUNO)) + " ".join(world.whispers_to(BRUNO))
