"""After a visit: asked once in its time, and a low score gets an apology first and then a person who knows it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from handlers.effects import words
from storage import messages
from storage.tables import Case, Enrollment, Message, ProgramRow
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import appointments, enrollments
from workflows.ehr_facts import AppointmentFact

VISIT = MONDAY_NOON - timedelta(hours=2)


def visited(desk: Desk, **patient: object) -> UUID:
    """A visit took place; the survey's enrollment."""
    with desk.begin() as session:
        factories.a_patient(session, ehr_id="pt-1", **patient)  # type: ignore[arg-type]
        fact = AppointmentFact(
            ehr_id="v1", patient_ehr_id="pt-1", status="booked", start=VISIT, end=VISIT + timedelta(minutes=30),
            kind="visit", practitioner_ehr_id=None, location_ehr_id=None, slot_ehr_ids=(), version="1", updated_at=None,
        )  # fmt: skip
        appointments.mirror(session, fact)
    with desk.begin() as session:
        appointments.mirror(session, AppointmentFact(**{**_fields(fact), "status": "fulfilled", "version": "2"}))
        found = select(Enrollment.id).join(ProgramRow, ProgramRow.id == Enrollment.program_id)
        return session.scalars(found.where(ProgramRow.code == "survey")).one()


def _fields(fact: AppointmentFact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__slots__}


def asked(desk: Desk) -> None:
    """Three hours after the visit; the text has arrived."""
    desk.at(VISIT + timedelta(hours=3, minutes=5))
    with desk.begin() as session:
        enrollments.advance(session)
    with desk.begin() as session:
        gone = update(Message).where(Message.direction == "out")
        session.execute(gone.values(state="delivered", sent_at=VISIT + timedelta(hours=3, minutes=5)))


@pytest.mark.req("S10", by="workflows.moments:when")
@pytest.mark.req("S3", by="workflows.enrollments:Moves._ask")
def test_the_survey_is_asked_three_hours_after_the_visit_and_not_before(desk: Desk) -> None:
    visited(desk)
    assert desk.planned() == []

    asked(desk)

    [(purpose, body)] = desk.planned()
    assert (purpose, "how was your visit? Reply with a number from 0 (bad) to 10 (very good)." in body) == (
        "program",
        True,
    )


@pytest.mark.req("S70", by="workflows.enrollments:_asked")
@pytest.mark.parametrize(
    ("language", "sorry"), [("en", "we're sorry your visit"), ("es", "sentimos mucho que su cita")]
)
def test_a_low_score_is_apologised_for_first_and_called_about_with_score_and_words_at_hand(
    desk: Desk, language: str, sorry: str
) -> None:
    enrollment = visited(desk, language=language)
    asked(desk)

    desk.text("3")

    with desk.begin() as session:
        case = session.scalars(select(Case).where(Case.kind == "low_score")).one()
        said = session.scalars(select(Message).where(Message.id == case.message_id)).one()
        assert messages.body(session, said) == "3"
    assert (case.reason, case.asked, case.priority, case.enrollment_id) == ("low_score", "score 3", "high", enrollment)
    assert words.task_code(case.kind) == "Call the patient: low score after a visit"
    assert case.due_at.astimezone(case.due_at.tzinfo) > case.opened_at
    answers = [body for purpose, body in desk.planned() if purpose == "answer"]
    assert [sorry in body for body in answers] == [True]


def test_a_high_score_is_no_work_for_anybody(desk: Desk) -> None:
    visited(desk)
    asked(desk)

    desk.text("9")

    assert desk.cases() == []
