"""Times offered to a patient, and the visit booked without a person: each time for one patient, told after the EHR has it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage.tables import Appointment, Enrollment, Message, Offer, OutboxRow, Slot
from storage.visits import Holder
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import booking, enrollments, offers, publishing
from workflows.effects import Event, EventKind

OTHER = "+13125550102"
PROGRAM = """
grammar: 1
program: no_show
title: Missed visit
purpose: Offers times after a missed visit.
trigger: {event: appointment.noshow, fresh: 24h}
goal: {appointment: booked, within: 14d}
stop_on: {appointment.booked: booked, patient.deceased: deceased}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 4 business hours}, on: {booked: booked}}
steps:
  times:
    ask: times
    context: outreach_schedule
    slots: 3
    wait: 1d
    on: {slot: book, 4: desk, no_slots: desk, time_given: desk}
    silence: desk
  again: {ask: again, answer: true, slots: 3, wait: 1d, on: {slot: book, no_slots: desk}, silence: desk}
  book: {book: slot, on: {booked: booked, taken: again}}
  desk: {case: {kind: reschedule, team: patient_access, due: 4 business hours}}
  booked: {outcome: booked}
texts:
  times: {en: "{clinic}: {slots}. 4 = other times.", es: "{clinic}: {slots}. 4 = otras horas."}
  again: {en: "{clinic}: that time was just taken. {slots}.", es: "{clinic}: esa hora ya no queda. {slots}."}
"""


@pytest.fixture
def times(desk: Desk) -> Desk:
    """Free times on Tuesday, Wednesday and Thursday; the program above is live."""
    with desk.begin() as session:
        publishing.publish(session, PROGRAM, actor="system")
        for day in (1, 2, 3):
            for hour in (-3, 0, 3):
                factories.a_slot(session, start=MONDAY_NOON + timedelta(days=day, hours=hour))
    return desk


def offered(desk: Desk, enrollment: UUID) -> list[UUID]:
    with desk.begin() as session:
        live = select(Offer.slot_id).where(Offer.enrollment_id == enrollment, Offer.ended_at.is_(None))
        return list(session.scalars(live.order_by(Offer.n)))


def delivered(desk: Desk) -> None:
    """What was planned has gone out."""
    with desk.begin() as session:
        gone = update(Message).where(Message.direction == "out", Message.sent_at.is_(None))
        session.execute(gone.values(state="delivered", sent_at=MONDAY_NOON + timedelta(minutes=10)))


def chosen(desk: Desk, digit: int = 1, **facts: object) -> UUID:
    """A new patient who was offered times picks one."""
    enrollment = desk.enrolled(**facts)
    delivered(desk)
    desk.text(str(digit), sid=f"SM{enrollment}", phone=str(facts.get("phone", PHONE)))
    return enrollment


def settle(desk: Desk, enrollment: UUID) -> None:
    """The EHR has it and was read back."""
    with desk.begin() as session:
        row = session.scalars(select(Enrollment).where(Enrollment.id == enrollment)).one()
        slot = session.scalars(select(Slot).where(Slot.held_by_enrollment == enrollment)).one()
        patient = factories.patient_of(session, row.patient_id)
        visit = factories.an_appointment(session, patient, status="booked", start=slot.start_at)
        booking.booked(session, Holder("enrollment", enrollment), appointment=visit, actor="patient")


def promised(desk: Desk) -> list[str]:
    with desk.begin() as session:
        return list(session.scalars(select(OutboxRow.key).where(OutboxRow.topic == "ehr.book")))


def bodies(desk: Desk, purpose: str) -> list[str]:
    return [body for kind, body in desk.planned() if kind == purpose]


def test_the_times_are_on_different_days_and_in_the_text_in_order(times: Desk) -> None:
    times.enrolled()

    [said] = bodies(times, "program")
    assert said.startswith(
        "Lakeside Clinic: 1 = Tue Nov 24, 9:00 am, 2 = Wed Nov 25, 12:00 pm, 3 = Thu Nov 26, 9:00 am."
    )


def test_no_time_is_offered_to_two_patients_while_the_first_may_still_answer(times: Desk) -> None:
    first = times.enrolled()
    second = times.enrolled(phone=OTHER)

    assert len(offered(times, first)) == len(offered(times, second)) == 3
    assert not set(offered(times, first)) & set(offered(times, second))


def test_an_offer_that_ran_out_frees_its_times_for_others(times: Desk) -> None:
    first = times.enrolled()
    mine = offered(times, first)
    with times.begin() as session:
        session.execute(update(Slot).where(Slot.id.not_in(mine)).values(status="busy"))
        session.execute(update(Offer).values(expires_at=MONDAY_NOON))

    assert offered(times, times.enrolled(phone=OTHER)) == mine


@pytest.mark.req("S28", by="workflows.offers:book")
def test_a_digit_books_the_time_it_stands_for_and_says_nothing_before_the_ehr_has_it(times: Desk) -> None:
    enrollment = chosen(times, 2)

    with times.begin() as session:
        held = session.scalars(select(Slot).where(Slot.held_by_enrollment == enrollment)).one()
    assert held.start_at == MONDAY_NOON + timedelta(days=2)
    assert len(promised(times)) == 1
    assert bodies(times, "booking") == []
    assert (times.enrollment(enrollment).state, times.enrollment(enrollment).step) == ("waiting", "book")


@pytest.mark.req("S93", by="workflows.booking:_booked_alone")
def test_once_the_ehr_has_it_the_patient_is_told_once_and_the_program_ends_booked(times: Desk) -> None:
    enrollment = chosen(times, 2)

    settle(times, enrollment)

    row = times.enrollment(enrollment)
    assert (row.state, row.outcome, row.routing) == ("ended", "booked", "booked")
    assert bodies(times, "booking") == [
        "Lakeside Clinic: you are set for Wed Nov 25, 12:00 pm. Reply 2 if that does not work."
    ]
    with times.begin() as session:
        visit = session.scalars(select(Appointment).where(Appointment.id == row.booked_appointment_id)).one()
        assert visit.booked_by_enrollment == enrollment
        assert "written ehr.booked" in times.rules()


def test_a_time_staff_took_meanwhile_is_answered_with_other_times(times: Desk) -> None:
    enrollment = times.enrolled()
    first = offered(times, enrollment)
    delivered(times)
    with times.begin() as session:
        session.execute(update(Slot).where(Slot.id == first[0]).values(status="busy"))

    times.text("1")

    [said] = bodies(times, "answer")
    assert said.startswith("Lakeside Clinic: that time was just taken. 1 = Tue Nov 24, ")
    assert first[0] not in offered(times, enrollment)
    assert promised(times) == []


def test_a_conflict_in_the_ehr_frees_the_hold_and_offers_again(times: Desk) -> None:
    enrollment = chosen(times)

    with times.begin() as session:
        booking.failed(session, Holder("enrollment", enrollment), reason="conflict", manual=False)

    assert times.enrollment(enrollment).step == "again"
    with times.begin() as session:
        assert session.scalar(select(Slot).where(Slot.held_by_enrollment.is_not(None))) is None
    assert "refused ehr.conflict" in times.rules()


def test_an_ehr_that_refuses_for_good_gives_it_to_a_person_with_the_time_asked_for(times: Desk) -> None:
    enrollment = chosen(times, 2)

    with times.begin() as session:
        booking.failed(session, Holder("enrollment", enrollment), reason="business-rule", manual=True)

    [case] = times.cases()
    assert (case.kind, case.reason, case.asked) == ("reschedule", "ehr_refused", "Wed Nov 25, 12:00 pm")
    with times.begin() as session:
        enrollments.hear(session, enrollment, Event(EventKind.CASE, name="booked"))
    assert times.enrollment(enrollment).outcome == "booked"


def test_without_a_free_time_nothing_is_texted_and_a_person_looks_for_one(times: Desk) -> None:
    with times.begin() as session:
        session.execute(update(Slot).values(status="busy"))

    enrollment = times.enrolled()

    assert bodies(times, "program") == []
    assert [case.kind for case in times.cases()] == ["reschedule"]
    assert times.enrollment(enrollment).touches == 0


def test_a_digit_that_comes_twice_books_once(times: Desk) -> None:
    enrollment = chosen(times)

    times.text("1", sid="SM-again")

    assert len(promised(times)) == 1
    assert times.enrollment(enrollment).step == "book"


def at(day: int, hour: int) -> Slot:
    return Slot(id=UUID(int=day * 100 + hour), start_at=datetime(2026, 12, day, hour, tzinfo=UTC))


@pytest.mark.parametrize(
    ("free", "picked"),
    [
        ([(1, 9), (1, 10), (1, 15), (2, 9), (3, 9)], [(1, 9), (2, 9), (3, 9)]),
        ([(1, 9), (1, 10), (1, 15)], [(1, 9), (1, 10), (1, 15)]),
        ([(1, 9), (2, 9), (2, 15), (3, 9), (3, 15)], [(1, 9), (2, 15), (3, 9)]),
        ([(1, 9), (1, 9)], [(1, 9)]),
        ([], []),
    ],
)
def test_times_are_spread_over_days_then_halves_of_days(
    free: list[tuple[int, int]], picked: list[tuple[int, int]]
) -> None:
    chosen = offers.spread([at(*one) for one in free], 3, zone="UTC")

    assert [(slot.start_at.day, slot.start_at.hour) for slot in chosen] == picked
