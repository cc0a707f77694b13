"""Programs that want the same patient take turns, and all are quiet while a person talks with the patient."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.tables import Message
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk, heard
from workflows import cases, enrollments, publishing, staff, triggers

SURVEY = """
grammar: 1
program: {name}
title: Survey
purpose: Asks how the visit was. A care message, never marketing or billing.
priority: {priority}
trigger: {{event: appointment.{event}, fresh: 24h}}
goal: {{outcome: completed, within: 14d}}
stop_on: {{patient.deceased: deceased}}
touch_blocked: {{case: {{kind: call_task, team: patient_access, due: 4 business hours}}}}
steps:
  ask: {{ask: {name}, wait: 2d, on: {{1: done}}, silence: over}}
  done: {{outcome: completed}}
  over: {{outcome: unreachable}}
texts:
  {name}:
    en: "{{clinic}}: {name}? Reply 1."
    es: "{{clinic}}: {name}? Responda 1."
"""


def started(desk: Desk, *programs: tuple[str, int, str]) -> list[str]:
    """One patient, a program an event each: (name, priority, event)."""
    patient_id = desk.patient()
    with desk.begin() as session:
        for name, priority, event in programs:
            publishing.publish(session, SURVEY.format(name=name, priority=priority, event=event), actor="system")
        visit = factories.an_appointment(session, factories.patient_of(session, patient_id), status="fulfilled")
        for name, _, event in programs:
            triggers.record(session, heard(patient_id, visit, key=name, kind=event))
    return [name for name, _, _ in programs]


def asked(desk: Desk) -> list[str]:
    """The programs' questions that leave now, in order."""
    return [one.body.split(": ")[1].split("?")[0] for one in desk.arrive()]


def held(desk: Desk) -> list[tuple[str | None, str]]:
    with desk.begin() as session:
        rows = session.scalars(select(Message).where(Message.state == "held").order_by(Message.id))
        return [(row.step, row.rule or "") for row in rows]


@pytest.mark.req("S19", by="workflows.floor:Floor.keeps_back")
def test_a_second_programs_question_waits_and_is_asked_when_the_first_is_answered(desk: Desk) -> None:
    started(desk, ("one", 5, "left"), ("two", 5, "fulfilled"))

    assert asked(desk) == ["one"]
    assert held(desk) == [("ask", "question.open")]
    assert "held question.open" in desk.rules()

    desk.at(MONDAY_NOON + timedelta(days=1, hours=1))
    desk.text("1")

    assert asked(desk) == ["two"]


def test_the_question_over_by_silence_frees_the_floor_too(desk: Desk) -> None:
    started(desk, ("one", 5, "left"), ("two", 5, "fulfilled"))
    asked(desk)
    desk.at(MONDAY_NOON + timedelta(days=2))

    with desk.begin() as session:
        enrollments.advance(session)

    assert asked(desk) == ["two"]


def test_of_two_that_wait_the_more_important_goes_first(desk: Desk) -> None:
    started(desk, ("low", 7, "left"), ("high", 2, "fulfilled"))

    assert asked(desk) == ["high"]
    assert held(desk) == [("ask", "question.open")]


def test_while_a_person_talks_with_the_patient_no_program_does(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.arrive()
    desk.text("please call me")
    with desk.begin() as session:
        factories.a_member_of_staff(session, role="manager", team=None)
        who = staff.of_slack(session, factories.WORKSPACE, "U0AGENT")
        case = cases.claim(session, desk.cases()[0].id, by=who)
        patient_id = desk.enrollment(enrollment).patient_id
        publishing.publish(session, SURVEY.format(name="one", priority=5, event="left"), actor="system")
        triggers.record(session, heard(patient_id, None, key="left", kind="left"))
    desk.at(MONDAY_NOON + timedelta(hours=22))
    assert (desk.claim(), [rule for _, rule in held(desk)]) == ([], ["person.talking"])

    with desk.begin() as session:
        cases.close(session, cases.get(session, case.id), disposition="resolved", actor="x", staff_id=who.id)

    assert [one.body.split(": ")[1] for one in desk.claim()] == ["one? Reply 1."]
