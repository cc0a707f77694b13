"""What a digest gathers: each figure of weeks that are old enough, so that what is too young turns no verdict."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from storage.db import org_of
from storage.tables import KpiDay, KpiEnrollment
from tests.service.desk import Desk
from tests.service.kpi_rows import a_reply, a_run, a_step, a_text, at, patients
from workflows import local_days
from workflows.kpis import engine, gathering
from workflows.kpis.digests import Digest
from workflows.kpis.gathering import Wanted
from workflows.kpis.periods import Period

TODAY = date(2026, 11, 23)  # a Monday: replies are known of the week before the last, completion of Oct 12 to 18
OLD = date(2026, 10, 14)


@pytest.fixture
def counted(desk: Desk) -> Desk:
    """Counted once, with nothing to count."""
    with desk.begin() as session:
        assert local_days.today(session) == TODAY
        engine.rebuild(session)
    return desk


def day(
    desk: Desk, when: date, *, cut: str = "", grp: str = "", program: str = "no_show", **counts: tuple[int, int]
) -> None:
    """A day's counts, as the engine keeps them."""
    with desk.begin() as session:
        for kpi, (hits, of) in counts.items():
            row = {
                "cut": cut,
                "day": when,
                "kpi": kpi,
                "program": program,
                "phase": "steady",
                "grp": grp,
                "long_days": 30,
            }
            session.execute(insert(KpiDay).values(org_id=org_of(session), numerator=hits, denominator=of, **row))


def digest(desk: Desk, wanted: Wanted = Wanted()) -> Digest:  # noqa: B008 - frozen
    with desk.begin() as session:
        return gathering.digest(session, wanted)


def test_each_figure_is_of_the_newest_week_that_is_old_enough_and_beside_the_week_before(counted: Desk) -> None:
    day(counted, date(2026, 11, 11), response=(40, 60))
    day(counted, date(2026, 11, 4), response=(30, 60))
    day(counted, OLD, completion=(20, 80))

    found = digest(counted)

    response, completion = found.headline("response"), found.headline("completion")
    assert response is not None
    assert completion is not None
    assert (response.figure.numerator, response.figure.denominator) == (40, 60)
    assert response.figure.period == Period(date(2026, 11, 9), date(2026, 11, 15))
    assert response.before is not None
    assert response.before.numerator == 30
    assert completion.figure.period == Period(date(2026, 10, 12), date(2026, 10, 18))


@pytest.mark.req("N8", by="workflows.kpis.gathering:digest")
def test_what_is_too_young_turns_no_verdict(counted: Desk) -> None:
    day(counted, date(2026, 11, 11), response=(160, 240))
    day(counted, OLD, completion=(40, 200))
    day(counted, OLD, cut="cohort", grp="diabetes", completion=(4, 80))
    day(counted, OLD, cut="cohort", grp="asthma", completion=(36, 120))
    before = digest(counted)
    assert {one.code for one in before.verdicts} >= {"response_without_completion", "other_approach"}

    for back in range(30):
        young = TODAY - timedelta(days=back)
        day(counted, young, completion=(50, 50))
        day(counted, young, cut="cohort", grp="diabetes", completion=(50, 50))
        if back <= 7:
            day(counted, young, response=(0, 500))

    assert digest(counted).verdicts == before.verdicts


def test_a_programs_own_verdict_names_it_and_figures_by_team_are_asked_for(counted: Desk) -> None:
    day(counted, date(2026, 11, 11), response=(160, 240))
    day(counted, OLD, completion=(40, 200))
    day(counted, OLD, cut="owner", grp="clinical", completion=(20, 100))
    day(counted, OLD, cut="owner", grp="front_office", completion=(20, 100))

    found, managers = digest(counted), digest(counted, Wanted(owners=True))

    assert any(one.program == "no_show" and one.sentence.startswith("Missed visit recovery") for one in found.verdicts)
    assert "owner" not in found.breakdowns
    assert {one.group for one in managers.breakdowns["owner"]} == {"clinical", "front_office"}
    assert managers.names["owner", "clinical"] == "Clinical"


def test_the_funnel_has_the_same_runs_at_each_stage_and_says_when_some_have_time_left(desk: Desk) -> None:
    desk.enrolled()
    desk.arrive()
    with desk.begin() as session:
        engine.rebuild(session)
        assert session.scalar(select(func.count()).select_from(KpiEnrollment)) == 1

    found = digest(desk, Wanted(Period(TODAY, TODAY), "no_show"))

    assert found.funnel is not None
    assert (found.funnel.started, found.funnel.delivered, found.funnel.replied, found.funnel.completed) == (1, 1, 0, 0)
    assert found.funnel.so_far
    assert found.title.startswith("Missed visit recovery")
    assert digest(desk).funnel is None


def test_where_most_are_lost_is_told_once_and_a_programs_own_step_without_its_name(desk: Desk) -> None:
    when = at("10-06 09:00")
    with desk.begin() as session:
        for program, lost in (("no_show", 4), ("recall", 3)):
            for n, person in enumerate(patients(session, 12)):
                ended = {"outcome": "opted_out" if n < lost else "booked", "state": "ended", "ended_at": when}
                run = a_run(session, person, program=program, started=at("10-05 09:00"), **ended)
                a_step(session, run, "first", entered=at("10-05 09:00"), left=when)
                a_text(session, run, sent=at("10-05 09:05"))
                a_reply(session, run, when=at("10-05 09:30"))
                if n >= lost:
                    a_step(session, run, "second", entered=when)
        engine.rebuild(session)

    found = digest(desk, Wanted(Period(date(2026, 10, 5), date(2026, 10, 11))))

    assert [(one.program, one.sentence) for one in found.verdicts if one.code == "drop_off"] == [
        ("", "Most drop after Missed visit recovery, First: 4 of 12 end there"),
        ("recall", "Recall for a visit that is due: Most drop after First: 3 of 12 end there"),
    ]


def test_with_nothing_at_all_every_figure_says_so(counted: Desk) -> None:
    found = digest(counted)

    assert found.empty
    assert found.verdicts == []
    assert [one.figure.kpi for one in found.headlines] == ["completion", "reach", "reach_72h", "response"]
    assert all(one.figure.note for one in found.headlines)
