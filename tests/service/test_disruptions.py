"""A provider is out, a site is closed: reminders stop, everybody is told, the near ones first, and a missed visit is nobody's no-show."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import Refused
from storage.tables import Appointment, Enrollment, Message, ProgramRow, TriggerEvent
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk, heard
from tests.service.test_halts import who
from workflows import appointments, disruptions, enrollments, sending, triggers
from workflows.ehr_facts import AppointmentFact

THURSDAY = MONDAY_NOON + timedelta(days=3)


def booked(desk: Desk, n: int, *, start: datetime = THURSDAY, **facts: str) -> UUID:
    """A visit with its reminders; the patient's number ends in n."""
    patient = desk.patient(phone=f"+1312555{n:04d}")
    with desk.begin() as session:
        visit = factories.an_appointment(
            session, factories.patient_of(session, patient), status="booked", start=start, **facts
        )
        at = MONDAY_NOON
        triggers.record(session, heard(patient, visit, key=f"visit-{n}", at=at, kind="booked"))
        return visit.id


def asked(desk: Desk, kind: str = "provider", key: str = "Dr. Okafor") -> UUID:
    with desk.begin() as session:
        wanted = disruptions.Asked(kind, key, key, THURSDAY.date(), "called in sick")
        return disruptions.propose(session, wanted, by=who(desk, "agent")).id


def approved(desk: Desk, disruption: UUID) -> None:
    """A manager approves, and the job does its work."""
    with desk.begin() as session:
        disruptions.approve(session, disruption, by=who(desk, "manager"))
    with desk.begin() as session:
        while disruptions.start(session, disruption):
            pass


def of_program(desk: Desk, code: str) -> list[Enrollment]:
    with desk.begin() as session:
        found = (
            select(Enrollment).join(ProgramRow, ProgramRow.id == Enrollment.program_id).where(ProgramRow.code == code)
        )
        return list(session.scalars(found.order_by(Enrollment.id)))


def test_the_preview_counts_who_is_affected_and_sends_and_stops_nothing(desk: Desk) -> None:
    for n in (1, 2):
        booked(desk, n)
    booked(desk, 3, practitioner="Dr. Reyes")

    disruption = asked(desk)

    with desk.begin() as session:
        counts = disruptions.get(session, disruption).counts
    assert (counts["visits"], counts["textable"], counts["to_call"], counts["reminders"]) == (2, 2, 0, 2)
    assert {row.state for row in of_program(desk, "reminder")} == {"waiting"}


@pytest.mark.req("S55", by="workflows.disruptions:approve")
def test_on_approval_reminders_of_those_visits_stop_and_each_patient_is_told_not_to_come(desk: Desk) -> None:
    booked(desk, 1)
    booked(desk, 2, practitioner="Dr. Reyes")

    approved(desk, asked(desk))
    with desk.begin() as session:
        enrollments.advance(session)

    assert sorted(row.state for row in of_program(desk, "reminder")) == ["ended", "waiting"]
    bodies = [body for _, body in desk.planned()]
    assert sum("Please do not come then" in body for body in bodies) == 1
    with desk.begin() as session:
        trigger = session.scalars(select(TriggerEvent).where(TriggerEvent.kind == "visit.disrupted")).one()
    assert (trigger.context["reason"], trigger.context["population"]) == (
        "called in sick",
        "provider Dr. Okafor 2026-11-26",
    )


def test_who_stays_silent_for_four_hours_is_called(desk: Desk) -> None:
    booked(desk, 1)
    approved(desk, asked(desk))
    with desk.begin() as session:
        enrollments.advance(session)
    desk.claim()
    with desk.begin() as session:
        for text in session.scalars(select(Message).where(Message.state == "sending")):
            sending.hear(session, text, status="delivered", code="", meaning=None)

    desk.at(MONDAY_NOON + timedelta(hours=4, minutes=20))
    with desk.begin() as session:
        enrollments.advance(session)

    assert [(case.kind, case.priority) for case in desk.cases()] == [("call_task", "high")]


def test_it_is_approved_once_by_a_manager_and_nobody_is_told_twice(desk: Desk) -> None:
    booked(desk, 1)
    disruption = asked(desk)
    with pytest.raises(Refused), desk.begin() as session:
        disruptions.approve(session, disruption, by=who(desk, "clinician"))
    approved(desk, disruption)

    with pytest.raises(Refused, match="a moment ago"), desk.begin() as session:
        disruptions.approve(session, disruption, by=who(desk, "manager"))
    with desk.begin() as session:
        assert disruptions.start(session, disruption) == 0

    assert len(of_program(desk, "disrupted")) == 1


def test_missing_a_visit_that_we_moved_starts_no_recovery(desk: Desk) -> None:
    visit = booked(desk, 1)
    approved(desk, asked(desk))
    desk.at(THURSDAY + timedelta(hours=1))

    with desk.begin() as session:
        row = session.scalars(select(Appointment).where(Appointment.id == visit)).one()
        patient = factories.patient_of(session, row.patient_id)
        fact = _fact(row.ehr_id, patient.ehr_id, status="noshow", start=THURSDAY)
        appointments.mirror(session, fact)

    assert of_program(desk, "no_show") == []
    assert "refused trigger.visit_disrupted" in desk.rules()


def test_a_new_booking_by_any_route_ends_it(desk: Desk) -> None:
    visit = booked(desk, 1)
    approved(desk, asked(desk))
    with desk.begin() as session:
        enrollments.advance(session)

    with desk.begin() as session:
        row = session.scalars(select(Appointment).where(Appointment.id == visit)).one()
        patient = factories.patient_of(session, row.patient_id)
        appointments.mirror(
            session, _fact("apt-new", patient.ehr_id, status="booked", start=THURSDAY + timedelta(days=4))
        )

    assert [row.outcome for row in of_program(desk, "disrupted")] == ["booked"]


def test_near_visits_are_told_at_once_and_the_others_as_times_are_free() -> None:
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    near, far = at + timedelta(days=1), at + timedelta(days=6)

    begins = disruptions.spread([near, near, far, far, far], free=6, at=at)

    assert begins == [at, at, at + timedelta(hours=1), at + timedelta(hours=1), at + timedelta(hours=2)]


def test_a_visit_nobody_has_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="no booked visit"):
        asked(desk, key="Dr. Nobody")
    with desk.begin() as session:
        assert session.scalar(select(func.count()).select_from(TriggerEvent)) == 0


def _fact(ehr_id: str, patient: str, *, status: str, start: datetime) -> AppointmentFact:
    return AppointmentFact(
        ehr_id=ehr_id, patient_ehr_id=patient, status=status, start=start, end=start + timedelta(minutes=30),
        kind=None, practitioner_ehr_id="Dr. Okafor", location_ehr_id="loc-main", slot_ehr_ids=(), version="2",
        updated_at=None,
    )  # fmt: skip
