"""What a number allows: opt-outs before anything else, for every program and everybody on that number."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage import numbers
from storage.outbox import Lane, Topic
from storage.tables import Consent, Message, OutboxRow, PatientNumber, Suppression
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import consent, doubts

SIX = {"who": "Rosa Delgado", "how": "portal", "wording": "form-2026", "scope": "care texts"}


@pytest.mark.parametrize("missing", sorted(SIX))
def test_a_consent_that_lacks_one_of_its_facts_is_not_recorded(desk: Desk, missing: str) -> None:
    with desk.begin() as session:
        number = numbers.add(session, PHONE)
        with pytest.raises(Refused, match="It was not recorded"):
            consent.record(session, number, given_at=MONDAY_NOON, **(SIX | {missing: "  "}))

        assert session.scalars(select(Consent)).all() == []


def test_a_whole_consent_lets_a_number_be_texted(desk: Desk) -> None:
    enrollment_patient = desk.patient(consented=False)
    with desk.begin() as session:
        consent.record(session, numbers.add(session, PHONE), given_at=MONDAY_NOON, **SIX)
    desk.missed(enrollment_patient)

    assert len(desk.claim()) == 1


@pytest.mark.parametrize(
    "words", ["STOP", "stop.", "S T O P", "Stop please", "STOPALL", "quit", "END", "revoke", "opt out", "unsubscribe",
              "ALTO", "no más", "remove me from this list", "quit texting me"],
)  # fmt: skip
def test_stop_in_any_words_is_an_opt_out_and_is_confirmed_once(desk: Desk, words: str) -> None:
    desk.enrolled()

    desk.text(words, sid="SM1")
    desk.text(words, sid="SM2")

    assert desk.suppressed()
    (only,) = desk.planned()
    assert only[0] == "opt_out"


def test_when_the_carrier_confirmed_we_do_not(desk: Desk) -> None:
    enrollment = desk.enrolled()

    desk.text("STOP", carrier_did="STOP")

    assert desk.planned() == []
    assert desk.enrollment(enrollment).outcome == "opted_out"


@pytest.mark.req("N5")
def test_an_opt_out_ends_the_programs_of_everybody_on_the_number(desk: Desk) -> None:
    first = desk.patient(ehr_id="pt-1")
    with desk.begin() as session:
        second = factories.a_patient(session, ehr_id="pt-2", phone=None).id
        number = session.scalars(select(PatientNumber.number_id).where(PatientNumber.patient_id == first)).one()
        session.add(PatientNumber(org_id=desk.org, patient_id=second, number_id=number))
    running = [desk.missed(patient) for patient in (first, second)]

    desk.text("STOP")

    assert [desk.enrollment(one).outcome for one in running if one] == ["opted_out", "opted_out"]
    assert desk.claim() == []


def test_an_opt_out_is_kept_with_the_text_that_asked_for_it(desk: Desk) -> None:
    desk.patient()

    desk.text("please stop texting me")

    with desk.begin() as session:
        kept = session.scalars(select(Suppression)).one()
        text = session.scalars(select(Message).where(Message.direction == "in")).one()
        assert (kept.message_id, kept.since, kept.lifted_at) == (text.id, MONDAY_NOON.replace(minute=10), None)
    assert any(rule.startswith("stopped number.opted_out") for rule in desk.rules())


def test_opting_in_again_lifts_it_and_is_logged(desk: Desk) -> None:
    desk.patient(opted_out=True)

    desk.text("START", carrier_did="START")

    assert not desk.suppressed()
    assert "started number.opted_in" in desk.rules()


@pytest.mark.req("N15", by="workflows.consent:stop_number")
def test_a_wrong_number_ends_every_household_program_and_the_ehr_gets_a_task(desk: Desk) -> None:
    first = desk.patient(ehr_id="pt-1")
    running = [desk.missed(first), desk.missed(desk.sharing(first))]
    desk.claim()

    desk.text("you have the wrong number", sid="SM1")
    desk.text("1", sid="SM2")
    desk.missed(desk.sharing(first))

    assert [desk.enrollment(one).outcome for one in running if one] == ["wrong_number", "wrong_number"]
    assert desk.claim() == []
    assert "refused number.quarantined" in desk.rules()
    (case,) = [case for case in desk.cases() if case.kind == "wrong_number"]
    with desk.begin() as session:
        due = select(OutboxRow.key).where(OutboxRow.topic == Topic.EHR_TASK.value)
        assert str(case.id) in session.scalars(due).all()


CHECK = "Lakeside Clinic: sorry to bother you. Reply 1 if we should not text this number, 2 if it is right."
NO_MORE = "Lakeside Clinic: thank you for telling us. We will not text this number again."


@pytest.mark.req("S31", by="workflows.doubts:open_one")
def test_wrong_number_in_words_stops_texts_at_once_and_is_read_back_before_it_is_recorded(desk: Desk) -> None:
    enrollment = desk.enrolled()

    desk.text("wrong number", sid="SM1")

    assert (desk.claim(), [item.body for item in desk.claim(Lane.REPLIES)]) == ([], [CHECK])
    assert (desk.enrollment(enrollment).state, desk.cases()) == ("paused", [])

    desk.text("2", sid="SM2")

    assert (desk.enrollment(enrollment).state, len(desk.claim())) == ("waiting", 1)
    assert desk.cases() == []


def test_a_day_of_silence_settles_that_the_number_is_wrong(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.text("wrong number")
    desk.claim(Lane.REPLIES)
    desk.at(MONDAY_NOON + timedelta(days=1, hours=1))

    with desk.begin() as session:
        assert (doubts.settle_silent(session), doubts.settle_silent(session)) == (1, 0)

    assert desk.enrollment(enrollment).outcome == "wrong_number"
    assert [case.kind for case in desk.cases()] == ["wrong_number"]
    assert desk.claim(Lane.REPLIES) == []


@pytest.mark.req("N15", by="workflows.consent:wrong_number")
def test_wrong_number_says_so_once_stops_the_number_and_has_the_chart_corrected(desk: Desk) -> None:
    enrollment = desk.enrolled()

    desk.text("wrong number", sid="SM1")
    asked = desk.claim(Lane.REPLIES)
    desk.text("I said wrong number!", sid="SM2")
    sent = [*asked, *desk.claim(Lane.REPLIES)]

    assert [item.body for item in sent] == [CHECK, NO_MORE]
    assert desk.enrollment(enrollment).outcome == "wrong_number"
    assert {case.kind for case in desk.cases()} == {"wrong_number"}


@pytest.mark.req("N4", by="workflows.consent:may_have_meant_the_visit")
def test_cancel_is_an_opt_out_by_law_and_a_question_for_a_person(desk: Desk) -> None:
    desk.enrolled()

    desk.text("cancel")

    assert desk.suppressed()
    assert [case.kind for case in desk.cases()] == ["opt_out_check"]
