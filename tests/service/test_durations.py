"""How long cases wait and take, on rows made by hand; all in the week of Monday, November 9 (office hours are 8 to 17)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot import sync
from storage.tables import Case, KpiCase, Organisation
from tests.service.desk import Desk
from tests.service.kpi_rows import a_case, a_run, at, patients
from workflows.kpis import attainment, durations, engine, oldest
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period

WEEK = Period(date(2026, 11, 9), date(2026, 11, 15))
ASKED = Asked(WEEK)
DUE = at("11-20 12:00")


def test_time_to_claim_runs_from_the_card_in_working_and_in_clock_time(desk: Desk) -> None:
    with desk.begin() as session:
        # opened Friday 16:30, card at 16:40, claimed Monday 8:10: 20 + 10 minutes of work
        a_case(
            session,
            opened=at("11-13 16:30"),
            card_posted_at=at("11-13 16:40"),
            due=DUE,
            events=[("claimed", at("11-16 08:10"))],
        )

        engine.refresh(session)
        (found,) = durations.time_to_claim(session, ASKED)

    assert found.business.median == 30
    assert found.clock.median == (2 * 24 + 15.5) * 60
    assert (found.cases, found.over) == (1, 1)


def test_the_first_card_of_a_case_begins_its_wait_and_a_later_one_changes_nothing(desk: Desk) -> None:
    seen = []
    for when, ts in (("11-10 09:01", "1.1"), ("11-10 12:00", "2.2")):
        desk.at(at(when))
        with desk.begin() as session:
            found = session.scalars(select(Case)).first()
            case = found or a_case(session, opened=at("11-10 09:00"), due=DUE)
            sync.posted(session, replace(sync.plan(session, case.id), ts=None), ts)
        with desk.begin() as session:
            seen.append(session.scalars(select(Case.card_posted_at)).one())

    assert seen == [at("11-10 09:01")] * 2


def test_without_a_card_it_runs_from_the_opening_and_a_claim_before_the_card_took_no_time(desk: Desk) -> None:
    with desk.begin() as session:
        a_case(session, opened=at("11-10 09:00"), due=DUE, events=[("claimed", at("11-10 09:12"))], team="clinical")
        a_case(
            session,
            opened=at("11-10 09:00"),
            card_posted_at=at("11-10 09:30"),
            due=DUE,
            events=[("claimed", at("11-10 09:20"))],
        )

        engine.refresh(session)
        found = durations.time_to_claim(session, Asked(WEEK, by="owner"))

    assert [(one.group, one.clock.median) for one in found] == [("clinical", 12), ("patient_access", 0)]


def test_unclaimed_cases_count_as_waiting_until_now(desk: Desk) -> None:
    desk.at(at("11-12 12:00"))
    with desk.begin() as session:
        for minutes in (10, 20, 30, 40, 50, 60, 70):
            start = at("11-10 09:00")
            a_case(session, opened=start, due=DUE, events=[("claimed", start + timedelta(minutes=minutes))])
        for _ in range(3):
            a_case(session, opened=at("11-10 09:00"), due=DUE)

        engine.refresh(session)
        (found,) = durations.time_to_claim(session, ASKED)

    figure = found.figure(WEEK)
    assert (figure.numerator, figure.denominator, figure.value, figure.high) == (7, 10, 50, None)
    assert figure.note == "Fewer than nine in ten are claimed yet: there is no 90th percentile."


def test_fewer_than_ten_cases_are_counts_and_none_is_a_sentence(desk: Desk) -> None:
    with desk.begin() as session:
        engine.refresh(session)
        nothing = durations.figures(session, ASKED)
        a_case(session, opened=at("11-10 09:00"), due=DUE, events=[("claimed", at("11-10 09:12"))])
        engine.refresh(session)
        (claim, _) = durations.figures(session, ASKED)

    assert [(one.value, one.note) for one in nothing] == [(None, "No cases in this period.")] * 2
    assert (claim.numerator, claim.denominator, claim.value, claim.note) == (1, 1, None, "Too few for a median.")


def test_practice_alerts_duplicates_and_holdouts_are_no_cases(desk: Desk) -> None:
    with desk.begin() as session:
        (held,) = patients(session, 1)
        run = a_run(session, held, started=at("11-10 08:00"), holdout=True)
        a_case(session, opened=at("11-10 09:00"), due=DUE, kind="practice")
        a_case(session, opened=at("11-10 09:00"), due=DUE, kind="system_alert")
        a_case(session, opened=at("11-10 09:00"), due=DUE, state="closed", disposition="merged")
        a_case(session, opened=at("11-10 09:00"), due=DUE, enrollment_id=run.id)

        engine.refresh(session)
        (found,) = durations.time_to_claim(session, ASKED)

    assert found.cases == 0


def test_time_to_resolve_is_whole_and_the_rest_is_told_apart(desk: Desk) -> None:
    with desk.begin() as session:
        # 9:00 to 15:00 with two hours of waiting for the patient
        story = [
            ("claimed", at("11-10 09:30")),
            ("waiting", at("11-10 10:00")),
            ("answered", at("11-10 12:00")),
            ("closed", at("11-10 15:00")),
        ]
        a_case(session, opened=at("11-10 09:00"), due=DUE, events=story)

        engine.refresh(session)
        (found,) = durations.time_to_resolve(session, ASKED)

    assert found.resting is not None
    assert found.active is not None
    assert (found.business.median, found.resting.median, found.active.median) == (360, 120, 240)


def test_a_case_reopened_within_three_days_takes_until_it_is_closed_again(desk: Desk) -> None:
    with desk.begin() as session:
        story = [
            ("claimed", at("11-10 09:30")), ("closed", at("11-10 10:00")), ("reopened", at("11-12 09:00")),
            ("claimed", at("11-12 09:05")), ("closed", at("11-12 10:00")),
        ]  # fmt: skip
        a_case(session, opened=at("11-10 09:00"), due=DUE, events=story)
        a_case(session, opened=at("11-10 09:00"), due=DUE, events=[*story[:3]])

        engine.refresh(session)
        (found,) = durations.time_to_resolve(session, ASKED)

    assert (found.cases, found.over) == (2, 1)
    assert found.clock.median == 49 * 60


def test_what_goes_on_is_as_old_and_due_as_of_the_last_refresh(desk: Desk) -> None:
    desk.at(at("11-10 10:00"))
    with desk.begin() as session:
        a_case(session, opened=at("11-09 09:00"), due=DUE, events=[("claimed", at("11-09 11:00"))])
        a_case(session, opened=at("11-10 09:00"), due=at("11-10 12:00"))
        engine.refresh(session)
    seen = []
    for fresh in (False, True):
        desk.at(at("11-10 12:00"))
        with desk.begin() as session:
            if fresh:
                engine.refresh(session)
            (claim,) = durations.time_to_claim(session, ASKED)
            (task, *_) = attainment.figures(session, ASKED)
            seen.append((claim.business.median, claim.business.p90, task.denominator))

    # the unclaimed one waited less than the two hours of the other, then more
    assert seen == [(120, 120, 0), (120, None, 1)]


def test_other_hours_of_a_team_change_what_was_counted_before(desk: Desk) -> None:
    desk.at(at("11-12 12:00"))
    seen: list[tuple[float | None, float | None, bool]] = []
    for opens in ("08:00", "06:00"):
        with desk.begin() as session:
            if not seen:
                a_case(
                    session,
                    opened=at("11-10 05:00"),
                    due=DUE,
                    kind="low_score",
                    events=[("claimed", at("11-10 11:00"))],
                )
                a_case(session, opened=at("11-10 05:00"), due=DUE, kind="low_score")
            organisation = session.scalars(select(Organisation)).one()
            days = {str(day): [[opens, "17:00"]] for day in range(1, 6)}
            organisation.settings = organisation.settings | {"hours": {"patient_access": {"days": days}}}
        with desk.begin() as session:
            engine.refresh(session)
            (found,) = durations.time_to_claim(session, ASKED)
            kept = session.scalars(select(KpiCase.claimed_in_time).where(KpiCase.claimed_at.is_not(None))).one()
            seen.append((found.business.median, found.business.p90, kept))

    # from opening at 8 three hours of the four a low score has, from 6 five
    assert seen == [(180, None, True), (300, None, False)]


@pytest.mark.req("S118", by="workflows.kpis.attainment:figures")
def test_tasks_on_time_ever_and_targets_kept(desk: Desk) -> None:
    desk.at(at("11-20 12:00"))
    with desk.begin() as session:
        due = at("11-10 17:00")
        nine = at("11-10 09:00")
        for _ in range(8):
            a_case(
                session, opened=nine, due=due, events=[("claimed", at("11-10 09:30")), ("closed", at("11-10 16:00"))]
            )
        # a red flag claimed after 20 minutes: done on time, but its target of 15 minutes was missed
        a_case(
            session,
            opened=nine,
            due=due,
            kind="red_flag",
            events=[("claimed", at("11-10 09:20")), ("closed", at("11-10 10:00"))],
        )
        a_case(session, opened=nine, due=due, events=[("claimed", at("11-10 09:30")), ("closed", at("11-11 09:00"))])
        a_case(session, opened=nine, due=due)
        a_case(session, opened=nine, due=at("11-10 17:00"), kind="practice")
        a_case(session, opened=nine, due=at("11-24 17:00"))

        engine.refresh(session)
        found = {one.kpi: one for one in attainment.figures(session, ASKED)}
        by_class = attainment.figures(session, Asked(WEEK, by="class"))

    assert [(found[kpi].numerator, found[kpi].denominator) for kpi in attainment.KPIS] == [(9, 11), (10, 11), (8, 11)]
    assert sum(one.numerator for one in by_class if one.kpi == "sla") == 8
    assert {one.group for one in by_class} == {"red_flag", "reschedule"}


def test_the_three_longest_open_cases_by_id_alone(desk: Desk) -> None:
    desk.at(at("11-12 12:00"))
    with desk.begin() as session:
        for day in ("11-10", "11-08", "11-09", "11-07"):
            a_case(session, opened=at(f"{day} 09:00"), due=at("11-11 09:00"))
        a_case(session, opened=at("11-01 09:00"), due=at("11-02 09:00"), kind="practice")
        a_case(session, opened=at("11-01 09:00"), due=at("11-02 09:00"), events=[("closed", at("11-02 09:00"))])
        numbers = list(
            session.scalars(
                select(Case.number).where(Case.state == "open", Case.kind != "practice").order_by(Case.opened_at)
            )
        )

        found = oldest.longest_open(session)

    assert [one.number for one in found] == numbers[:3]
    assert found[0].age == timedelta(days=5, hours=3)
    assert (found[0].klass, found[0].late, found[0].program) == ("reschedule", True, "")
