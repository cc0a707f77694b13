"""Work in Slack: who may, what it leaves behind, what Slack may see, and what happens when Slack stumbles."""

import json
import re

import httpx
import pytest

from tests.world import BRUNO, CHLOE, ELENA, FRANK, GRETA, OLGA, VERA, Card, World

pytestmark = pytest.mark.phi("any")

ASK = "my hernia hurts a bit, can we do next tues afternoon?"


def asked(world: World) -> Card:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    return world.card("patient_access", "Offer new times")


def claimed(world: World) -> Card:
    world.click("Claim", asked(world), by=BRUNO)
    return world.card("patient_access", "Offer new times")


def told_to_slack(world: World) -> str:
    """Everything that Slack was ever given: calls, messages as they stand, forms, homes."""
    calls = [call.args for call in world.slack.calls.of(None)]
    return json.dumps([calls, world.slack.state()], ensure_ascii=False)


@pytest.mark.phi("full")
@pytest.mark.req("S30", by="workflows.engine:_case")
@pytest.mark.req("S128")
@pytest.mark.req("S45")
def test_close_takes_a_disposition_and_a_note_and_ends_the_program(world: World) -> None:
    world.click("Close", claimed(world), by=BRUNO)

    world.submit(BRUNO, disposition="declined", note="Moved to Ohio.")
    world.ticked(minutes=1, seconds=1)

    (line,) = world.card("patient_access").blocks
    assert "Closed: Patient does not want it" in line["text"]["text"]
    assert world.why("story")["outcome"] == "declined"
    (task,) = world.found("Task", patient=f"Patient/{world.person('story').patient}")
    assert (task["status"], "declined" in str(task["output"])) == ("failed", True)
    assert "Ohio" not in told_to_slack(world).replace('"value": "Moved to Ohio."', "")


@pytest.mark.req("S128")
def test_a_case_closed_meanwhile_says_so_in_the_form(world: World) -> None:
    card = claimed(world)
    world.click("Close", card, by=BRUNO)
    world.click("Close", card, by=FRANK)
    world.submit(FRANK, disposition="resolved")

    world.submit(BRUNO, disposition="declined")

    assert world.errors(BRUNO) == "Case 1001 is closed already. Nothing was changed."


@pytest.mark.req("S47", by="workflows.cases:release")
def test_release_gives_the_case_back_to_the_team(world: World) -> None:
    world.click("Release", claimed(world), by=BRUNO)

    card = world.card("patient_access", "nobody yet")
    world.click("Claim", card, by=CHLOE)
    assert f"<@{CHLOE}>" in world.card("patient_access", "Offer new times")


@pytest.mark.req("S48")
@pytest.mark.req("S122")
def test_reassigned_to_another_team_the_card_moves_there_and_leaves_a_line(world: World) -> None:
    world.click("Reassign", claimed(world), by=BRUNO)
    form = world.form(BRUNO)
    assert form is not None
    groups = next(b for b in form["blocks"] if b["type"] == "input")["element"]["option_groups"]
    desk = next(o["value"] for group in groups for o in group["options"] if o["text"]["text"] == "Front office")

    world.submit(BRUNO, to=desk)

    assert "Case 1001 moved to Front office." in world.card("patient_access")
    world.click("Claim", world.card("front_office", "Offer new times"), by=ELENA)
    assert f"<@{ELENA}>" in world.card("front_office")


@pytest.mark.req("S130")
@pytest.mark.parametrize(
    ("user", "say"), [(VERA, "can read this case but not work on it"), (OLGA, "not on Careloop's staff list")]
)
def test_a_viewer_and_a_stranger_are_refused_and_told_why(world: World, user: str, say: str) -> None:
    card = asked(world)

    for label in ("Claim", "Reschedule", "Close"):
        world.click(label, card, by=user)

    assert len(world.whispers_to(user)) == 3
    assert all(say in whisper for whisper in world.whispers_to(user))
    assert "nobody yet" in world.card("patient_access", "Offer new times")


@pytest.mark.req("N2")
def test_at_phi_level_none_slack_gets_nothing_of_the_patient(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    world.no_show("story")
    world.text("story", ASK)
    world.no_show("chest_pain")
    world.text("chest_pain", "chest pain since this morning")
    card = world.card("patient_access", "Offer new times") if world.cards("patient_access") else world.card("clinical")
    world.click("Open", card, by=FRANK)
    for each in world.cards("clinical"):
        world.click("Claim", each, by="U0AMINA0001")
        world.click("Close", world.card("clinical"), by="U0AMINA0001")

    told = told_to_slack(world)

    people = [world.person(role) for role in world.clinic.people]
    names = {part for person in people for part in person.name.split()}
    numbers = {
        form
        for p in people
        if p.number
        for form in (p.number, p.number[2:], f"({p.number[2:5]}) {p.number[5:8]}-{p.number[8:]}")
    }
    bodies = {"hernia", "since this morning", "MRN100"}
    initials = {rf"\b{p.name.split()[0][0]}\.?{p.name.split()[1][0]}\b" for p in people}
    assert [word for word in names | numbers | bodies if word in told] == []
    words = " ".join(re.findall(r'"text": "([^"]*)"', told))
    assert [pattern for pattern in initials if re.search(pattern, words)] == []
    assert "pat-" not in told


@pytest.mark.req("N2")
def test_at_phi_level_none_open_whispers_a_link_that_works_once(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    world.click("Open", asked(world), by=BRUNO)

    (whisper,) = world.whispers_to(BRUNO)

    link = re.search(r"<(http[^|]+)\|Open case 1001>", whisper)
    assert link is not None
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        assert browser.get(link[1]).status_code == 200
        first = browser.post(link[1])
        assert (first.status_code, "Dana Whitfield" in first.text) == (200, True)
        assert browser.post(link[1]).status_code >= 400


@pytest.mark.req("N2")
def test_at_phi_level_none_the_close_form_has_no_field_for_a_note(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")

    world.click("Close", claimed(world), by=BRUNO)

    form = world.form(BRUNO)
    assert form is not None
    asked = [b["block_id"] for b in form["blocks"] if b["type"] == "input"]
    assert asked == ["case.close.disposition", "case.close.promise", "case.close.by"]


@pytest.mark.req("N2")
def test_at_level_initials_a_card_shows_initials_and_an_age_band_only(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi initials")

    card = asked(world)

    assert "DW, 35–49" in card
    assert not [word for word in ("Dana", "Whitfield", "tues") if word in told_to_slack(world)]


def test_only_an_admin_changes_what_slack_may_see(world: World) -> None:
    said = world.command(BRUNO, world.channel("patient_access"), "phi none")

    assert said == "An admin changes settings. Nothing was changed."


@pytest.mark.req("N1")
def test_outreach_why_tells_which_rule_decided(world: World) -> None:
    claimed(world)

    said = world.command(BRUNO, world.channel("patient_access"), "why 1001")

    assert "Why, case 1001" in said
    assert all(words in said for words in ("triggered trigger.appointment.noshow", "sent gate.open", "claimed"))


@pytest.mark.req("S43", by="bot.home:_case")
def test_home_lists_what_waits_in_codes_only(world: World) -> None:
    claimed(world)

    world.act("slack/open_home", user=BRUNO)

    home = json.dumps(world.slack.modals.homes[BRUNO], ensure_ascii=False)
    assert "*Offer new times* (asked: Tue 12–17)" in home
    assert re.search(r"yours · Case \d+ · Missed visit recovery, [^·]+ · Patient access", home)
    assert "Whitfield" not in home


@pytest.mark.req("S124")
def test_a_throttled_card_still_arrives(world: World) -> None:
    world.fault("slack", method="chat.postMessage", error="ratelimited", status=429, retry_after=30, times=12)
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    assert world.cards("patient_access") == []

    for _ in range(12):
        world.hurry()

    assert len(world.cards("patient_access")) == 1
    assert "synced" in world.card("patient_access", "Offer new times")


@pytest.mark.req("S124")
@pytest.mark.parametrize("drop", ["answer", "request"])
def test_when_slacks_answer_is_lost_there_is_one_card(world: World, drop: str) -> None:
    world.fault("slack", method="chat.postMessage", drop=drop)
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")

    world.hurry()

    assert len(world.cards("patient_access")) == 1
    world.click("Claim", world.card("patient_access"), by=BRUNO)
    assert f"<@{BRUNO}>" in world.card("patient_access")


@pytest.mark.phi("none")
@pytest.mark.req("S124")
def test_a_deleted_card_is_posted_again(world: World) -> None:
    card = asked(world)
    room = world.slack.rooms.all[card.channel]
    world.slack.rooms.message(room, card.ts).deleted = True

    world.command(GRETA, world.channel("front_office"), "phi initials")
    world.hurry()

    (again,) = world.cards("patient_access")
    assert again.ts != card.ts
    world.click("Claim", again, by=BRUNO)
    assert f"<@{BRUNO}>" in world.card("patient_access")


@pytest.mark.req("S130")
def test_a_form_that_slack_would_not_open_is_said(world: World) -> None:
    card = claimed(world)
    world.fault("slack", method="views.open", error="expired_trigger_id")

    world.click("Reschedule", card, by=BRUNO)

    assert world.whispers_to(BRUNO) == ["That took too long for Slack. Nothing was changed. Please press it again."]


@pytest.mark.req("N2")
def test_a_card_is_held_back_while_its_channel_is_public(world: World) -> None:
    room = world.slack.rooms.all[world.channel("care_coordination")]
    room.private = False
    card = claimed(world)
    world.click("Reassign", card, by=BRUNO)
    form = world.form(BRUNO)
    assert form is not None
    groups = next(b for b in form["blocks"] if b["type"] == "input")["element"]["option_groups"]
    there = next(o["value"] for group in groups for o in group["options"] if o["text"]["text"] == "Care coordination")

    world.submit(BRUNO, to=there)

    assert world.cards("care_coordination") == []
