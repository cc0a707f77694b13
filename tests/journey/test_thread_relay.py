"""The thread of a card: the owner's `reply: …` is a text to the patient, the answers come back, and nothing else ever leaves."""

from typing import Any

import pytest
from sqlalchemy import update

from integrations.ehr.mapping import patient_fact
from storage.tables import Patient
from tests.watch.hearing import EARS
from tests.world import BRUNO, CHLOE, FRANK, GRETA, OLGA, Card, World
from workflows import patients

pytestmark = pytest.mark.phi("none")

ASKS = "can I come next tue afternoon?"
ANSWER = "Lakeside Clinic: Tuesday at 3 works, shall I book it?"


def claimed(world: World) -> Card:
    """Bruno has the case of somebody who asked for another time."""
    world.no_show("story")
    world.text("story", ASKS)
    card = world.card("patient_access", "Offer new times")
    world.click("Claim", card, by=BRUNO)
    return world.card("patient_access", "Offer new times")


def type_in(world: World, card: Card, text: str, *, by: str, **also: Any) -> str:
    said = world.act("slack/message", user=by, channel=card.channel, text=text, thread_ts=card.ts, **also)
    return str(said["ts"])


def thread(world: World, card: Card) -> list[str]:
    """What the bot says in it, as everybody sees it."""
    room = next(one for one in world.slack.state()["channels"] if one["id"] == card.channel)
    return [
        f"{m['text']} {m['blocks']}"
        for m in room["messages"]
        if m["thread_ts"] == card.ts
        and m["ts"] != card.ts
        and not m["deleted"]
        and not m["ephemeral_to"]
        and "bot" in m
    ]


@pytest.mark.phi("full")
@pytest.mark.req("S63", by="workflows.relay:typed")
def test_what_the_owner_types_after_reply_reaches_the_patient_once(world: World) -> None:
    card, before = claimed(world), len(world.texts("story"))

    type_in(world, card, "reply: Tuesday at 3 works, shall I book it?", by=BRUNO)
    world.act("slack/redeliver", n=1, kind="events")
    world.act("slack/redeliver", n=3, kind="events")

    assert world.texts("story")[before:] == [ANSWER]
    assert world.whispers_to(BRUNO)[-1] == "On its way to the patient (1 segment). Their answer comes back here."


@pytest.mark.phi("full")
def test_emphasis_and_emoji_read_on_the_phone_as_meant_and_an_unknown_picture_is_asked_back(world: World) -> None:
    card, before = claimed(world), len(world.texts("story"))

    type_in(world, card, "reply: *Tuesday* at _3_ works :slightly_smiling_face:", by=BRUNO)
    type_in(world, card, "reply: see you :party_parrot:", by=BRUNO)

    assert world.texts("story")[before:] == ["Lakeside Clinic: Tuesday at 3 works 🙂"]
    assert "a phone shows :party_parrot: as these letters" in world.whispers_to(BRUNO)[-1]


@pytest.mark.phi("full")
@pytest.mark.req("S63", by="workflows.relay:heard")
def test_the_patients_answer_comes_back_into_the_thread(world: World) -> None:
    card = claimed(world)
    type_in(world, card, "reply: Tuesday at 3 works, shall I book it?", by=BRUNO)

    world.text("story", "yes 3 <b>is</b> good @channel")

    (said,) = thread(world, card)
    assert "yes 3 &lt;b&gt;is&lt;/b&gt; good" in said
    assert said.startswith("Case 1001: new reply ")


@pytest.mark.phi("full")
@pytest.mark.req("S63", by="workflows.relay:takes")
def test_an_answer_to_a_colleague_is_theirs_alone(world: World) -> None:
    card = claimed(world)
    type_in(world, card, "reply: Tuesday at 3 works, shall I book it?", by=BRUNO)
    before = len(world.texts("story"))

    world.text("story", "yes tuesday is good, where do I park?")

    assert world.texts("story")[before:] == []
    assert len(world.cards("patient_access") + world.cards("front_office")) == 2  # the card, and the answer under it
    assert "yes tuesday is good" in thread(world, card)[0]


@pytest.mark.phi("full")
def test_a_danger_told_to_a_colleague_is_a_red_flag_all_the_same(world: World) -> None:
    card = claimed(world)
    type_in(world, card, "reply: Tuesday at 3 works, shall I book it?", by=BRUNO)

    world.text("story", "yes. I have crushing chest pain right now")

    assert "Emergency" in world.card("clinical", "<!channel>")
    assert "crushing chest pain" in thread(world, card)[0]
    assert "call 911" in world.texts("story")[-1]


def test_an_answer_whose_post_was_not_acknowledged_is_not_posted_twice(world: World) -> None:
    card = claimed(world)
    world.fault("slack", method="chat.postMessage", drop="answer", times=1)

    world.text("story", "tuesday is good")
    world.hurry()

    assert len(thread(world, card)) == 1


@pytest.mark.parametrize(
    "said", ["I will call her at noon", "she said reply: yes", "Reply to her please", "reply", "> reply: no"]
)
def test_talk_among_colleagues_never_becomes_a_text(world: World, said: str) -> None:
    card, before = claimed(world), len(world.texts("story"))

    type_in(world, card, said, by=BRUNO)

    assert world.texts("story")[before:] == []
    assert world.whispers_to(BRUNO) == []


def test_edits_files_copies_and_the_channel_itself_never_become_a_text(world: World) -> None:
    card, before = claimed(world), len(world.texts("story"))

    ts = type_in(world, card, "hmm", by=BRUNO)
    world.act("slack/edit", user=BRUNO, channel=card.channel, ts=ts, text="reply: edited in")
    world.act("slack/edit", user=BRUNO, channel=card.channel, ts=ts)
    type_in(world, card, "reply: see the picture", by=BRUNO, subtype="file_share")
    type_in(world, card, "reply: everybody look", by=BRUNO, subtype="thread_broadcast")
    type_in(world, card, f"reply: ask <@{CHLOE}>", by=BRUNO)
    world.act("slack/message", user=BRUNO, channel=card.channel, text="reply: not in a thread")

    assert world.texts("story")[before:] == []
    file, copy, named = world.whispers_to(BRUNO)
    assert "words only" in file
    assert "copy to the channel" in copy
    assert "names a colleague" in named


def test_only_the_owner_writes_and_the_others_are_told_who_that_is(world: World) -> None:
    card, before = claimed(world), len(world.texts("story"))

    for other in (CHLOE, FRANK, OLGA):
        type_in(world, card, "reply: come at 4", by=other)

    assert world.texts("story")[before:] == []
    assert world.whispers_to(CHLOE) == ["Bruno Keller has case 1001: only they write to the patient. Nothing was sent."]
    assert "Bruno Keller has case 1001" in world.whispers_to(FRANK)[0]
    assert "not on Careloop's staff list" in world.whispers_to(OLGA)[0]


@pytest.mark.phi("full")
def test_the_thread_ends_with_the_case_and_the_patients_words_are_taken_away(world: World) -> None:
    card = claimed(world)
    world.text("story", "tuesday is good")
    assert "tuesday is good" in thread(world, card)[0]

    world.click("Close", card, by=BRUNO)
    world.submit(BRUNO, disposition="declined")
    world.hurry()
    before = len(world.texts("story"))
    type_in(world, card, "reply: one more thing", by=BRUNO)

    assert thread(world, card) == []
    assert world.texts("story")[before:] == []
    assert "is closed" in world.whispers_to(BRUNO)[-1]


@pytest.mark.phi("full")
@pytest.mark.req("N2", by="workflows.privacy:redraw")
def test_when_slack_may_see_less_the_words_are_taken_out_of_open_threads_and_cards(world: World) -> None:
    card = claimed(world)
    world.text("story", "tuesday is good")
    assert "tuesday" in str(thread(world, card))

    world.command(GRETA, world.channel("front_office"), "phi initials")

    assert thread(world, card) == []
    assert "Dana Whitfield" not in world.card("patient_access", "Offer new times")


@pytest.mark.phi("full")
@pytest.mark.req("N2", by="workflows.privacy:redraw")
def test_a_matter_that_the_chart_protects_from_now_on_is_taken_out_of_slack(world: World) -> None:
    card = claimed(world)
    world.text("story", "tuesday is good")
    chart = world.fhir(f"Patient/{world.person('story').patient}")
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SUD"}
    EARS.requests.clear()  # what was shown until now might be shown then

    with world.begin() as session:
        patients.mirror(session, patient_fact(chart | {"meta": chart["meta"] | {"security": [label]}}))
    world.hurry()

    assert thread(world, card) == []
    now_there = world.card("patient_access", "Offer new times")
    assert ("Dana Whitfield" in now_there, ASKS in now_there) == (False, False)


@pytest.mark.parametrize("level", ["initials", "none"])
@pytest.mark.req("N2")
def test_below_full_the_thread_says_only_that_there_is_a_reply(world: World, level: str) -> None:
    world.command(GRETA, world.channel("front_office"), f"phi {level}")
    card = claimed(world)

    world.text("story", "tuesday is good")

    (said,) = thread(world, card)
    assert "New reply from the patient" in said
    assert "tuesday" not in said


@pytest.mark.req("N2")
def test_at_none_a_typed_reply_is_refused_and_the_page_offered(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    card, before = claimed(world), len(world.texts("story"))

    type_in(world, card, "reply: Tuesday at 3 works", by=BRUNO)

    assert world.texts("story")[before:] == []
    said = world.whispers_to(BRUNO)[-1]
    assert "Please delete your message" in said
    assert "/open/" in said


def test_a_refused_reply_that_slack_sends_again_stays_refused(world: World) -> None:
    world.no_show("story")
    world.text("story", ASKS)
    card, before = world.card("patient_access", "Offer new times"), len(world.texts("story"))
    type_in(world, card, "reply: come at 3", by=BRUNO)
    world.click("Claim", card, by=BRUNO)

    world.act("slack/redeliver", n=40, kind="events")

    assert world.texts("story")[before:] == []
    (told,) = world.whispers_to(BRUNO)
    assert "Claim case 1001 first" in told


@pytest.mark.req("N2")
def test_what_a_sensitive_patient_writes_stays_out_of_the_thread(world: World) -> None:
    with world.begin() as session:
        session.execute(
            update(Patient).where(Patient.ehr_id == world.person("story").patient).values(sensitive=["sud"])
        )
    world.no_show("story")
    world.text("story", ASKS)
    world.click("Claim", world.card("patient_access", "Offer new times"), by=BRUNO)
    card = world.card("patient_access", "Offer new times")

    world.text("story", "tuesday is good")

    (said,) = thread(world, card)
    assert "New reply from the patient" in said
    assert "tuesday" not in said
