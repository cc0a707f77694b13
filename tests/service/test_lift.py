"""What outreach added, by step and in money; on rows made by hand."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import new_id
from storage.tables import Campaign, Cohort, ProgramRow, ProgramVersion, Team
from tests import factories
from tests.service.desk import Desk
from tests.service.kpi_rows import a_case, a_reply, a_run, a_step, a_text, at, patients
from workflows import surroundings
from workflows.intervals import difference
from workflows.kpis import engine, lift, money, steps, words
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period

AUGUST = Period(date(2026, 8, 1), date(2026, 8, 31))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
PRICES = {"segment_usd": 0.01, "carrier_fee_usd": 0.005, "staff_hour_usd": 30, "staff_minutes_a_case": 10}


def runs(session: Session, count: int, *, attended: int, holdout: bool = False) -> None:
    """Runs after a missed visit in August; the first `attended` of them came to a visit in September."""
    for n, person in enumerate(patients(session, count)):
        run = a_run(session, person, started=at("08-10 09:00"), holdout=holdout)
        if not holdout:
            a_text(session, run, sent=at("08-10 09:05"), segments=2)
        if n < attended:
            factories.an_appointment(session, person, status="fulfilled", start=at("09-10 09:00"))
        else:
            factories.an_appointment(session, person, status="booked", start=at("09-10 09:00"))


@pytest.mark.req("N9", by="workflows.kpis.lift:incremental")
def test_the_lift_is_contacted_less_holdout_with_its_interval(desk: Desk) -> None:
    with desk.begin() as session:
        runs(session, 20, attended=12)
        runs(session, 10, attended=3, holdout=True)

        found = lift.incremental(session, AUGUST, program="no_show")

    assert (found.contacted, found.holdout) == ((20, 12), (10, 3))
    assert found.effect == difference((20, 12), (10, 3))


@pytest.mark.req("N9", by="workflows.kpis.lift:added")
def test_incremental_recovery_is_a_figure_with_the_holdout_in_its_note(desk: Desk) -> None:
    with desk.begin() as session:
        runs(session, 20, attended=12)
        (none,) = engine.figures(session, Asked(AUGUST, "no_show", kpis=("incremental_recovery",)))
        runs(session, 2, attended=1, holdout=True)
        (few,) = engine.figures(session, Asked(AUGUST, "no_show", kpis=("incremental_recovery",)))
        runs(session, 8, attended=2, holdout=True)

        (one,) = engine.figures(session, Asked(AUGUST, "no_show", kpis=("incremental_recovery",)))

    expected = difference((20, 12), (10, 3))
    assert expected is not None
    assert (none.value, none.denominator, none.note[:21]) == (None, 0, "Nobody was held out i")
    assert (few.numerator, few.denominator, few.value, few.note) == (
        12,
        20,
        None,
        "Too few for a comparison. Holdout: 1 of 2.",
    )
    assert (one.numerator, one.denominator, one.note) == (12, 20, "Holdout: 3 of 10.")
    assert (one.value, one.low, one.high) == (expected.value, expected.low, expected.high)
    assert words.said(one) == "+30\u00a0points (n = 20, −7 to 56\u00a0points)"


def test_sixty_days_go_by_the_wall_clock_and_no_test_or_second_chart_counts(desk: Desk) -> None:
    """The clocks went back in between: half past eight on the sixtieth day is within them, though it is 60 days and half an hour."""
    third = Period(date(2026, 9, 3), date(2026, 9, 3))
    with desk.begin() as session:
        surroundings.organisation_of(session).settings = {"prices": PRICES}
        for n, person in enumerate(patients(session, 3)):
            run = a_run(session, person, started=at("09-03 09:00"), source="test" if n == 1 else "ehr")
            a_text(session, run, sent=at("09-03 09:05"))
            factories.an_appointment(
                session, person, status="fulfilled", start=at("11-02 08:30" if n < 2 else "11-02 09:30")
            )
        a_run(session, patients(session, 1)[0], started=at("09-03 09:00"), holdout=True)
        engine.refresh(session)

        found = lift.incremental(session, third)
        spent = money.cost(session, third)

    assert (found.contacted, found.holdout) == ((2, 1), (1, 0))
    assert (spent.runs, spent.recovered, spent.segments) == (2, 1, 2)


def test_without_a_holdout_or_with_few_there_is_a_sentence(desk: Desk) -> None:
    with desk.begin() as session:
        runs(session, 12, attended=6)
        none = lift.incremental(session, AUGUST)
        runs(session, 3, attended=1, holdout=True)
        few = lift.incremental(session, AUGUST)
        young = lift.incremental(session, Period(date(2026, 11, 1), date(2026, 11, 20)))

    assert (none.effect, few.effect, young.effect) == (None, None, None)
    assert none.note.startswith("Nobody was held out")
    assert few.note == "Too few for a comparison."


def test_one_wording_against_another(desk: Desk) -> None:
    with desk.begin() as session:
        first, second = _two_versions(session)
        campaign = _campaign(session, first, second)
        for n, person in enumerate(patients(session, 24)):
            version = first if n < 12 else second
            run = a_run(
                session, person, program="recall", started=at("10-05 09:00"), version_id=version, campaign_id=campaign, state="ended",
                outcome="booked" if n % 4 == 0 else "declined", ended_at=at("10-07 09:00"),
            )  # fmt: skip
            a_text(session, run, sent=at("10-05 09:05"), step="invite")
            if n >= 15:
                a_reply(session, run, when=at("10-05 10:00"))

        engine.refresh(session)
        a, b = lift.wordings(session, OCTOBER, program="recall")

    assert (a.replied, a.completed, a.reply_effect) == ((12, 0), (12, 3), None)
    assert (b.replied, b.completed) == ((12, 9), (12, 3))
    assert b.reply_effect == difference((12, 9), (12, 0))
    assert b.completion_effect == difference((12, 3), (12, 3))


def _campaign(session: Session, *versions: UUID) -> UUID:
    by = factories.a_member_of_staff(session, role="manager")
    team = session.scalars(select(Team).where(Team.code == "patient_access")).one()
    program = session.scalars(select(ProgramRow).where(ProgramRow.code == "recall")).one()
    cohort = Cohort(
        org_id=by.org_id, id=new_id(session), code="all", title="All", kind="csv", made_at=at("10-01 09:00"), made_by="system"
    )  # fmt: skip
    session.add(cohort)
    session.flush()
    made = Campaign(
        org_id=by.org_id, id=new_id(session), program_id=program.id, version_ids=[str(one) for one in versions], cohort_id=cohort.id,
        team_id=team.id, reason="a test", population="everybody", state="running", state_at=at("10-05 08:00"), seed=1,
        created_by=by.id, created_at=at("10-01 09:00"), launched_at=at("10-05 08:00"),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def _two_versions(session: Session) -> tuple[UUID, UUID]:
    one = a_run(session, patients(session, 1)[0], program="recall", started=at("06-01 09:00"))
    version = session.scalars(select(ProgramVersion).where(ProgramVersion.id == one.version_id)).one()
    other = ProgramVersion(
        org_id=version.org_id, program_id=version.program_id, number=version.number + 1, digest="another", source=version.source,
        published_at=version.published_at,
    )  # fmt: skip
    session.add(other)
    session.flush()
    return version.id, other.id


def test_the_steps_tell_where_runs_are_lost(desk: Desk) -> None:
    with desk.begin() as session:
        for n, person in enumerate(patients(session, 12)):
            lost, booked = n < 4, 4 <= n < 7
            outcome: dict[str, Any] = {
                "outcome": "opted_out" if lost else "booked",
                "state": "ended",
                "ended_at": at("10-07 09:00"),
            }
            run = a_run(session, person, started=at("10-05 09:00"), **(outcome if lost or booked else {}))
            a_step(session, run, "first", entered=at("10-05 09:00"), left=at("10-07 09:00"))
            a_text(session, run, sent=at("10-05 09:05"), state="undelivered" if n == 11 else "delivered")
            if lost or booked:
                a_reply(session, run, when=at("10-06 09:00"))
            if booked:
                a_step(session, run, "booked", entered=at("10-07 09:00"))
            elif not lost:
                a_step(session, run, "second", entered=at("10-07 09:00"))

        engine.refresh(session)
        found = steps.drop_off(session, OCTOBER, "no_show")
        at_once = steps.lost_at(session, OCTOBER, ["no_show", "recall"])

    assert [(one.step, one.title, one.entered, one.delivered, one.replied, one.ended, one.lost) for one in found] == [
        ("first", "First", 12, 11, 7, 7, 4),
        ("second", "Second", 5, 0, 0, 0, 0),
    ]
    assert {code: [(one.step, one.entered, one.lost) for one in steps_] for code, steps_ in at_once.items()} == {
        "no_show": [(one.step, one.entered, one.lost) for one in found],
        "recall": [],
    }
    worst = steps.worst(found)
    assert worst is not None
    assert worst.step == "first"


def test_nothing_lost_has_no_worst_step(desk: Desk) -> None:
    with desk.begin() as session:
        assert steps.drop_off(session, OCTOBER, "no_show") == []
        assert steps.worst([]) is None


def test_the_cost_of_a_recovered_visit(desk: Desk) -> None:
    with desk.begin() as session:
        by = factories.a_member_of_staff(session)
        runs(session, 20, attended=12)
        runs(session, 10, attended=3, holdout=True)
        run = a_run(session, patients(session, 1)[0], started=at("08-10 09:00"))
        story = [("claimed", at("08-11 10:00"))]
        a_case(session, opened=at("08-11 09:00"), due=at("08-12 09:00"), events=story, by=by.id, enrollment_id=run.id)
        (free,) = money.figures(session, Asked(AUGUST))
        surroundings.organisation_of(session).settings = {"prices": PRICES}

        found = money.cost(session, AUGUST)
        (figure,) = money.figures(session, Asked(AUGUST))

    assert (free.value, free.note) == (None, money.NO_PRICES)
    assert (found.runs, found.recovered, found.segments, found.cases) == (21, 12, 40, 1)
    assert found.total == pytest.approx(40 * 0.015 + 10 / 60 * 30)
    assert found.total is not None
    assert figure.value == pytest.approx(found.total / 12)
    assert found.per_incremental is None
    assert found.incremental_note.startswith("The holdout does not show")


def test_nothing_recovered_is_a_sentence(desk: Desk) -> None:
    with desk.begin() as session:
        surroundings.organisation_of(session).settings = {"prices": PRICES}
        nobody = money.cost(session, AUGUST)
        runs(session, 3, attended=0)
        nothing = money.cost(session, AUGUST)

    assert nobody.note == "No runs in this period are old enough to count yet."
    assert nothing.note == "No visit was recovered in this period: there is nothing to divide by."
