"""True of figures whatever happened: the young change nothing, groups add up, intervals hold their value, a refresh is a rebuild."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import Appointment, Case, CaseEvent, Enrollment, Message, Organisation, Patient, Suppression, Team
from tests.kpis import chance
from tests.kpis.books import Books
from tests.kpis.runs import Clinic
from workflows.kpis import engine
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

PERIOD = Period(date(2026, 10, 19), date(2027, 1, 15))
OF_RUNS = ("reach_72h", "reach", "response", "completion", "untouched", "survey_started", "survey_completion", "survey_escalation",
           "escalation", "escalation_started")  # fmt: skip
COMPARED = "avoidable_callbacks"
"""Said against its baseline: it has no interval, and is below zero where calls became more."""
ADD_UP = ("program", "language", "source", "week", "outcome", "age", "phase", "segment")
COUNTS = """
    SELECT cut, day, kpi, program, phase, grp, long_days, numerator, denominator FROM kpi_days
    WHERE org_id = :org ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
CASES = "SELECT to_jsonb(kpi_cases)::text FROM kpi_cases WHERE org_id = :org ORDER BY case_id"


def counted(figures: Iterable[Figure]) -> dict[str, tuple[float, int]]:
    return {one.kpi: (one.numerator, one.denominator) for one in figures}


def of_runs(books: Books, **asked: Any) -> dict[str, tuple[float, int]]:
    with books.begin() as session:
        engine.refresh(session)
        return counted(engine.figures(session, Asked(PERIOD, kpis=OF_RUNS, **asked)))


@pytest.mark.parametrize("age", sorted({KPIS[kpi].days for kpi in OF_RUNS}))
def test_an_enrollment_that_is_too_young_changes_no_rate(books: Books, age: int) -> None:
    """As old as the window itself is too young: the whole of the last day has to pass."""
    books.keep(chance.clinic(11, runs=80))
    before = of_runs(books)
    dice = Random(age)
    young = [chance.run_of(dice, 1000 + n, chance.NOW - timedelta(days=age, minutes=n)) for n in range(20)]

    books.keep(Clinic(now=chance.NOW, runs=tuple(young)))

    after = of_runs(books)
    assert {kpi: after[kpi] for kpi in OF_RUNS if KPIS[kpi].days >= age} == {
        kpi: before[kpi] for kpi in OF_RUNS if KPIS[kpi].days >= age
    }
    old_enough = [kpi for kpi in OF_RUNS if KPIS[kpi].days < age]
    assert not old_enough or any(after[kpi] != before[kpi] for kpi in old_enough)


def test_groups_add_up_to_the_whole(books: Books) -> None:
    books.keep(chance.clinic(12, runs=150))
    with books.begin() as session:
        engine.rebuild(session)
        whole = counted(engine.figures(session, Asked(PERIOD, kpis=OF_RUNS)))

        for cut in ADD_UP:
            groups = engine.figures(session, Asked(PERIOD, by=cut, kpis=OF_RUNS))
            summed = {
                kpi: (
                    sum(g.numerator for g in groups if g.kpi == kpi),
                    sum(g.denominator for g in groups if g.kpi == kpi),
                )
                for kpi in OF_RUNS
            }
            assert summed == whole, cut


def test_each_interval_holds_its_value_and_few_have_none(books: Books) -> None:
    books.keep(chance.clinic(13, runs=150))
    with books.begin() as session:
        engine.rebuild(session)
        found = [one for cut in ("", "program", "week") for one in engine.figures(session, Asked(PERIOD, by=cut))]

    shares = [one for one in found if KPIS[one.kpi].kind == "share" and one.denominator and one.kpi != COMPARED]
    assert len(shares) > 50
    for one in shares:
        if one.value is None:
            assert one.note
        else:
            assert one.denominator >= FEWEST
            assert one.low is not None
            assert one.high is not None
            assert 0 <= one.low <= one.value <= one.high <= 1


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_value_whatever_the_numbers(numbers: tuple[int, int]) -> None:
    hits, of = numbers

    one = share("reach", hits, of, period=PERIOD)

    if of < FEWEST:
        assert (one.value, one.low, one.high) == (None, None, None)
    else:
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        assert 0 <= one.low <= one.value <= one.high <= 1


@pytest.mark.parametrize("seed", range(2))
def test_refreshed_after_each_change_the_counts_are_those_of_a_rebuild(books: Books, seed: int) -> None:
    dice = Random(seed)
    books.keep(chance.clinic(20 + seed, runs=60))
    with books.begin() as session:
        engine.refresh(session)
    for no, change in enumerate(CHANGES[seed::2]):
        if no == 3:
            books.keep(chance.clinic(40 + seed, runs=20, first=500))
        with books.begin() as session:
            change(session, dice)
        with books.begin() as session:
            engine.refresh(session)

    with books.begin() as session:
        refreshed, cases = (session.execute(text(query), {"org": books.org}).all() for query in (COUNTS, CASES))
        engine.rebuild(session)
        rebuilt, cases_anew = (session.execute(text(query), {"org": books.org}).all() for query in (COUNTS, CASES))

    assert len(rebuilt) > 200
    assert sorted(set(refreshed) ^ set(rebuilt)) == []
    assert len(refreshed) == len(rebuilt)
    assert len(cases_anew) > 10
    assert cases == cases_anew


def some(session: Session, dice: Random, table: Any, *where: Any) -> list[Any]:
    """The ids of a few rows."""
    ids = list(session.scalars(select(table.id).where(table.org_id == org_of(session), *where).order_by(table.id)))
    return dice.sample(ids, min(4, len(ids)))


def change(session: Session, table: Any, ids: list[Any], **values: Any) -> None:
    session.execute(update(table).where(table.org_id == org_of(session), table.id.in_(ids)).values(**values))


def late_receipts(session: Session, dice: Random) -> None:
    change(session, Message, some(session, dice, Message, Message.state.in_(("undelivered", "presumed_sent", "accepted"))),
           state="delivered", state_at=chance.NOW)  # fmt: skip


def reopened_cases(session: Session, dice: Random) -> None:
    ids = some(session, dice, Case, Case.state == "closed")
    change(session, Case, ids, state="open", closed_at=None, disposition=None, owner_id=None, claimed_at=None)
    session.add_all(CaseEvent(org_id=org_of(session), case_id=one, at=chance.NOW, what="reopened") for one in ids)


def reassigned_cases(session: Session, dice: Random) -> None:
    """To another team, which may work at other hours."""
    ids = some(session, dice, Case, Case.state != "closed")
    change(session, Case, ids, team_id=session.scalars(select(Team.id).where(Team.code == "clinical")).one())
    session.add_all(CaseEvent(org_id=org_of(session), case_id=one, at=chance.NOW, what="reassigned") for one in ids)


def merged_cases(session: Session, dice: Random) -> None:
    ids = some(session, dice, Case, Case.state != "closed")
    change(session, Case, ids, state="closed", closed_at=chance.NOW, disposition="merged")


def closed_late(session: Session, dice: Random) -> None:
    ids = some(session, dice, Case, Case.state != "closed")
    change(session, Case, ids, state="closed", closed_at=chance.NOW, disposition="resolved")
    session.add_all(CaseEvent(org_id=org_of(session), case_id=one, at=chance.NOW, what="closed") for one in ids)


def other_hours(session: Session, _: Random) -> None:
    days = {str(day): [["07:00", "12:00"], ["13:00", "20:00"]] for day in range(2, 7)}
    hours = {"hours": {team: {"days": days, "closed": ["2026-11-27"]} for team in ("patient_access", "front_office")}}
    session.execute(update(Organisation).where(Organisation.org_id == org_of(session)).values(settings=hours))


def calls(session: Session, dice: Random) -> None:
    for one in some(session, dice, Case, Case.enrollment_id.is_not(None)):
        at = session.scalars(select(Case.opened_at).where(Case.org_id == org_of(session), Case.id == one)).one()
        session.add(CaseEvent(org_id=org_of(session), case_id=one, at=at, what="call_logged", detail="reached"))


def ended_runs(session: Session, dice: Random) -> None:
    ids = some(session, dice, Enrollment, Enrollment.state == "waiting")
    change(session, Enrollment, ids, state="ended", outcome="completed", ended_at=chance.NOW - timedelta(days=1))


def holdouts(session: Session, dice: Random) -> None:
    change(session, Enrollment, some(session, dice, Enrollment), holdout=True)


def other_languages(session: Session, dice: Random) -> None:
    change(session, Patient, some(session, dice, Patient), language="vi")


def moved_visits(session: Session, dice: Random) -> None:
    change(
        session,
        Appointment,
        some(session, dice, Appointment),
        start_at=chance.NOW - timedelta(days=35),
        status="noshow",
    )


def attended_visits(session: Session, dice: Random) -> None:
    change(session, Appointment, some(session, dice, Appointment, Appointment.status == "noshow"), status="fulfilled")


def merged_charts(session: Session, dice: Random) -> None:
    """The EHR merges two charts: the visits of one are the other's from now on."""
    one, *others = some(session, dice, Patient)
    ids = list(
        session.scalars(
            select(Appointment.id).where(Appointment.org_id == org_of(session), Appointment.patient_id.in_(others))
        )
    )
    change(session, Appointment, ids, patient_id=one)


def wrong_numbers(session: Session, dice: Random) -> None:
    for number in some_numbers(session, dice):
        known = select(Suppression.id).where(Suppression.org_id == org_of(session), Suppression.number_id == number)
        if session.scalar(known) is None:
            session.add(Suppression(org_id=org_of(session), number_id=number, source="wrong_number", since=chance.NOW))


def lifted(session: Session, dice: Random) -> None:
    change(session, Suppression, some(session, dice, Suppression), lifted_at=chance.NOW)


def some_numbers(session: Session, dice: Random) -> list[Any]:
    found = (
        select(Enrollment.number_id)
        .where(Enrollment.org_id == org_of(session))
        .distinct()
        .order_by(Enrollment.number_id)
    )
    return dice.sample(list(session.scalars(found)), 4)


CHANGES = (
    late_receipts, reopened_cases, calls, closed_late, merged_cases, reassigned_cases, other_hours, ended_runs, reopened_cases, holdouts,
    other_languages, moved_visits, attended_visits, merged_charts, wrong_numbers, lifted,
)  # fmt: skip
