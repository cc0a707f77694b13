"""Shares of numbers, objections, and alarms that review found; on rows made by hand."""

from datetime import date

import pytest

from storage.db import new_id, org_of
from storage.tables import Correction, PilotReview, ReadingRow
from tests import factories
from tests.service.desk import Desk
from tests.service.kpi_rows import a_case, a_reply, a_run, a_stop, a_text, at, number_of, patients
from workflows.kpis import engine, numbers_texted, objections, red_flag_reviews
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def of(figures: list[Figure], group: str = "") -> dict[str, tuple[int, int]]:
    return {one.kpi: (int(one.numerator), one.denominator) for one in figures if one.group == group}


def test_numbers_count_once_however_many_texts_they_got(desk: Desk) -> None:
    with desk.begin() as session:
        people = patients(session, 12)
        for person in people:
            run = a_run(session, person, started=at("10-05 09:00"))
            a_text(session, run, sent=at("10-05 09:05"))
            a_text(session, run, sent=at("10-07 09:05"), step="second")
        a_stop(session, number_of(session, people[0]), since=at("10-08 10:00"))
        a_stop(session, number_of(session, people[1]), since=at("10-08 10:00"), source="wrong_number")

        found = numbers_texted.figures(session, Asked(OCTOBER))

    counts = of(found)
    assert counts["opt_out"] == (1, 12)
    assert counts["opt_out_1000"] == (1, 24)
    assert counts["wrong_number"] == (1, 12)
    assert next(one for one in found if one.kpi == "opt_out_1000").value == pytest.approx(1000 / 24)


def test_wrong_numbers_are_of_those_first_texted_thirty_days_ago(desk: Desk) -> None:
    with desk.begin() as session:
        people = patients(session, 12)
        for n, person in enumerate(people):
            run = a_run(session, person, started=at("10-05 09:00"))
            if n == 0:
                a_text(session, run, sent=at("09-05 09:05"))
            a_text(session, run, sent=at("10-24 09:05" if n == 1 else "10-05 09:05"))
        for n, when in ((0, "10-08 10:00"), (1, "10-25 10:00"), (2, "10-08 10:00"), (3, "11-05 10:00")):
            a_stop(session, number_of(session, people[n]), since=at(when), source="wrong_number")

        found = of(numbers_texted.figures(session, Asked(OCTOBER)))

    # 0 was texted before October, 1 is too young, 3 was told after more than thirty days
    assert found["wrong_number"] == (1, 10)


def test_groups_of_numbers_add_up(desk: Desk) -> None:
    with desk.begin() as session:
        people = patients(session, 6)
        for n, person in enumerate(people):
            run = a_run(session, person, program="recall" if n < 2 else "no_show", started=at("10-05 09:00"))
            a_text(session, run, sent=at("10-05 09:05"))
        both = a_run(session, people[0], program="no_show", started=at("10-06 09:00"))
        a_text(session, both, sent=at("10-06 09:05"))
        a_stop(session, number_of(session, people[0]), since=at("10-08 10:00"))

        engine.refresh(session)
        found = numbers_texted.figures(session, Asked(OCTOBER, by="program"))
        whole = of(numbers_texted.figures(session, Asked(OCTOBER)))

    assert of(found, "no_show")["opt_out"] == (1, 5)
    assert of(found, "recall")["opt_out"] == (0, 1)
    assert whole["opt_out"] == (1, 6)


def test_by_week_stops_texts_and_first_texts_add_up_and_numbers_texted_count_in_each_of_their_weeks(desk: Desk) -> None:
    with desk.begin() as session:
        people = patients(session, 12)
        for n, person in enumerate(people):
            run = a_run(session, person, started=at("10-05 09:00"))
            a_text(session, run, sent=at("10-11 23:55"))  # Sunday, local
            if n < 10:
                a_text(session, run, sent=at("10-12 00:05"), step="second")
        a_stop(session, number_of(session, people[0]), since=at("10-12 10:00"))
        a_stop(session, number_of(session, people[1]), since=at("10-20 10:00"))
        a_stop(session, number_of(session, people[2]), since=at("10-13 10:00"), source="wrong_number")

        found = numbers_texted.figures(session, Asked(OCTOBER, by="week"))
        whole = of(numbers_texted.figures(session, Asked(OCTOBER)))

    weeks = {week: of(found, week) for week in ("2026-10-05", "2026-10-12", "2026-10-19")}
    assert {one.group for one in found} == set(weeks)
    assert [week["opt_out"] for week in weeks.values()] == [(0, 12), (1, 10), (1, 0)]
    assert [week["opt_out_1000"] for week in weeks.values()] == [(0, 12), (1, 10), (1, 0)]
    assert weeks["2026-10-05"]["wrong_number"] == (1, 12) == whole["wrong_number"]
    assert (whole["opt_out"], whole["opt_out_1000"]) == ((2, 12), (2, 22))
    assert next(one for one in found if one.group == "2026-10-19" and one.kpi == "opt_out").value is None


def test_a_number_is_first_texted_once_and_a_month_goes_by_the_wall_clock(desk: Desk) -> None:
    """By the run of its first text, a test's aside. Half past eight on November 4 is 30 days and half an hour: the clocks went back."""
    with desk.begin() as session:
        (person,) = patients(session, 1)
        for program, day, source in (
            ("survey", "10-02", "test"),
            ("recall", "10-05", "ehr"),
            ("no_show", "10-08", "ehr"),
        ):
            run = a_run(session, person, program=program, started=at(f"{day} 09:00"), source=source)
            a_text(session, run, sent=at(f"{day} 09:00"))
        a_stop(session, number_of(session, person), since=at("11-04 08:30"), source="wrong_number")
        engine.refresh(session)

        found = {
            program: numbers_texted.figures(session, Asked(period, program, kpis=("wrong_number",)))
            for program, period in ((None, OCTOBER), ("recall", OCTOBER), ("no_show", OCTOBER), ("survey", OCTOBER))
        }
        (later,) = numbers_texted.figures(
            session, Asked(Period(date(2026, 10, 4), date(2026, 10, 31)), kpis=("wrong_number",))
        )

    counted = {program: [(one.numerator, one.denominator) for one in figures] for program, figures in found.items()}
    assert counted == {None: [(1, 1)], "recall": [(1, 1)], "no_show": [(0, 0)], "survey": [(0, 0)]}
    assert (later.numerator, later.denominator) == (1, 1)


def test_texts_of_a_group_count_though_no_number_ended_in_it(desk: Desk) -> None:
    """A number is its last text's; each text is its own."""
    with desk.begin() as session:
        (person,) = patients(session, 1)
        for program, day in (("recall", "10-05"), ("no_show", "10-08")):
            run = a_run(session, person, program=program, started=at(f"{day} 09:00"))
            a_text(session, run, sent=at(f"{day} 09:00"))
        engine.refresh(session)

        found = numbers_texted.figures(session, Asked(OCTOBER, by="program", kpis=("opt_out", "opt_out_1000")))

    told = {(one.kpi, one.group): one.denominator for one in found}
    assert told == {
        ("opt_out", "recall"): 0,
        ("opt_out", "no_show"): 1,
        ("opt_out_1000", "recall"): 1,
        ("opt_out_1000", "no_show"): 1,
    }


def test_no_texts_are_sentences_and_never_nan(desk: Desk) -> None:
    with desk.begin() as session:
        found = numbers_texted.figures(session, Asked(OCTOBER))

    assert {one.kpi for one in found} == {"opt_out", "opt_out_1000", "wrong_number"}
    assert all(one.value is None and one.note for one in found)


def test_objections_count_runs_by_program_and_the_newest_reading(desk: Desk) -> None:
    with desk.begin() as session:
        one, two, three = patients(session, 3)
        first = a_run(session, one, started=at("10-05 09:00"))
        a_reply(session, first, when=at("10-05 10:00"), objection="cost")
        a_reply(session, first, when=at("10-05 11:00"), objection="cost")
        a_reply(session, a_run(session, two, started=at("10-05 09:00")), when=at("10-05 10:00"), objection="transport")
        a_reply(session, a_run(session, three, started=at("10-05 09:00")), when=at("10-05 10:00"), objection="cost")

        found = objections.counts(session, OCTOBER)

    assert [(each.program, each.code, each.runs) for each in found] == [
        ("no_show", "cost", 2),
        ("no_show", "transport", 1),
    ]


def test_alarms_missed_are_of_the_replies_that_somebody_looked_at(desk: Desk) -> None:
    with desk.begin() as session:
        by = factories.a_member_of_staff(session, role="clinician")
        one, two, three = patients(session, 3)
        judged, told, other = (a_run(session, person, started=at("10-05 09:00")) for person in (one, two, three))
        for run in (judged, judged, told, other, other):
            a_reply(session, run, when=at("10-05 10:00"))
        a_reply(session, judged, when=at("10-05 11:00"), channel="form")  # handed in: no reply
        missed = a_reply(session, other, when=at("10-05 12:00"))
        case = a_case(session, opened=at("10-05 10:00"), due=at("10-06 10:00"))
        for run, verdict in ((judged, "pass"), (told, "fail_red_flag")):
            session.add(
                PilotReview(
                    org_id=org_of(session), id=new_id(session), enrollment_id=run.id, case_id=case.id, stage="end",
                    wanted_at=at("10-06 09:00"), verdict=verdict, staff_id=by.id, judged_at=at("10-06 10:00"),
                )
            )  # fmt: skip
        reading = session.query(ReadingRow).filter_by(message_id=missed.id).one()
        session.add(
            Correction(
                org_id=org_of(session), id=new_id(session), message_id=missed.id, reading_id=reading.id, case_id=case.id, engine="rules-1",
                was_intents=["ready"], was_urgency="routine", intents=["ready"], urgency="emergency", note="missed", staff_id=by.id,
                corrected_at=at("10-06 10:00"),
            )
        )  # fmt: skip
        session.flush()

        (found,) = red_flag_reviews.figures(session, Asked(OCTOBER))
        (nothing,) = red_flag_reviews.figures(session, Asked(Period(date(2026, 9, 1), date(2026, 9, 30))))

    # two replies of the passed run, one of the failed one, and the corrected one
    assert (found.numerator, found.denominator) == (2, 4)
    assert nothing.note == "No replies were reviewed in this period."
