"""What patients write: each reply goes down its path, escalation first, then the wish to be left alone."""

import pytest
from sqlalchemy import select

from handlers.effects import texts
from storage.outbox import Lane
from storage.tables import PhoneNumber
from tests.world import AMINA, BRUNO, ELENA, World

pytestmark = pytest.mark.phi("any")

CARRIER = "You have successfully been unsubscribed"
EMERGENCY = (
    "Lakeside Clinic: if this is an emergency call 911 now. In crisis, call or text 988. "
    "We have alerted your care team and someone will call you."
)
PAIN = "chest pain since this morning"


def suppressed(world: World, role: str) -> bool:
    from storage import numbers

    with world.begin() as session:
        number = numbers.find(session, world.person(role).number)
        assert number is not None
        return bool(numbers.suppressed(session, [number.id]))


def said(world: World, role: str, words: str) -> list[str]:
    return [text for text in world.texts(role) if words in text]


@pytest.mark.req("S19", by="workflows.inbound:_stop")
def test_stop_is_complete_when_the_webhook_returns(world: World) -> None:
    world.no_show("stop")

    with world.unattended():
        answer = world.text("stop", "STOP")

    assert answer["status"] == 200
    assert suppressed(world, "stop")
    assert world.why("stop")["outcome"] == "opted_out"


@pytest.mark.req("S19")
def test_after_stop_handled_by_the_carrier_nothing_is_ever_sent_not_even_a_second_confirmation(world: World) -> None:
    world.no_show("stop")
    world.text("stop", "STOP")
    before = world.texts("stop")
    assert len(said(world, "stop", CARRIER)) == 1

    for day in range(4, 13):
        world.at(day, 9, 1)

    assert world.texts("stop") == before
    assert said(world, "stop", "no more texts from us") == []


@pytest.mark.req("S19")
@pytest.mark.parametrize("words", ["OPT OUT", "please don't text me anymore", "no me mande más mensajes"])
def test_an_opt_out_in_other_words_is_confirmed_exactly_once(world: World, words: str) -> None:
    world.no_show("stop")

    world.text("stop", words)
    world.text("stop", words)
    world.at(5, 9, 0)

    assert suppressed(world, "stop")
    assert len(world.texts("stop")) == 2
    assert "you will get no more texts from us" in world.texts("stop")[1]


@pytest.mark.req("S19")
def test_a_text_already_due_when_stop_comes_is_not_sent(world: World) -> None:
    with world.unattended():
        world.no_show("stop")
        world.attend(Lane.REPLIES)
        assert world.why("stop")["touches"] == 1
        world.text("stop", "OPT OUT")

    world.drain()

    assert world.texts("stop") == [
        "Lakeside Clinic: you will get no more texts from us. Call 312-555-0100 if you need us."
    ]
    assert world.why("stop")["outcome"] == "opted_out"


@pytest.mark.req("S19")
def test_start_allows_texts_again_and_says_so(world: World) -> None:
    world.no_show("stop")
    world.text("stop", "OPT OUT")

    world.text("stop", "START")

    assert not suppressed(world, "stop")
    assert "you will get our texts about your visits again" in world.texts("stop")[-1]


@pytest.mark.phi("full")
@pytest.mark.req("N4")
def test_cancel_stops_the_texts_and_the_front_office_asks_whether_the_visit_was_meant(world: World) -> None:
    world.no_show("stop")

    world.text("stop", "CANCEL")

    assert suppressed(world, "stop")
    assert "Gordon Pell" in world.card("front_office", "the visit may have been meant")


@pytest.mark.phi("full")
@pytest.mark.req("S50", by="workflows.safety:raise_flag")
@pytest.mark.req("S27", by="workflows.safety:raise_flag")
@pytest.mark.req("S48", by="workflows.safety:raise_flag")
@pytest.mark.req("S96", by="workflows.safety:raise_flag")
@pytest.mark.req("S97", by="workflows.enrollments:interrupt")
def test_chest_pain_gets_the_fixed_text_a_red_flag_case_and_a_pause(world: World) -> None:
    world.no_show("chest_pain")

    world.text("chest_pain", PAIN)

    assert world.texts("chest_pain")[1:] == [EMERGENCY]
    card = world.card("clinical", "Emergency", "Walter Nyberg")
    assert "due in 5 min" in card
    assert world.why("chest_pain")["state"] == "paused"
    world.at(5, 9, 0)
    assert len(world.texts("chest_pain")) == 2


@pytest.mark.req("N10")
def test_a_red_flag_case_is_never_closed_by_automation(world: World) -> None:
    world.no_show("chest_pain")
    world.text("chest_pain", PAIN)
    free = next(slot["id"] for slot in world.found("Slot", status="free") if slot["start"] > "2026-12-07")

    world.text("chest_pain", "STOP")
    world.act("ehr/book", patient=world.person("chest_pain").patient, slot=free)
    world.act("ehr/deceased", patient=world.person("chest_pain").patient)

    card = world.card("clinical", "Emergency")
    assert card.control("Close") is not None
    (task,) = world.found("Task", patient=f"Patient/{world.person('chest_pain').patient}")
    assert task["status"] == "requested"


@pytest.mark.req("S97")
def test_a_clinical_case_needs_a_clinician(world: World) -> None:
    world.no_show("chest_pain")
    world.text("chest_pain", PAIN)
    card = world.card("clinical", "Emergency")
    next(room for room in world.slack.rooms.all.values() if room.id == card.channel).members.append(BRUNO)

    world.click("Claim", card, by=BRUNO)
    world.click("Claim", card, by=AMINA)

    assert world.whispers_to(BRUNO) == ["This is a clinical case: a clinician has to take it. Nothing was changed."]
    assert f"<@{AMINA}>" in world.card("clinical", "Emergency")


@pytest.mark.phi("full")
@pytest.mark.req("S97")
def test_stop_and_chest_pain_in_one_text_send_no_text_and_open_the_red_flag(world: World) -> None:
    world.no_show("chest_pain")
    before = world.texts("chest_pain")

    world.text("chest_pain", "stop texting me, I have chest pain")

    assert suppressed(world, "chest_pain")
    assert [text for text in world.texts("chest_pain")[len(before) :] if "911" in text] == []
    assert "Walter Nyberg" in world.card("clinical", "Emergency")


@pytest.mark.req("S97")
def test_chest_pain_after_an_opt_out_sends_nothing_and_opens_the_red_flag(world: World) -> None:
    world.no_show("chest_pain")
    world.text("chest_pain", "STOP")
    before = world.texts("chest_pain")

    world.text("chest_pain", PAIN)

    assert world.texts("chest_pain") == before
    assert "Emergency" in world.card("clinical")


@pytest.mark.req("S104")
def test_a_number_nobody_is_charted_with_is_told_who_we_are_and_a_person_looks(world: World) -> None:
    world.text("+13125550177", "hello who is this")

    assert world.texts("+13125550177") == [
        "This is Lakeside Clinic, 312-555-0100. If this is not your clinic, reply 9 and we will not text you again."
    ]
    assert "A number nobody is charted with" in world.card("front_office")


@pytest.mark.req("S104")
def test_a_stranger_who_answers_nine_is_never_texted_again(world: World) -> None:
    world.text("+13125550177", "hello who is this")

    world.text("+13125550177", "9")
    world.text("+13125550177", "hello?")

    assert len(world.texts("+13125550177")) == 2
    assert "We will not text this number again" in world.texts("+13125550177")[1]


def test_a_doubt_that_is_over_is_settled_before_a_text_that_waited_for_it_is_looked_at(world: World) -> None:
    """Else the text is held until an instant that has passed, released, held again, and the lane never rests."""
    world.no_show("story")
    world.text("story", "wrong number, I am not a patient there")
    with world.begin() as session:
        assert session.scalars(select(PhoneNumber).where(PhoneNumber.doubted_at.is_not(None))).one()

    with world.unattended():
        world.jump(hours=25)
        texts.send_batch(world.deps, world.org, Lane.DELIVERY)

    with world.begin() as session:
        assert session.scalars(select(PhoneNumber).where(PhoneNumber.doubted_at.is_not(None))).all() == []


@pytest.mark.req("S31", by="workflows.doubts:open_one")
@pytest.mark.req("N15")
def test_a_wrong_number_stops_everything_there_and_the_chart_is_to_be_corrected(world: World) -> None:
    world.no_show("shared_one")

    world.text("shared_one", "wrong number")
    world.no_show("shared_two")
    world.text("shared_one", "1")

    assert world.texts("shared_one")[1:] == [
        "Lakeside Clinic: sorry to bother you. Reply 1 if we should not text this number, 2 if it is right.",
        "Lakeside Clinic: thank you for telling us. We will not text this number again.",
    ]
    assert world.why("shared_one")["outcome"] == "wrong_number"
    assert "somebody else" in world.card("front_office")


@pytest.mark.phi("full")
@pytest.mark.req("S18", by="workflows.inbound:_acknowledge")
@pytest.mark.req("S20")
def test_a_wish_for_a_call_opens_a_call_back_and_says_so(world: World) -> None:
    world.no_show("story")

    world.text("story", "2")

    assert world.card("patient_access", "Dana Whitfield").control("Claim") is not None
    assert "A person from our team will call you" in world.texts("story")[1]


@pytest.mark.req("S51", by="workflows.handing_over:to_person")
@pytest.mark.req("S20")
def test_thanks_is_no_work_for_anybody_and_words_that_need_a_decision_are(world: World) -> None:
    world.no_show("story")
    world.text("story", "1")
    cards = len(world.cards("patient_access"))

    world.text("story", "thanks!")

    assert len(world.cards("patient_access")) == cards
    assert world.cards("front_office") == []
    world.text("story", "my cousin's wedding was lovely, blue everywhere")
    assert len(world.cards("front_office")) == 1


@pytest.mark.req("S55", by="workflows.handing_over:to_person")
def test_a_reply_nobody_understands_is_read_by_a_person(world: World) -> None:
    world.no_show("story")

    world.text("story", "my cousin's wedding was lovely, blue everywhere")

    card = world.card("front_office", "not sure what the reply means")
    world.click("Claim", card, by=ELENA)
    assert f"<@{ELENA}>" in world.card("front_office")


@pytest.mark.req("S19")
def test_help_is_answered_once_by_the_carrier_alone(world: World) -> None:
    world.no_show("story")

    world.text("story", "HELP")

    assert len(world.texts("story")) == 2


@pytest.mark.req("S19")
def test_two_machines_answering_each_other_stop(world: World) -> None:
    for number in range(9):
        world.text("+13125550177", f"auto reply number {number}: we got your message")

    assert len(world.texts("+13125550177")) <= 5
