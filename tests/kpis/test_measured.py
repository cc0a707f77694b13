"""A program says where its windows begin and how long the long one is: each run counts by the version it is on, none is hidden."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from storage.tables import KpiEnrollment, Message
from tests.kpis import agreeing, chance, files
from tests.kpis.books import Books
from tests.kpis.counting import Wanted
from tests.kpis.recounted import Recount
from tests.kpis.runs import Clinic, Reply, Run, Text, Visit, Work, wall
from workflows import publishing
from workflows.kpis import engine, export, figure_rows, maturity, periods, reports, sheets
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period
from workflows.kpis.scope import Scope

NOW = wall("01-15 12:00")  # a Friday
PERIOD = Period(date(2026, 10, 1), date(2027, 1, 15))
COUNTS = """
    SELECT cut, day, kpi, program, phase, grp, long_days, numerator, denominator FROM kpi_days
    WHERE org_id = :org ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
LONG = ("completion", "untouched", "escalation_started")


def keep(books: Books, *runs: Run, now: datetime = NOW) -> None:
    books.keep(Clinic(now=now, runs=runs))
    with books.begin() as session:
        engine.refresh(session)


def counts(books: Books, *kpis: str, **asked: Any) -> dict[str, tuple[float, int]]:
    with books.begin() as session:
        found = engine.figures(session, Asked(asked.pop("period", PERIOD), kpis=kpis, **asked))
    return {one.kpi: (one.numerator, one.denominator) for one in found}


def facts(books: Books) -> Sequence[KpiEnrollment]:
    with books.begin() as session:
        found = (
            select(KpiEnrollment)
            .where(KpiEnrollment.org_id == books.org)
            .order_by(KpiEnrollment.day, KpiEnrollment.enrollment_id)
        )
        return session.scalars(found).all()


def stay(n: int, days_ago: int, **facts: Any) -> Run:
    """Asked last on day 30, and done on day 32."""
    began = NOW - timedelta(days=days_ago)
    return Run(n, "discharge", began, ended=began + timedelta(days=32), outcome="completed", **facts)


def reminder(n: int, **facts: Any) -> Run:
    """Of a visit that was booked on Nov 2, for Dec 7."""
    visit = Visit(wall("12-07 10:00"), "fulfilled", wall("11-02 09:00"), wall("12-07 10:30"))
    return Run(n, "reminder", wall("11-02 09:00"), visit=visit, **facts)


def sent(when: str) -> Text:
    return Text("three_days", wall(when), "delivered", wall(when))


@pytest.mark.req("S109", by="workflows.kpis.engine:figures")
def test_a_stay_that_ends_on_day_32_is_completed_in_time(books: Books) -> None:
    keep(books, *(stay(n, 45) for n in range(10)))

    assert counts(books, "completion") == {"completion": (10, 10)}


def test_runs_of_a_longer_window_are_too_young_until_it_has_passed(books: Books) -> None:
    """The whole of day 37 has to pass; the others of the same days do not wait for it."""
    done: dict[str, Any] = {"ended": NOW - timedelta(days=20), "outcome": "booked"}
    keep(books, Run(1, "no_show", NOW - timedelta(days=31), **done), stay(2, 37), stay(3, 33))
    assert counts(books, *LONG) == dict.fromkeys(LONG[:2], (1, 1)) | {"escalation_started": (0, 1)}

    keep(books, stay(4, 38))

    assert counts(books, *LONG) == dict.fromkeys(LONG[:2], (2, 2)) | {"escalation_started": (0, 2)}
    assert counts(books, "reach") == {"reach": (0, 4)}


@pytest.mark.req("S113", by="workflows.kpis.engine:figures")
def test_a_reminder_is_reached_within_days_of_its_text_not_of_the_booking(books: Books) -> None:
    answered = reminder(1, texts=(sent("12-04 09:00"),), replies=(Reply(wall("12-04 10:00"), "confirm"),),
                        ended=wall("12-04 10:00"), outcome="confirmed")  # fmt: skip
    keep(books, answered)

    assert counts(books, "reach_72h", "reach", "response", "completion") == {
        "reach_72h": (1, 1), "reach": (1, 1), "response": (1, 1), "completion": (1, 1),
    }  # fmt: skip
    assert [one.day for one in facts(books)] == [date(2026, 12, 4)]


def test_what_came_in_before_the_first_text_is_no_answer_to_it(books: Books) -> None:
    early = reminder(1, texts=(sent("12-04 09:00"),), replies=(Reply(wall("11-20 10:00"), "confirm"),))
    keep(books, early)

    assert counts(books, "reach", "response", "escalation") == {
        "reach": (0, 1),
        "response": (0, 1),
        "escalation": (0, 0),
    }


def test_a_run_without_a_text_counts_from_its_end_and_is_of_no_day_before(books: Books) -> None:
    keep(books, reminder(1), replace(reminder(2), ended=wall("12-07 11:00"), outcome="completed"))

    assert [one.day for one in facts(books)] == [date(2026, 12, 7), None]
    assert counts(books, "reach", "escalation_started") == {"reach": (0, 1), "escalation_started": (0, 1)}


def test_a_call_reaches_where_no_text_ever_left(books: Books) -> None:
    call = Work("call_task", wall("12-01 09:00"), wall("12-01 13:00"), claimed=wall("12-01 10:00"), closed=wall("12-01 10:10"),
                disposition="confirmed", calls=((wall("12-01 10:05"), "reached"),))  # fmt: skip
    keep(books, reminder(1, cases=(call,), ended=wall("12-01 10:10"), outcome="confirmed"))

    assert counts(books, "reach", "completion", "untouched") == {
        "reach": (1, 1),
        "completion": (1, 1),
        "untouched": (0, 1),
    }


def published(session: Session, code: str, measure: str) -> None:
    """A new version of a shipped program, measured so."""
    _, live = publishing.live(session, code)
    before = "goal: {appointment: booked, within: 14d}\n"
    publishing.publish(session, live.source.replace(before, f"{before}measure: {measure}\n"), actor="system")


def test_each_run_counts_by_the_version_it_is_on_and_a_refresh_is_a_rebuild(books: Books) -> None:
    """A new version changes what begins on it, and no figure that was told."""
    done: dict[str, Any] = {"ended": NOW - timedelta(days=5), "outcome": "booked"}
    old = tuple(Run(n, "no_show", NOW - timedelta(days=40), **done) for n in range(3))
    keep(books, *old)
    before = counts(books, *LONG)

    with books.begin() as session:
        published(session, "no_show", "{from: first_text, days: 50}")
    keep(
        books,
        *(Run(10 + n, "no_show", NOW - timedelta(days=40), texts=(sent("12-08 09:00"),), **done) for n in range(4)),
    )

    assert counts(books, *LONG) == before == {"completion": (0, 3), "untouched": (0, 0), "escalation_started": (0, 3)}
    assert (
        sorted((one.long_days, one.day) for one in facts(books))
        == [(30, date(2026, 12, 6))] * 3 + [(50, date(2026, 12, 8))] * 4
    )
    assert counts(books, "reach") == {"reach": (0, 7)}
    with books.begin() as session:
        refreshed = session.execute(text(COUNTS), {"org": books.org}).all()
        engine.rebuild(session)
        assert session.execute(text(COUNTS), {"org": books.org}).all() == refreshed


def test_a_week_is_told_when_the_runs_of_every_program_in_it_are_old_enough(books: Books) -> None:
    keep(books, Run(1, "no_show", NOW - timedelta(days=50)))
    with books.begin() as session:
        assert Scope(session).weeks("completion") == Period(date(2026, 11, 30), date(2026, 12, 6))

    keep(books, Run(2, "discharge", NOW - timedelta(days=10)))

    with books.begin() as session:
        assert maturity.measures(session).keys() == {"discharge", "reminder"}
        assert maturity.days(session, "completion") == 37
        assert Scope(session).weeks("completion") == Period(date(2026, 11, 23), date(2026, 11, 29))
        assert Scope(session, program="no_show").weeks("completion") == Period(date(2026, 11, 30), date(2026, 12, 6))
        assert Scope(session).weeks("reach") == Period(date(2026, 12, 28), date(2027, 1, 3))


def test_rows_say_the_window_of_their_program(books: Books) -> None:
    keep(books, stay(1, 45), reminder(2, texts=(sent("12-04 09:00"),)), Run(3, "no_show", NOW - timedelta(days=45)))

    with books.begin() as session:
        rows = figure_rows.rows(session, [Asked(PERIOD, by="program", kpis=("completion", "reach"))])
        whole = figure_rows.rows(
            session, [Asked(PERIOD, kpis=("completion",)), Asked(PERIOD, "discharge", kpis=("completion",))]
        )

    said = {(row["kpi"], row["group"]): row["definition"] for row in rows}
    assert " within 37 days, " in said["completion", "program=discharge"]
    assert " within 30 days of the first text, " in said["completion", "program=reminder"]
    assert " within 7 days of the first text, " in said["reach", "program=reminder"]
    assert " within 7 days, " in said["reach", "program=discharge"]
    assert " within 30 days, " in said["completion", "program=no_show"]
    assert " within 30 days (discharge: 37; reminder: 30 of the first text), " in whole[0]["definition"]
    assert " within 37 days, " in whole[1]["definition"]


def test_a_period_that_is_asked_for_says_whose_runs_are_not_in_it_yet(books: Books) -> None:
    keep(books, *(Run(n, "no_show", NOW - timedelta(days=33)) for n in range(10)), stay(20, 33))
    asked = Asked(Period(date(2026, 12, 1), date(2026, 12, 31)), kpis=("completion", "reach"))

    with books.begin() as session:
        reach, completion = engine.figures(session, asked)
        alone = engine.figures(session, replace(asked, program="no_show"))
        older = engine.figures(session, replace(asked, period=Period(date(2026, 11, 1), date(2026, 11, 30))))

    assert (completion.denominator, completion.note) == (10, "Not in it: the runs of discharge that still have time.")
    assert (reach.denominator, reach.note) == (11, "")
    assert [one.note for one in alone] == ["", ""]
    assert not any("Not in it" in one.note for one in older)


def test_the_report_says_which_programs_are_counted_otherwise(books: Books) -> None:
    keep(books, *(stay(n, 48) for n in range(3)), Run(9, "no_show", NOW - timedelta(days=48)))

    with books.begin() as session:
        usual = periods.week(date(2027, 1, 15))
        every, one = (reports.gather(session, Asked(usual, code), owners=False) for code in (None, "no_show"))

    assert every.windows == "After a stay (37 days to complete)"
    assert "Counted otherwise: After a stay (37 days to complete)." in sheets.caveats(every)
    assert one.windows == ""


@pytest.mark.parametrize("back", [False, True])
def test_a_run_is_of_its_texts_day_as_soon_as_it_left_and_of_none_when_it_did_not_after_all(
    books: Books, back: bool
) -> None:
    """A text of a household that is taken apart has not left: a refresh forgets the day it had."""
    states = ("delivered", "cancelled") if back else ("cancelled", "delivered")
    keep(books, reminder(1, texts=(replace(sent("12-04 09:00"), state=states[0]),)))
    assert [one.day for one in facts(books)] == [date(2026, 12, 4) if back else None]

    with books.begin() as session:
        when = None if back else wall("12-04 09:00")
        session.execute(update(Message).where(Message.org_id == books.org).values(state=states[1], sent_at=when))
    with books.begin() as session:
        engine.refresh(session)

    assert [one.day for one in facts(books)] == [None if back else date(2026, 12, 4)]
    assert counts(books, "reach") == {"reach": (0, 0 if back else 1)}
    with books.begin() as session:
        refreshed = session.execute(text(COUNTS), {"org": books.org}).all()
        engine.rebuild(session)
        assert session.execute(text(COUNTS), {"org": books.org}).all() == refreshed


@pytest.fixture
def measured(books: Books) -> Books:
    """Months by chance, of programs that all begin with the first text and have 37 days."""
    with books.begin() as session:
        publishing.publish_built_in(session, actor="system")
        for code in chance.STEPS:
            _, live = publishing.live(session, code)
            lines = [line for line in live.source.splitlines() if not line.startswith("measure:")]
            told = "\n".join([*lines, "measure: {from: first_text, days: 37}", ""])
            publishing.publish(session, told, actor="system")
    books.keep(chance.clinic(31, runs=120))
    with books.begin() as session:
        engine.refresh(session)
    return books


@pytest.mark.parametrize("age", [7, 30, 37])
def test_by_chance_what_is_too_young_changes_no_rate(measured: Books, age: int) -> None:
    before = counts(measured, *LONG, "reach")
    dice = Random(age)

    keep(measured, *(chance.run_of(dice, 1000 + n, NOW - timedelta(days=age, minutes=n)) for n in range(20)))

    after = counts(measured, *LONG, "reach")
    assert {kpi: after[kpi] for kpi in LONG} == {kpi: before[kpi] for kpi in LONG}
    assert (after["reach"] == before["reach"]) == (age == 7)


def test_by_chance_groups_add_up_and_a_refresh_is_a_rebuild(measured: Books) -> None:
    kpis = (*LONG, "reach_72h", "reach", "response", "escalation", "survey_started")
    whole = counts(measured, *kpis)
    for cut in ("program", "language", "week", "outcome", "phase"):
        with measured.begin() as session:
            groups = engine.figures(session, Asked(PERIOD, by=cut, kpis=kpis))
        summed = {kpi: [(one.numerator, one.denominator) for one in groups if one.kpi == kpi] for kpi in kpis}
        assert {kpi: (sum(n for n, _ in found), sum(d for _, d in found)) for kpi, found in summed.items()} == whole, (
            cut
        )
    with measured.begin() as session:
        refreshed = session.execute(text(COUNTS), {"org": measured.org}).all()
        engine.rebuild(session)
        assert session.execute(text(COUNTS), {"org": measured.org}).all() == refreshed
    assert {one.long_days for one in facts(measured)} == {37}
    assert None in {one.day for one in facts(measured)}


def test_by_chance_the_files_give_the_same_figures(measured: Books, tmp_path: Path) -> None:
    with measured.begin() as session:
        export.write(session, tmp_path / "out")
    again, kpis = Recount(files.Books(tmp_path / "out")), tuple(sorted(maturity.OF_RUNS))

    for cut in ("", "program", "language", "week", "outcome"):
        with measured.begin() as session:
            said = agreeing.of_engine(engine.figures(session, Asked(PERIOD, by=cut, kpis=kpis)))
        anew = again.figures(Wanted(PERIOD.first, PERIOD.last, cut))
        assert agreeing.differ(said, agreeing.of_recount({kpi: anew[kpi] for kpi in kpis})) == {}, cut
        assert len(said) == len(kpis)
