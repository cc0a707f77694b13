"""Several patients on one number: one text for their visits, a reply matched to the visit it means."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage.outbox import Lane
from storage.tables import Appointment, Enrollment, Message, Patient
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk, heard
from workflows import sending, triggers
from workflows.sending import Fate, Outcome

TUESDAY = MONDAY_NOON + timedelta(days=1)
MERGED = (
    "Lakeside Clinic: 2 visits are set for this phone: Tue Nov 24, 9:30 am; Tue Nov 24, 10:15 am. "
    "Reply 1 to keep them, 2 for another time."
)


def two_visits(desk: Desk) -> list[UUID]:
    """Two patients on one number, each with a visit tomorrow and the day-before reminder due now; the enrollments."""
    first = desk.patient(ehr_id="pt-1", given="Ana", family="Lima")
    second = desk.sharing(first, ehr_id="pt-2", given="Bea", family="Lima")
    return [visit(desk, first, minutes=-150), visit(desk, second, minutes=-105)]


def visit(desk: Desk, patient_id: UUID, *, minutes: int) -> UUID:
    start = TUESDAY + timedelta(minutes=minutes)
    with desk.begin() as session:
        patient = factories.patient_of(session, patient_id)
        booked = factories.an_appointment(session, patient, status="booked", start=start)
        said = heard(patient_id, booked, key=f"b:{patient_id}", kind="booked")
        return triggers.record(session, said)[0]


def conversation(desk: Desk, words: str, sid: str) -> list[str]:
    desk.text(words, sid=sid)
    return [item.body for item in desk.claim(Lane.REPLIES)]


@pytest.mark.req("N5", by="workflows.households:merge")
def test_two_reminders_to_one_number_are_one_text_that_names_nobody(desk: Desk) -> None:
    two_visits(desk)

    sent = desk.claim()

    assert [item.body.partition(" Lakeside")[0] for item in sent] == [MERGED]
    assert "Ana" not in sent[0].body
    assert desk.claim() == []
    assert desk.rules().count("merged household.merged") == 2
    with desk.begin() as session:
        states = session.scalars(select(Message.state).where(Message.merged_into.is_not(None))).all()
    assert states == ["sending", "sending"]


def test_what_the_provider_says_of_the_one_text_counts_for_each_patient(desk: Desk) -> None:
    enrollments = two_visits(desk)
    (item,) = desk.claim()

    with desk.begin() as session:
        sending.settle(session, [Outcome(item.attempt_id, Fate.FAILED, code="30005", meaning="bad_number")])

    assert {state for state, _ in desk.states()} == {"failed"}
    assert [(case.kind, case.enrollment_id) for case in desk.cases()] == [("missing_contact", e) for e in enrollments]


def test_a_text_for_two_that_certainly_did_not_leave_is_judged_anew(desk: Desk) -> None:
    two_visits(desk)
    (item,) = desk.claim()

    with desk.begin() as session:
        sending.release(session, [item])
    again = desk.claim()

    assert [text.body.partition(" Lakeside")[0] for text in again] == [MERGED]


@pytest.mark.parametrize("change", [{"sensitive": ["sud"]}, {"language": "es"}])
def test_what_may_not_stand_in_one_text_is_not_merged(desk: Desk, change: dict[str, object]) -> None:
    two_visits(desk)
    with desk.begin() as session:
        session.execute(update(Patient).where(Patient.ehr_id == "pt-2").values(**change))
        language = change.get("language", "en")
        second = select(Patient.id).where(Patient.ehr_id == "pt-2").scalar_subquery()
        session.execute(update(Message).where(Message.patient_id == second).values(language=language))

    sent = desk.claim()

    assert len(sent) == 1
    assert "2 visits" not in sent[0].body


@pytest.mark.req("N5", by="workflows.which_visit:meant")
def test_one_keeps_every_visit(desk: Desk) -> None:
    enrollments = two_visits(desk)
    desk.claim()

    said = conversation(desk, "1", "SM1")

    assert [desk.enrollment(e).outcome for e in enrollments] == ["confirmed", "confirmed"]
    assert said == ["Lakeside Clinic: thank you. There is nothing more you need to do."]


@pytest.mark.req("N5", by="workflows.which_visit:ask_which")
def test_a_reply_that_could_mean_either_is_asked_once_and_goes_to_the_visit_meant(desk: Desk) -> None:
    first, second = two_visits(desk)
    desk.claim()

    asked = conversation(desk, "we need another time", "SM1")
    conversation(desk, "2", "SM2")

    which = "Which visit do you mean? Reply 1 for Tue Nov 24, 9:30 am, 2 for Tue Nov 24, 10:15 am, 3 for all of them."
    assert asked == [f"Lakeside Clinic: thank you. {which}"]
    assert desk.enrollment(first).step != "another_time"
    assert desk.enrollment(second).step == "another_time"
    assert [(case.kind, case.enrollment_id) for case in desk.cases()] == [("reschedule", second)]


def test_of_two_visits_the_only_one_left_is_not_asked_about(desk: Desk) -> None:
    first, second = two_visits(desk)
    desk.claim()
    with desk.begin() as session:
        session.execute(update(Enrollment).where(Enrollment.id == first).values(state="ended", wake_at=None))

    conversation(desk, "2", "SM1")

    assert desk.enrollment(second).step == "another_time"


def test_stop_ends_both(desk: Desk) -> None:
    enrollments = two_visits(desk)
    desk.claim()

    desk.text("STOP")

    assert [desk.enrollment(e).outcome for e in enrollments] == ["opted_out", "opted_out"]
    assert desk.suppressed(PHONE)
    with desk.begin() as session:
        assert session.scalars(select(Appointment.status)).all() == ["booked", "booked"]
