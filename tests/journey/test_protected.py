"""What 42 CFR Part 2 and like rules protect is in no Slack window at any level: the signed-in page shows it to who may work there (P7)."""

import re

import httpx
import pytest
from sqlalchemy import update

from storage.tables import Patient
from tests.world import BRUNO, Card, World

pytestmark = pytest.mark.parametrize("level", ["initials", "full"])
ASKS = "can I come next tue afternoon?"


@pytest.fixture(autouse=True)
def protected(world: World, level: str) -> None:
    """The patient of the story is tagged in the chart."""
    world.show_slack(level)
    with world.begin() as session:
        session.execute(
            update(Patient).where(Patient.ehr_id == world.person("story").patient).values(sensitive=["sud"])
        )


def claimed(world: World) -> Card:
    world.no_show("story")
    world.text("story", ASKS)
    world.click("Claim", world.card("patient_access", "Offer new times"), by=BRUNO)
    return world.card("patient_access", "Offer new times")


def page(world: World) -> str:
    """What the link leads to that Bruno was given, in a whisper or in the window he had open."""
    told = [*world.whispers_to(BRUNO), str(world.form(BRUNO))]
    link = re.search(r"<(http[^|]+/open/[^|>]+)", " ".join(told))
    assert link is not None, told
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        return browser.post(link[1]).text


@pytest.mark.req("N2", by="workflows.privacy:level")
@pytest.mark.parametrize("button", ["Open", "Reply", "Call now"])
def test_open_reply_and_call_lead_to_the_page_and_no_window_shows_the_texts(world: World, button: str) -> None:
    card = claimed(world)

    world.click(button, card, by=BRUNO)

    assert ASKS not in str(world.form(BRUNO))
    assert ASKS in page(world)


@pytest.mark.req("N2", by="workflows.privacy:level")
def test_a_reply_typed_in_the_thread_is_not_sent(world: World) -> None:
    card, before = claimed(world), len(world.texts("story"))

    world.act("slack/message", user=BRUNO, channel=card.channel, text="reply: Tuesday at 3 works", thread_ts=card.ts)

    assert world.texts("story")[before:] == []
    assert "Please delete your message" in world.whispers_to(BRUNO)[-1]


def test_the_close_form_has_no_field_for_a_note(world: World) -> None:
    world.click("Close", claimed(world), by=BRUNO)

    assert "case.close.note" not in str(world.form(BRUNO))


def test_the_look_up_leads_to_the_page(world: World) -> None:
    claimed(world)
    found = world.fhir(f"Patient/{world.person('story').patient}")
    world.act("slack/shortcut", user=BRUNO, callback_id="patient.find")
    world.submit(BRUNO, family=found["name"][0]["family"], born=found["birthDate"])

    world.press("Choose", by=BRUNO)

    assert "Find a patient" in page(world)
    assert "Open programs" not in str(world.form(BRUNO))
