"""A missed visit is recovered: the main job, as patient, staff and EHR see it."""

from typing import Any

import pytest

from tests.world import BRUNO, CHLOE, DIEGO, FRANK, Card, World

pytestmark = pytest.mark.phi("any")

ASK = "can we do next tues afternoon?"


def asked(world: World) -> Card:
    """The patient missed the visit and asks for another time."""
    world.no_show("story")
    world.text("story", ASK)
    return world.card("patient_access", "Offer new times")


def picking(world: World) -> list[dict[str, Any]]:
    """Bruno has the case, and the form is open before him: its choices."""
    card = asked(world)
    world.click("Claim", card, by=BRUNO)
    world.click("Reschedule", world.card("patient_access", "Offer new times"), by=BRUNO)
    return world.slots(BRUNO)


def taken(world: World, choice: dict[str, Any]) -> str:
    """The EHR's id of a choice."""
    from core import ids
    from storage import visits

    with world.begin() as session:
        slot = visits.slot(session, ids.parse("slt", choice["value"]))
        assert slot is not None
        return slot.ehr_id


@pytest.mark.req("S7", by="workflows.triggers:record")
@pytest.mark.req("S11", by="workflows.appointments:_changed")
@pytest.mark.req("S4", by="workflows.appointments:_trigger")
def test_the_missed_visit_is_answered_with_one_text_that_says_who_writes_and_how_to_stop(world: World) -> None:
    world.no_show("story")

    (text,) = world.texts("story")
    assert "sorry we didn't see you" in text
    assert all(words in text for words in ("Lakeside Clinic", "up to 3 a week", "rates may apply", "HELP", "STOP"))


@pytest.mark.phi("full")
@pytest.mark.req("S57", by="workflows.inbound:_acknowledge")
@pytest.mark.req("S26", by="workflows.enrollments:_asked")
@pytest.mark.req("S92", by="workflows.why:_reading")
@pytest.mark.req("S52", by="bot.card_facts:_body")
@pytest.mark.req("S21", by="workflows.inbound:_reply")
@pytest.mark.req("S39", by="workflows.enrollments:Moves._open")
@pytest.mark.req("S124")
def test_the_card_says_what_was_asked_as_coded_data_and_offers_what_can_be_done(world: World) -> None:
    card = asked(world)

    facts = ("asked: Tue 12–17", "Missed visit recovery", "Patient access", "nobody yet", "Due", "Dana Whitfield", ASK)
    assert [words for words in facts if words not in card] == []
    assert [
        label for label in ("Claim", "Reschedule", "Close", "Reassign", "Open") if card.control(label) is None
    ] == []
    assert world.texts("story")[1:] == [
        "Lakeside Clinic: thank you. Our team is looking for a new time and will text or call you."
    ]
    [read] = [entry for entry in world.why("story")["entries"] if entry["kind"] == "reading"]
    assert read["what"] == "admin"
    assert (read["detail"]["intents"], read["detail"]["asked"]) == (["time_given"], "Tue 12–17")


@pytest.mark.req("S126")
def test_the_loser_of_a_claim_is_told_who_has_it(world: World) -> None:
    card = asked(world)
    world.click("Claim", card, by=BRUNO)
    world.jump(minutes=3)

    world.click("Claim", card, by=CHLOE)

    assert world.whispers_to(CHLOE) == ["Bruno Keller claimed case 1001 3 min before you. It is theirs now."]
    assert world.whispers_to(BRUNO) == []
    shown = world.card("patient_access", "Offer new times")
    assert f"<@{BRUNO}>" in shown
    assert shown.control("Claim") is None


@pytest.mark.req("S126")
@pytest.mark.req("S127")
def test_only_the_owner_or_a_manager_reschedules(world: World) -> None:
    card = asked(world)
    world.click("Reschedule", card, by=CHLOE)
    world.click("Claim", card, by=BRUNO)
    world.click("Reschedule", card, by=CHLOE)

    world.click("Reschedule", card, by=FRANK)

    assert "Claim case 1001 first" in world.whispers_to(CHLOE)[0]
    assert world.whispers_to(CHLOE)[1] == "Bruno Keller has case 1001. Nothing was changed."
    assert world.form(CHLOE) is None
    assert len(world.slots(FRANK)) == 8


@pytest.mark.req("S127")
@pytest.mark.req("S131")
def test_the_booking_is_in_the_ehr_and_the_missed_visit_stays_history(world: World) -> None:
    choice = picking(world)[0]
    slot = taken(world, choice)
    assert choice["text"]["text"] == "Tue Dec 8, 12:00 pm"

    world.submit(BRUNO, slot=choice["value"])

    (visit,) = world.booked("story")
    assert (visit["start"], visit["slot"]) == ("2026-12-08T18:00:00Z", [{"reference": f"Slot/{slot}"}])
    assert world.fhir(f"Slot/{slot}")["status"] == "busy"
    assert world.fhir(f"Appointment/{world.person('story').appointment}")["status"] == "noshow"


@pytest.mark.req("S56", by="handlers.effects.charts:write_task")
@pytest.mark.req("S131")
def test_the_ehrs_task_ends_completed_with_the_outcome_and_shows_one_owner(world: World) -> None:
    choice = picking(world)[0]

    world.submit(BRUNO, slot=choice["value"])

    (task,) = world.found("Task", patient=f"Patient/{world.person('story').patient}")
    assert (task["status"], task["owner"]["display"]) == ("completed", "Bruno Keller")
    assert task["focus"]["reference"] == f"Appointment/{world.person('story').appointment}"
    assert "booked" in str(task["output"])
    history = world.fhir(f"Task/{task['id']}/_history")["entry"]
    owners = {entry["resource"]["owner"]["display"] for entry in history if "owner" in entry["resource"]}
    assert owners == {"Bruno Keller"}


@pytest.mark.req("S36")
def test_the_confirmation_leaves_only_after_the_ehr_was_read_back(world: World) -> None:
    choice = picking(world)[0]
    world.fault("ehr", method="POST", type="Bundle", status=503, times=1)
    before = len(world.texts("story"))

    world.submit(BRUNO, slot=choice["value"])

    assert len(world.texts("story")) == before
    assert "Booking Tue Dec 8, 12:00 pm" in world.card("patient_access")
    world.hurry()
    assert world.texts("story")[before:] == [
        "Lakeside Clinic: you are set for Tue Dec 8, 12:00 pm. Reply 2 if that does not work."
    ]


@pytest.mark.req("S53", by="workflows.booking:_booked_for_case")
@pytest.mark.req("S93", by="workflows.enrollments:Moves._end")
@pytest.mark.req("S94", by="workflows.why:_trail")
@pytest.mark.req("S45")
def test_the_enrollment_ends_booked_and_the_card_keeps_one_line_with_the_outcome(world: World) -> None:
    choice = picking(world)[0]

    world.submit(BRUNO, slot=choice["value"])

    story = world.why("story")
    assert (story["state"], story["outcome"], story["routing"], story["recovered"]) == (
        "ended",
        "booked",
        "booked",
        False,
    )
    (line,) = world.card("patient_access").blocks
    assert "Closed: Booked Tue Dec 8, 12:00 pm" in line["text"]["text"]
    assert "Whitfield" not in str(line)
    ended = next(entry for entry in story["entries"] if entry["what"] == "ended outcome.booked")
    assert (ended["detail"]["routing"], ended["detail"]["completion"]) == ("booked", "auto")
    (task,) = world.found("Task", patient=f"Patient/{world.person('story').patient}")
    trail = story["trail"]
    assert [call["provider_id"][:2] for call in trail["calls"]] == ["SM"] * len(trail["calls"])
    assert f"Task/{task['id']}" in trail["records"]
    assert trail["owner"].startswith("stf_")
    assert trail["transcript"][0].startswith("/worklist/case/cas_")


@pytest.mark.req("S112")
def test_it_counts_as_recovered_when_the_new_visit_is_attended(world: World) -> None:
    world.submit(BRUNO, slot=picking(world)[0]["value"])
    (visit,) = world.booked("story")
    world.at(8, 12, 30)

    world.act("ehr/fulfill", appointment=visit["id"])

    story = world.why("story")
    assert (story["outcome"], story["routing"], story["recovered"]) == ("booked", "recovered", True)


@pytest.mark.req("S127")
def test_a_slot_that_the_ehr_gave_away_meanwhile_is_not_booked_and_the_owner_is_told(world: World) -> None:
    choice = picking(world)[0]
    world.act("ehr/slot_taken", slot=taken(world, choice))
    before = len(world.texts("story"))

    world.submit(BRUNO, slot=choice["value"])

    assert world.booked("story") == []
    assert len(world.texts("story")) == before
    assert world.whispers_to(BRUNO) == [
        "The time for case 1001 was just taken in the EHR. Nothing was booked. Press Reschedule and pick another."
    ]
    card = world.card("patient_access", "Offer new times", f"<@{BRUNO}>")
    world.click("Reschedule", card, by=BRUNO)
    assert choice["value"] not in [slot["value"] for slot in world.slots(BRUNO)]


@pytest.mark.req("S131")
def test_when_the_ehr_refuses_for_good_the_card_and_the_owner_say_that_a_person_must_book(world: World) -> None:
    choice = picking(world)[0]
    world.fault("ehr", method="POST", type="Bundle", status=422, times=50)
    before = len(world.texts("story"))

    world.submit(BRUNO, slot=choice["value"])

    assert world.booked("story") == []
    assert len(world.texts("story")) == before
    assert "does not take the booking for case 1001" in world.whispers_to(BRUNO)[0]
    assert any(rule.startswith("manual ehr.") for rule in world.rules("story"))
    assert "needs manual entry" in world.card("patient_access", "Offer new times")


@pytest.mark.req("S131")
def test_a_task_that_the_ehr_refuses_for_good_is_entered_by_hand(world: World) -> None:
    world.fault("ehr", method="POST", type="Task", status=422, times=50)

    card = asked(world)

    assert "needs manual entry" in card


@pytest.mark.req("S100")
@pytest.mark.req("S131")
def test_when_the_ehrs_answer_is_lost_the_visit_is_booked_once(world: World) -> None:
    choice = picking(world)[0]
    world.fault("ehr", method="POST", type="Bundle", reset=True, times=1)

    world.submit(BRUNO, slot=choice["value"])
    world.hurry()

    assert len(world.booked("story")) == 1
    assert [text for text in world.texts("story") if "you are set for" in text] == [
        "Lakeside Clinic: you are set for Tue Dec 8, 12:00 pm. Reply 2 if that does not work."
    ]


@pytest.mark.req("S44", by="workflows.cases:close_by_itself")
@pytest.mark.req("S78")
@pytest.mark.req("N17", by="workflows.appointments:_stop_recovery")
def test_a_booking_by_another_route_stops_the_program_before_the_next_text_and_closes_the_case(world: World) -> None:
    asked(world)
    free = next(slot["id"] for slot in world.found("Slot", status="free") if slot["start"] > "2026-12-07")
    before = len(world.texts("story"))

    world.act("ehr/book", patient=world.person("story").patient, slot=free)

    assert "stopped ehr.booked" in world.rules("story")
    assert "Closed: Booked" in world.card("patient_access")
    assert world.why("story")["outcome"] == "booked"
    world.jump(days=2)
    assert not [text for text in world.texts("story")[before:] if "still like to see you" in text]


def test_a_second_press_of_book_changes_nothing(world: World) -> None:
    choices = picking(world)
    world.submit(BRUNO, slot=choices[0]["value"])

    world.act("slack/redeliver", n=1)

    assert len(world.booked("story")) == 1
    assert len([text for text in world.texts("story") if "you are set for" in text]) == 1


@pytest.mark.phi("full")
def test_two_cases_cannot_take_the_same_slot(world: World) -> None:
    choice = picking(world)[0]
    world.no_show("close")
    world.text("close", ASK)
    other = world.card("patient_access", "Offer new times", "Opal Jennings")
    world.click("Claim", other, by=CHLOE)
    world.click("Reschedule", other, by=CHLOE)
    world.submit(BRUNO, slot=choice["value"])

    world.submit(CHLOE, slot=choice["value"])

    assert world.errors(CHLOE) == "That time was just taken. Nothing was booked. Pick another."
    assert world.booked("close") == []


def test_a_colleague_of_another_team_may_not_claim(world: World) -> None:
    card = asked(world)
    room = next(room for room in world.slack.rooms.all.values() if room.id == card.channel)
    room.members.append(DIEGO)

    world.click("Claim", card, by=DIEGO)

    assert "belongs to Patient access" in world.whispers_to(DIEGO)[0]
    assert "nobody yet" in world.card("patient_access", "Offer new times")
