"""A text comes in: stored once, matched to who was asked, read in the light of the question."""

import pytest
from sqlalchemy import select

from storage.outbox import Lane
from storage.tables import Message, PatientNumber, ReadingRow
from tests import factories
from tests.service.desk import PHONE, Desk

OTHER = "+13125550199"


def readings(desk: Desk) -> list[ReadingRow]:
    with desk.begin() as session:
        return list(session.scalars(select(ReadingRow).order_by(ReadingRow.id)))


def household(desk: Desk) -> tuple[str, str]:
    """Two patients who gave the same number."""
    first = desk.patient(ehr_id="pt-1", given="Ann")
    with desk.begin() as session:
        second = factories.a_patient(session, ehr_id="pt-2", given="Ben", phone=None)
        number = session.scalars(select(PatientNumber).where(PatientNumber.patient_id == first)).one()
        session.add(PatientNumber(org_id=desk.org, patient_id=second.id, number_id=number.number_id))
        return str(first), str(second.id)


@pytest.mark.req("S100")
def test_the_same_text_twice_is_taken_once(desk: Desk) -> None:
    desk.patient()

    assert [desk.text("who is my doctor now?"), desk.text("who is my doctor now?")] == [True, False]
    assert len(readings(desk)) == 1
    assert len(desk.cases()) == 1


@pytest.mark.req("S26", by="workflows.readings:read")
@pytest.mark.req("S92", by="workflows.readings:read")
def test_the_reading_is_kept_as_data_beside_the_sealed_text(desk: Desk) -> None:
    desk.enrolled()
    desk.claim()

    desk.text("can we do next tues afternoon?")

    (reading,) = readings(desk)
    assert (reading.context, reading.when_label, "time_given" in reading.intents) == (
        "outreach_schedule",
        "Tue 12–17",
        True,
    )
    with desk.begin() as session:
        (text,) = session.scalars(select(Message).where(Message.direction == "in"))
        assert b"tues" not in text.body
    assert [(case.kind, case.asked) for case in desk.cases()] == [("reschedule", "Tue 12–17")]


@pytest.mark.req("N5")
def test_in_a_household_the_reply_belongs_to_who_was_asked(desk: Desk) -> None:
    _, second = household(desk)
    from uuid import UUID

    desk.missed(UUID(second))
    desk.claim()

    desk.text("1")

    (case,) = desk.cases()
    assert (case.kind, str(case.patient_id)) == ("reschedule", second)


@pytest.mark.req("S104")
def test_in_a_household_nobody_was_asked_a_person_finds_out_who_wrote(desk: Desk) -> None:
    household(desk)

    desk.text("can I come on friday?")

    (case,) = desk.cases()
    assert case.patient_id is None
    assert (case.reason, case.team_id is not None) == ("unknown_sender", True)


def test_start_from_a_number_that_never_stopped_changes_nothing(desk: Desk) -> None:
    desk.patient()

    desk.text("START", carrier_did="START")

    assert desk.planned() == []
    assert not desk.suppressed()


@pytest.mark.parametrize("word", ["yes", "Yes!", "sí"])
def test_yes_is_an_answer_and_no_opt_in(desk: Desk, word: str) -> None:
    desk.enrolled()
    desk.claim()

    desk.text(word)

    assert "started number.opted_in" not in desk.rules()
    assert [case.kind for case in desk.cases()] == ["reschedule"]


def test_a_picture_without_words_is_looked_at_by_a_person(desk: Desk) -> None:
    desk.patient()

    desk.text("", media=1)

    assert [case.kind for case in desk.cases()] == ["review"]


@pytest.mark.parametrize("body", ["HELP", "thanks", "can I come on friday?", "who is this"])
def test_a_suppressed_number_gets_no_answer_whatever_it_writes(desk: Desk, body: str) -> None:
    desk.patient(opted_out=True)

    desk.text(body)
    desk.claim(Lane.REPLIES, Lane.DELIVERY, Lane.SAFETY)

    assert desk.planned() == []


def test_help_is_answered_with_name_and_phone_once_by_us_when_the_carrier_did_not(desk: Desk) -> None:
    desk.patient()

    desk.text("AYUDA")
    desk.text("HELP", sid="SM2", carrier_did="HELP")

    ((purpose, body),) = desk.planned()
    assert (purpose, "555-0100" in body, "Lakeside Clinic" in body) == ("answer", True, True)


@pytest.mark.req("N17")
def test_a_death_told_by_the_family_is_met_with_silence_and_a_person(desk: Desk) -> None:
    enrollment = desk.enrolled()

    desk.text("Rosa passed away last week")
    desk.claim(Lane.REPLIES)

    assert desk.planned() == []
    assert desk.enrollment(enrollment).outcome == "deceased"
    assert [(case.kind, case.reason, case.priority) for case in desk.cases()] == [("deceased", "deceased", "high")]


def test_a_reply_after_the_program_ended_reaches_a_person(desk: Desk) -> None:
    desk.enrolled()
    desk.claim()
    desk.text("1", sid="SM1")

    desk.text("actually could I talk to someone about my bill", sid="SM2")

    assert len(desk.cases()) == 2


def test_a_stranger_is_stored_without_a_patient(desk: Desk) -> None:
    desk.text("hello", phone=OTHER)

    with desk.begin() as session:
        (text,) = session.scalars(select(Message).where(Message.direction == "in"))
        assert (text.patient_id, text.conversation_id is not None) == (None, True)
    assert PHONE != OTHER
