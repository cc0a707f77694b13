"""Approved answers: what needs no clinician is answered at once in the organisation's words, everything else is a person's."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage.outbox import Lane
from storage.tables import Organisation
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk, heard
from workflows import triggers

VISIT = MONDAY_NOON + timedelta(days=10, hours=1, minutes=30)


@pytest.fixture
def coming(desk: Desk) -> Desk:
    """A patient with a visit in ten days, whose reminders have begun."""
    patient = desk.patient()
    with desk.begin() as session:
        visit = factories.an_appointment(session, factories.patient_of(session, patient), status="booked", start=VISIT)
        triggers.record(session, heard(patient, visit, kind="booked"))
    return desk


def knows(desk: Desk, **settings: Any) -> None:
    with desk.begin() as session:
        row = session.scalars(select(Organisation)).one()
        row.settings = row.settings | settings


def said(desk: Desk) -> list[str]:
    return [body for purpose, body in desk.planned() if purpose == "answer"]


@pytest.mark.req("S23", by="workflows.library.replies:reply")
def test_forms_later_gets_the_link_and_its_due_time_and_is_asked_whether_that_helped(coming: Desk) -> None:
    coming.at(VISIT - timedelta(days=3, hours=1))
    coming.text("can I complete forms later?")

    (answer,) = said(coming)
    assert answer.startswith("Lakeside Clinic: yes, by Thu Dec 3, 1:30 pm: https://care.example/f/")
    assert answer.endswith(" Did this help? 1 = yes, 2 = a person.")
    assert coming.cases() == []
    assert len(coming.claim(Lane.REPLIES)) == 1


def test_it_helped_needs_nobody(coming: Desk) -> None:
    knows(coming, facts={"hours": {"en": "Mon to Fri 8 am to 5 pm"}})
    coming.text("what are your hours?")

    coming.text("1", sid="SM2")

    assert said(coming)[1:] == ["Lakeside Clinic: good, thank you. Call 555-0100 if you have more questions."]
    assert coming.cases() == []
    assert "helped library.hours" in coming.rules()


def test_it_did_not_help_and_a_person_takes_it(coming: Desk) -> None:
    knows(coming, facts={"hours": {"en": "Mon to Fri 8 am to 5 pm"}})
    coming.text("what are your hours?")

    coming.text("2", sid="SM2")

    (case,) = coming.cases()
    assert (case.kind, case.reason) == ("admin", "answer_not_enough")


def test_a_fact_nobody_told_us_is_a_persons_to_answer(coming: Desk) -> None:
    coming.text("where do I park?")

    (case,) = coming.cases()
    assert (case.kind, case.reason) == ("admin", "question")
    assert said(coming) == ["Lakeside Clinic: thank you, we have your message. A person from our team will answer you."]


def test_an_expired_answer_is_not_given_and_its_owner_is_told(coming: Desk) -> None:
    coming.at(datetime.fromisoformat("2027-07-01T12:00:00-05:00"))

    coming.text("what should I bring?")

    (case,) = coming.cases()
    assert (case.kind, case.reason) == ("admin", "answer_expired")


@pytest.mark.req("S49", by="workflows.handing_over:_why")
def test_a_question_no_answer_fits_is_admin_work(coming: Desk) -> None:
    coming.text("what is the name of the lady at the desk?")

    (case,) = coming.cases()
    assert (case.kind, case.reason) == ("admin", "question")


@pytest.mark.req("S95", by="workflows.library.entries:Library.forbids")
@pytest.mark.req("C1")
@pytest.mark.parametrize(
    "words",
    [
        "can I fast and what should I bring?",
        "what should I bring about the test?",
        "puedo comer antes, y que tengo que llevar?",
    ],
)
def test_a_question_that_touches_care_is_never_answered_by_a_machine(coming: Desk, words: str) -> None:
    coming.text(words)

    assert [text for text in said(coming) if "photo ID" in text or "documento con foto" in text] == []
    assert len(coming.cases()) == 1


def test_what_also_decides_something_is_the_programs(coming: Desk) -> None:
    coming.text("I need to reschedule, and what should I bring?")

    assert [case.kind for case in coming.cases()] == ["reschedule"]


def test_cost_is_a_persons_and_the_patient_hears_so(coming: Desk) -> None:
    coming.text("how much will it cost?")

    assert said(coming) == ["Lakeside Clinic: a person from our team will call you about the cost."]
    assert [(case.kind, case.reason) for case in coming.cases()] == [("admin", "answer_needs_you")]


def test_an_organisations_own_answer_goes_before_ours(coming: Desk) -> None:
    own = {
        "title": "Arrival", "owner": "front_office", "expires_on": "2027-06-30", "approved_by": "Dr. Stone",
        "patterns": {"en": ["how early should i get there"]}, "examples": ["how early should I get there"], "counter": [],
        "texts": {"en": "{clinic}: come right on time. 1 = this helped, 2 = a person."},
    }  # fmt: skip
    knows(coming, answers={"arrival": own, "bring": None})

    coming.text("how early should I get there?")
    coming.text("what should I bring?", sid="SM2")

    assert "come right on time" in said(coming)[0]
    assert [case.reason for case in coming.cases()] == ["question"]
