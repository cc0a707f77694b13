"""The next day's texts: foreseen, frozen, skipped, and compared with what the day brought."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage.db import now
from storage.tables import Message, PlanItem
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk, heard
from tests.service.test_halts import lift, stop, who
from workflows import enrollments, halts, local_days, plans, reconciling, sending, skips, triggers

TUESDAY = MONDAY_NOON + timedelta(days=1)
WEDNESDAY = (MONDAY_NOON + timedelta(days=2)).date()


def enrolled(desk: Desk, n: int, *, location: str = "loc-main") -> UUID:
    """Patient number n missed a visit at this site just now."""
    patient = desk.patient(phone=f"+1312555{n:04d}")
    with desk.begin() as session:
        visit = factories.an_appointment(session, factories.patient_of(session, patient), location=location)
        return triggers.record(session, heard(patient, visit, key=f"visit-{n}", at=now(session)))[0]


def at_wednesday(desk: Desk, hour: int) -> None:
    desk.at(MONDAY_NOON + timedelta(days=2, hours=hour - 12))


def advance(desk: Desk) -> None:
    with desk.begin() as session:
        enrollments.advance(session)


def tomorrow(desk: Desk) -> list[plans.Row]:
    with desk.begin() as session:
        return plans.rows(session, plans.foresee(session, WEDNESDAY))


def arrived(desk: Desk) -> None:
    """Every text that was claimed reached its phone."""
    with desk.begin() as session:
        for text in session.scalars(select(Message).where(Message.state == "sending")):
            sending.hear(session, text, status="delivered", code="", meaning=None)


def test_tomorrow_counts_by_hour_program_and_site_with_what_will_be_kept_back(desk: Desk) -> None:
    with desk.begin() as session:
        factories.a_site(session, name="Elm Street", ehr_id="loc-elm")
    for n, location in enumerate(["loc-main", "loc-main", "loc-elm"]):
        enrolled(desk, n, location=location)
    desk.claim()
    arrived(desk)
    desk.at(TUESDAY)
    stop(desk, who(desk, "agent"), "site Elm Street")
    desk.text("STOP", sid="SM1", phone="+13125550001")

    seen = tomorrow(desk)

    assert [(row.hour, row.program, row.site, row.texts, row.held) for row in seen] == [
        (9, "no_show", "Elm Street", 1, {"halt.site": 1}),
        (9, "no_show", "Main Street", 1, {}),
    ]


@pytest.mark.req("S43", by="workflows.reconciling:reconcile")
def test_the_day_adds_up_to_its_plan_with_a_stop_a_death_a_halt_and_a_skip_in_between(desk: Desk) -> None:
    with desk.begin() as session:
        factories.a_site(session, name="Elm Street", ehr_id="loc-elm")
    everybody = [enrolled(desk, n, location="loc-elm" if n == 5 else "loc-main") for n in range(7)]
    desk.claim()
    arrived(desk)
    agent = who(desk, "agent")
    desk.at(TUESDAY)
    with desk.begin() as session:
        plans.freeze(session, WEDNESDAY, by=agent.actor)
        skips.skip_enrollment(session, WEDNESDAY, everybody[1], reason="on holiday", by=agent)

    at_wednesday(desk, 8)
    desk.text("STOP", sid="SM1", phone="+13125550002")
    with desk.begin() as session:
        enrollments.interrupt(session, [everybody[3]], "deceased")
    desk.text("1", sid="SM2", phone="+13125550004")
    stop(desk, agent, "site Elm Street")
    enrolled(desk, 8)
    at_wednesday(desk, 10)
    advance(desk)
    desk.claim()
    at_wednesday(desk, 23)

    with desk.begin() as session:
        found = reconciling.reconcile(session, WEDNESDAY)

    assert found.planned == 7
    assert found.counts == {"sent": 2, "held": 1, "skipped": 1, "ended": 3}
    assert found.adds_up
    assert found.added == 1
    assert found.why["held: halt.site"] == found.why["skipped: skip.day"] == found.why["ended: answered"] == 1


def test_a_skipped_row_leaves_the_day_after(desk: Desk) -> None:
    enrollment = enrolled(desk, 1)
    desk.claim()
    arrived(desk)
    desk.at(TUESDAY)
    with desk.begin() as session:
        skips.add(session, WEDNESDAY, program="no_show", hour=9, reason="site closed", by=who(desk, "agent"))
        assert [item.expected for item in plans.foresee(session, WEDNESDAY)] == ["skip.day"]

    at_wednesday(desk, 9)
    advance(desk)
    assert desk.claim() == []

    desk.at(MONDAY_NOON + timedelta(days=3, hours=-2))
    with desk.begin() as session:
        sending.sweep(session)
    assert len(desk.claim()) == 1
    assert desk.enrollment(enrollment).step == "second"


def test_asking_again_before_the_day_takes_the_plan_anew_and_on_the_day_it_stays(desk: Desk) -> None:
    enrolled(desk, 1)
    desk.claim()
    arrived(desk)
    desk.at(TUESDAY)
    with desk.begin() as session:
        plans.freeze(session, WEDNESDAY, by="system")
    enrolled(desk, 2)
    with desk.begin() as session:
        plans.freeze(session, WEDNESDAY, by="system")
    at_wednesday(desk, 1)
    enrolled(desk, 3)

    with desk.begin() as session:
        plans.freeze(session, WEDNESDAY, by="system")
        kept = session.scalars(select(PlanItem)).all()

    assert len(kept) == 1


def test_a_day_without_a_plan_says_how_one_comes_about(desk: Desk) -> None:
    with pytest.raises(Refused, match="midnight"), desk.begin() as session:
        reconciling.reconcile(session, WEDNESDAY)


def test_a_skip_of_a_past_day_or_of_everything_is_refused(desk: Desk) -> None:
    agent = who(desk, "agent")
    with desk.begin() as session:
        today = local_days.today(session)
        with pytest.raises(Refused, match="over"):
            skips.add(session, today - timedelta(days=1), hour=9, reason="x", by=agent)
        with pytest.raises(Refused, match="stop-all"):
            skips.add(session, today, reason="x", by=agent)


def test_a_halt_that_is_lifted_is_no_longer_expected(desk: Desk) -> None:
    enrolled(desk, 1)
    desk.claim()
    arrived(desk)
    desk.at(TUESDAY)
    manager = who(desk, "manager")
    halt = stop(desk, manager)
    with desk.begin() as session:
        assert halts.lines(session)

    lift(desk, halt, manager)

    assert [row.held for row in tomorrow(desk)] == [{}]
