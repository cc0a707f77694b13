"""The EHR's visits, mirrored: each change is noticed once, an older word never undoes a newer one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.tables import Appointment, Enrollment, ProgramRow
from storage.visits import Holder
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import appointments
from workflows.ehr_facts import AppointmentFact

FRIDAY = MONDAY_NOON + timedelta(days=4)


def a_fact(
    status: str = "booked", *, start: datetime = FRIDAY, version: str = "1", minute: int = 0, visit: str = "v1"
) -> AppointmentFact:
    return AppointmentFact(
        ehr_id=visit, patient_ehr_id="pt-1", status=status, start=start, end=start + timedelta(minutes=30), kind="follow-up",
        practitioner_ehr_id="prac", location_ehr_id="loc", slot_ehr_ids=(), version=version,
        updated_at=MONDAY_NOON + timedelta(minutes=minute),
    )  # fmt: skip


def mirror(desk: Desk, fact: AppointmentFact, **ours: Holder) -> Appointment | None:
    with desk.begin() as session:
        return appointments.mirror(session, fact, **ours)


def programs(desk: Desk) -> list[tuple[str | None, ...]]:
    """(program, state, outcome) of every enrollment, oldest first."""
    with desk.begin() as session:
        rows = session.execute(
            select(ProgramRow.code, Enrollment.state, Enrollment.outcome)
            .join(Enrollment, Enrollment.program_id == ProgramRow.id)
            .order_by(Enrollment.id)
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def known(desk: Desk) -> Desk:
    desk.patient(ehr_id="pt-1")
    return desk


def test_a_visit_of_a_patient_not_mirrored_yet_waits_for_them(desk: Desk) -> None:
    assert mirror(desk, a_fact()) is None


def test_two_workers_who_hear_of_a_new_visit_at_once_write_it_once(known: Desk) -> None:
    together = Barrier(4)

    def worker(_: int) -> UUID | None:
        with known.begin() as session:
            together.wait()
            row = appointments.mirror(session, a_fact())
            return row.id if row else None

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(worker, range(4)))

    assert len(made) == 1
    assert programs(known) == [("reminder", "waiting", None)]


@pytest.mark.req("S7", by="workflows.appointments:_trigger")
def test_a_booked_visit_starts_its_reminders_and_a_missed_one_the_recovery(known: Desk) -> None:
    mirror(known, a_fact())
    known.at(FRIDAY + timedelta(hours=1))

    mirror(known, a_fact("noshow", version="2", minute=9))

    assert programs(known) == [("reminder", "ended", "stopped_by_ehr"), ("no_show", "waiting", None)]


@pytest.mark.parametrize(
    "late",
    [a_fact("booked", version="1"), a_fact("booked", version="9", minute=3), a_fact("noshow", version="2", minute=9)],
    ids=["older", "older with another version", "the same again"],
)
def test_an_older_or_repeated_word_undoes_nothing_and_starts_nothing(known: Desk, late: AppointmentFact) -> None:
    mirror(known, a_fact("booked"))
    known.at(FRIDAY + timedelta(hours=1))
    mirror(known, a_fact("noshow", version="2", minute=9))
    before = programs(known)

    row = mirror(known, late)

    assert row is not None
    assert (row.status, row.ehr_version) == ("noshow", "2")
    assert programs(known) == before


@pytest.mark.req("S78")
def test_a_cancelled_visit_is_not_reminded_of(known: Desk) -> None:
    mirror(known, a_fact())

    mirror(known, a_fact("cancelled", version="2", minute=1))

    assert programs(known) == [("reminder", "ended", "stopped_by_ehr")]


def test_a_moved_visit_is_reminded_of_at_its_new_time(known: Desk) -> None:
    mirror(known, a_fact())

    mirror(known, a_fact(start=FRIDAY + timedelta(days=3), version="2", minute=1))

    assert programs(known) == [("reminder", "ended", "stopped_by_ehr"), ("reminder", "waiting", None)]


def test_a_visit_first_heard_of_when_it_is_over_starts_nothing(known: Desk) -> None:
    for number, status in enumerate(("fulfilled", "cancelled", "entered-in-error")):
        mirror(known, a_fact(status, visit=f"v{number}", start=MONDAY_NOON - timedelta(hours=1)))

    assert programs(known) == []


def test_a_visit_booked_for_the_past_is_not_reminded_of(known: Desk) -> None:
    mirror(known, a_fact(start=MONDAY_NOON - timedelta(days=1)))

    assert programs(known) == []


@pytest.mark.req("N17")
def test_a_booking_by_another_route_ends_the_recovery_and_no_reminder_of_another_visit(known: Desk) -> None:
    mirror(known, a_fact("noshow", start=MONDAY_NOON, visit="missed"))
    mirror(known, a_fact(start=FRIDAY + timedelta(days=7), visit="other"))
    known_before = programs(known)

    mirror(known, a_fact(visit="new"))

    assert known_before[0] == ("no_show", "ended", "booked")
    assert programs(known)[1:] == [("reminder", "waiting", None), ("reminder", "waiting", None)]


@pytest.mark.req("S112")
def test_the_visit_that_a_program_led_to_makes_it_recovered_when_attended_once(known: Desk) -> None:
    mirror(known, a_fact("noshow", start=MONDAY_NOON, visit="missed"))
    mirror(known, a_fact(visit="new"))
    for number, status in enumerate(("arrived", "checked-in", "fulfilled"), start=2):
        mirror(known, a_fact(status, visit="new", version=str(number), minute=number))

    with known.begin() as session:
        row = session.scalars(select(Enrollment).order_by(Enrollment.id).limit(1)).one()
    assert (row.outcome, row.routing, row.recovered_at is not None) == ("booked", "recovered", True)
    assert known.rules().count("recovered ehr.attended") == 1


def test_our_own_booking_is_settled_by_its_case_and_not_taken_for_another_route(known: Desk) -> None:
    mirror(known, a_fact("noshow", start=MONDAY_NOON, visit="missed"))

    mirror(known, a_fact(visit="ours"), booked_by=Holder("case", UUID(int=5)))

    assert programs(known)[0] == ("no_show", "waiting", None)


def test_a_hold_on_a_slot_survives_a_reading_of_the_ehr(desk: Desk) -> None:
    from storage import visits
    from workflows.ehr_facts import SlotFact

    with desk.begin() as session:
        slot = factories.a_slot(session, start=FRIDAY)
        visits.hold(session, slot.id, holder=Holder("case", UUID(int=5)))
        fact = SlotFact(slot.ehr_id, slot.schedule, None, slot.start_at, slot.end_at, "free", "2")
    with desk.begin() as session:
        appointments.mirror_slot(session, replace(fact, version="3"))

    with desk.begin() as session:
        kept = visits.slot(session, slot.id)
        assert kept is not None
        assert (kept.held_by_case, kept.ehr_version) == (UUID(int=5), "3")


@pytest.mark.req("S10", by="workflows.appointments:_trigger")
def test_a_survey_is_due_when_the_visit_is_over_not_when_the_patient_checks_in_and_once_in_90_days(known: Desk) -> None:
    mirror(known, a_fact("booked"))
    known.at(FRIDAY + timedelta(minutes=5))
    mirror(known, a_fact("arrived", version="2", minute=5))
    assert ("survey", "waiting", None) not in programs(known)

    known.at(FRIDAY + timedelta(hours=1))
    mirror(known, a_fact("fulfilled", version="3", minute=10))
    assert ("survey", "waiting", None) in programs(known)
    again = FRIDAY + timedelta(days=9)
    mirror(known, a_fact("booked", start=again, visit="v2"))
    known.at(again + timedelta(hours=1))
    mirror(known, a_fact("fulfilled", start=again, version="2", minute=20, visit="v2"))

    assert [code for code, _, _ in programs(known)].count("survey") == 1
    assert "refused trigger.again_too_soon" in known.rules()
