"""Enrollments move by events, stay on their version, and one that cannot move does not hold up the rest."""

from datetime import timedelta
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import select, update

from core.errors import Refused
from core.settings import Settings
from handlers import jobs
from handlers.bells import Bells
from handlers.deps import Deps
from handlers.pacer import Pacer
from handlers.vendors import Vendors
from storage.tables import Enrollment, EnrollmentStep, ProgramVersion
from tests.databases import Bells as Valkey
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import enrollments, publishing
from workflows.effects import Event, EventKind

WEDNESDAY = MONDAY_NOON + timedelta(days=2)


def push(desk: Desk, enrollment: UUID, kind: EventKind, name: str = "") -> None:
    with desk.begin() as session:
        enrollments.hear(session, enrollment, Event(kind, name=name))


def live_source(desk: Desk) -> str:
    with desk.begin() as session:
        return session.scalars(
            select(ProgramVersion.source).where(ProgramVersion.source.contains("program: no_show"))
        ).one()


@pytest.mark.req("N13")
def test_a_running_enrollment_stays_on_the_version_it_began_with(desk: Desk) -> None:
    old = desk.enrolled()
    desk.claim()
    changed = live_source(desk).replace("we would still like to see you", "we kept a place for you")
    with desk.begin() as session:
        publishing.publish(session, changed, actor="system")
    new = desk.enrolled(phone="+13125550102")
    desk.claim()

    desk.at(WEDNESDAY)
    with desk.begin() as session:
        enrollments.advance(session)

    bodies = {text[1] for text in desk.planned()}
    assert any("we would still like to see you" in body for body in bodies)
    assert any("we kept a place for you" in body for body in bodies)
    assert desk.enrollment(old).version_id != desk.enrollment(new).version_id


def test_publishing_what_is_live_already_makes_no_version(desk: Desk) -> None:
    source = live_source(desk)

    with desk.begin() as session:
        assert publishing.publish(session, source, actor="system").number == 1


def test_a_timer_moves_only_what_is_due_and_only_once(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.arrive()
    desk.at(MONDAY_NOON + timedelta(days=1))
    with desk.begin() as session:
        assert enrollments.advance(session) == []
    desk.at(WEDNESDAY)

    with desk.begin() as session:
        first = enrollments.advance(session)
    with desk.begin() as session:
        second = enrollments.advance(session)

    assert (first, second) == ([enrollment], [])
    assert (desk.enrollment(enrollment).step, desk.enrollment(enrollment).touches) == ("second", 2)


def test_what_another_worker_holds_is_left_to_it(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.at(WEDNESDAY)

    with desk.begin() as session:
        enrollments.locked(session, enrollment)
        with desk.begin() as other:
            assert enrollments.advance(other) == []


def test_a_poison_enrollment_is_set_aside_with_a_case_and_the_rest_advance(desk: Desk, valkey: Valkey) -> None:
    poison, well = desk.enrolled(), desk.enrolled(phone="+13125550102")
    desk.arrive()
    with desk.begin() as session:
        session.execute(update(Enrollment).where(Enrollment.id == poison).values(step="no_such_step"))
    desk.at(WEDNESDAY)

    with Redis.from_url(valkey.url) as redis:
        settings = Settings()
        deps = Deps(
            settings, desk.db, redis, Bells(redis), Pacer(redis, segments_per_second=9), Vendors(desk.db, settings)
        )
        jobs.advance(deps, desk.org)
        jobs.advance(deps, desk.org)

    assert desk.enrollment(poison).quarantined_at is not None
    assert (desk.enrollment(poison).state, desk.enrollment(poison).wake_at) == ("paused", None)
    assert desk.enrollment(well).step == "second"
    assert [(case.kind, case.reason) for case in desk.cases()] == [("review", "quarantined")]


@pytest.mark.req("S93")
@pytest.mark.parametrize("reason", ["opted_out", "wrong_number", "deceased"])
def test_an_interrupt_ends_it_takes_its_text_back_and_nothing_wakes_it(desk: Desk, reason: str) -> None:
    enrollment = desk.enrolled()

    push(desk, enrollment, EventKind.INTERRUPT, reason)

    row = desk.enrollment(enrollment)
    assert (row.state, row.outcome, row.wake_at) == ("ended", reason, None)
    assert desk.planned() == []
    assert desk.claim() == []


def test_after_the_end_nothing_moves_it(desk: Desk) -> None:
    enrollment = desk.enrolled()
    push(desk, enrollment, EventKind.INTERRUPT, "opted_out")
    before = desk.enrollment(enrollment).version

    push(desk, enrollment, EventKind.CASE, "booked")
    push(desk, enrollment, EventKind.EHR, "appointment.booked")

    assert (desk.enrollment(enrollment).outcome, desk.enrollment(enrollment).version) == ("opted_out", before)


def test_a_pause_for_clinical_words_ends_by_a_person_only(desk: Desk) -> None:
    enrollment = desk.enrolled()
    push(desk, enrollment, EventKind.INTERRUPT, "clinical")
    desk.at(WEDNESDAY)
    with desk.begin() as session:
        assert enrollments.advance(session) == []
    assert (desk.enrollment(enrollment).state, desk.enrollment(enrollment).paused_for) == ("paused", "clinical")

    push(desk, enrollment, EventKind.OPERATOR, "resume")

    row = desk.enrollment(enrollment)
    assert (row.state, row.paused_for, row.entered_at) == ("waiting", None, WEDNESDAY)


@pytest.mark.req("S66")
def test_each_step_is_kept_with_when_and_how_it_was_left(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.arrive()
    desk.at(WEDNESDAY)

    with desk.begin() as session:
        enrollments.advance(session)

    with desk.begin() as session:
        rows = session.execute(
            select(EnrollmentStep.step, EnrollmentStep.how, EnrollmentStep.left_at)
            .where(EnrollmentStep.enrollment_id == enrollment)
            .order_by(EnrollmentStep.id)
        )
        assert [tuple(row) for row in rows] == [("first", "silence", WEDNESDAY), ("second", None, None)]


@pytest.mark.req("S38")
def test_without_a_text_in_the_patients_language_a_person_calls(desk: Desk) -> None:
    desk.enrolled(language="vi")

    assert desk.planned() == []
    assert "refused language.no_text" in desk.rules()
    assert [(case.kind, case.reason) for case in desk.cases()] == [("interpreter", "language")]


def test_an_unknown_enrollment_is_refused(desk: Desk) -> None:
    with desk.begin() as session, pytest.raises(Refused):
        enrollments.locked(session, UUID(int=7))
