"""Open on a card: what the next owner has to know, then the conversation; on the page where Slack may not see patients."""

import pytest

from tests.world import BRUNO, GRETA, Card, World

ASKS = "can I come next tue afternoon?"


def asked(world: World) -> Card:
    world.no_show("story")
    world.text("story", ASKS)
    return world.card("patient_access", "Offer new times")


@pytest.mark.req("S52", by="bot.handoff:lines")
@pytest.mark.req("S35", by="bot.handoff:background")
def test_open_shows_five_lines_made_from_data_and_the_conversation(world: World) -> None:
    card = asked(world)

    world.click("Open", card, by=BRUNO)

    form = world.form(BRUNO)
    assert form is not None
    told = form["blocks"][1]["text"]["text"]
    assert told.splitlines() == [
        "*Asked*  Offer new times (Tue 12–17). The patient wrote 2:10 pm",
        "*How urgent*  Normal, due in 19 h (Fri Dec 4, 9:10 am). Because: the patient answered",
        "*Tried*  2 texts (2 arrived), the last 2:10 pm",
        "*Promised*  Nothing",
        "*Now*  Claim it first. Offer new times. Texts may go now",
    ]
    words = str(form["blocks"])
    assert ASKS in words
    assert "sorry we didn't see you" in words
    assert "Contacts in 30 days: 2 from us, 1 from the patient" in words


@pytest.mark.req("N2")
def test_every_look_into_the_conversation_is_written_to_the_audit(world: World) -> None:
    card = asked(world)

    world.click("Open", card, by=BRUNO)

    with world.begin() as session:
        from sqlalchemy import text

        seen = session.execute(text("SELECT count(*) FROM audit WHERE action = 'case.viewed'")).scalar_one()
    assert seen == 1


def test_a_long_conversation_is_turned_page_by_page(world: World) -> None:
    card = asked(world)
    for place in range(8):
        world.text("story", f"and another thing, number {place}")
    world.click("Open", card, by=BRUNO)
    form = world.form(BRUNO)
    assert form is not None
    assert ASKS not in str(form["blocks"])

    turns = [e for b in form["blocks"] if b["type"] == "actions" for e in b["elements"] if e["text"]["text"] == "Older"]
    older = turns[0]
    world.act("slack/view_action", user=BRUNO, view_id=form["id"], action_id=older["action_id"], value=older["value"])
    for _ in range(2):
        form = world.form(BRUNO)
        assert form is not None
        found = [
            e for b in form["blocks"] if b["type"] == "actions" for e in b["elements"] if e["text"]["text"] == "Older"
        ]
        if found:
            world.act(
                "slack/view_action",
                user=BRUNO,
                view_id=form["id"],
                action_id=found[0]["action_id"],
                value=found[0]["value"],
            )

    form = world.form(BRUNO)
    assert form is not None
    assert "sorry we didn't see you" in str(form["blocks"])


@pytest.mark.req("N2")
def test_at_none_open_is_a_link_and_no_window(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    card = asked(world)

    world.click("Open", card, by=BRUNO)

    assert world.form(BRUNO) is None
    assert "/open/" in world.whispers_to(BRUNO)[-1]


def test_a_reply_from_the_window_is_one_text_and_its_writer_hears_of_it(world: World) -> None:
    card = asked(world)
    world.click("Claim", card, by=BRUNO)
    before = len(world.texts("story"))
    world.click("Reply", world.card("patient_access", "Offer new times"), by=BRUNO)

    world.submit(BRUNO, text="Tuesday at 3 works, shall I book it?")
    world.act("slack/redeliver", n=1)

    assert world.texts("story")[before:] == ["Lakeside Clinic: Tuesday at 3 works, shall I book it?"]
    assert "On its way to the patient (1 segment)" in world.whispers_to(BRUNO)[-1]


def test_free_words_to_somebody_who_reads_spanish_take_a_qualified_writer(world: World) -> None:
    world.no_show("spanish")
    world.text("spanish", "puedo ir el martes por la tarde?")
    card = world.card("patient_access", "Offer new times")
    world.click("Claim", card, by=BRUNO)
    before = len(world.texts("spanish"))
    world.click("Reply", world.card("patient_access", "Offer new times"), by=BRUNO)
    assert "reads Spanish" in str(world.form(BRUNO))

    world.submit(BRUNO, text="Tuesday at 3 works")

    assert "not marked as qualified" in world.errors(BRUNO)
    assert world.texts("spanish")[before:] == []


def test_at_none_reply_leads_to_the_page(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    card = asked(world)
    world.click("Claim", card, by=BRUNO)

    world.click("Reply", world.card("patient_access", "Offer new times"), by=BRUNO)

    assert world.form(BRUNO) is None
    assert "/open/" in world.whispers_to(BRUNO)[-1]


@pytest.mark.req("S57", by="bot.handoff:_promised")
def test_what_was_promised_is_told_with_its_day(world: World) -> None:
    card = asked(world)
    world.click("Claim", card, by=BRUNO)
    world.click("Close", world.card("patient_access", "Offer new times"), by=BRUNO)
    form = world.form(BRUNO)
    assert form is not None
    said = {"disposition": "unreachable", "promise": "send", "by": "1 business day"}
    values = {f"case.close.{name}": {f"case.close.{name}": value} for name, value in said.items()}
    world.act("slack/submit", user=BRUNO, view_id=form["id"], values=values)

    world.click("Open", world.card("patient_access", "Snoozed"), by=BRUNO)

    shown = world.form(BRUNO)
    assert shown is not None
    assert "*Promised*  Something sent by Fri Dec 4, 2:10 pm (open)" in shown["blocks"][1]["text"]["text"].splitlines()


@pytest.mark.req("P8", by="workflows.saved_replies:send")
def test_a_saved_reply_is_handed_in_approved_picked_and_sent_in_the_patients_language(world: World) -> None:
    en, es = "we have your message. Our team will answer you.", "tenemos su mensaje. Nuestro equipo le va a responder."
    world.command(BRUNO, world.channel("patient_access"), "replies")
    world.press("Hand in a reply", by=BRUNO)
    world.submit(BRUNO, title="We have it, and answer", en=en, es=es)
    assert "waits for a second person" in str(world.form(BRUNO))
    world.command(GRETA, world.channel("patient_access"), "replies")
    approve_named(world, "We have it, and answer")
    assert "is offered in Reply from now on" in str(world.form(GRETA))
    world.no_show("spanish")
    world.text("spanish", "puedo ir el martes por la tarde?")
    world.click("Claim", world.card("patient_access", "Offer new times"), by=BRUNO)
    before = len(world.texts("spanish"))

    world.click("Reply", world.card("patient_access", "Offer new times"), by=BRUNO)
    form = world.form(BRUNO)
    assert form is not None
    assert "pick a saved reply" in str(form)
    field = next(block for block in form["blocks"] if block.get("block_id") == "case.reply.saved")
    picked = next(one for one in field["element"]["options"] if one["text"]["text"] == "We have it, and answer")
    world.act("slack/view_action", user=BRUNO, view_id=form["id"], action_id="case.reply.saved", value=picked["value"])
    shown = str(world.form(BRUNO))
    assert f">Lakeside Clinic: {es}" in shown
    assert "1 segment" in shown
    world.submit(BRUNO, saved=picked["value"])

    assert world.texts("spanish")[before:] == [f"Lakeside Clinic: {es}"]
    assert "(1 segment)" in world.whispers_to(BRUNO)[-1]


def approve_named(world: World, title: str) -> None:
    """Press the Approve below the reply of this name."""
    form = world.form(GRETA)
    assert form is not None
    at = next(
        place
        for place, block in enumerate(form["blocks"])
        if title in str(block.get("text", "")) and "waits" in str(block)
    )
    block = form["blocks"][at + 1]
    pressed = {name: block["elements"][0][name] for name in ("action_id", "value")}
    world.act("slack/view_action", user=GRETA, view_id=form["id"], block_id=block["block_id"], **pressed)
