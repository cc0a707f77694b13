"""What each KPI makes of the rows: windows to the minute, whose reply counts, what is too young, what is nobody's run."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage import numbers
from tests.service.desk import Desk
from tests.service.kpi_scene import CHICAGO, TODAY, Ledger, Run, at
from workflows.kpis import engine
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period


@pytest.fixture
def rows(desk: Desk) -> Ledger:
    return Ledger(desk)


def counts(rows: Ledger, kpi: str, **asked: Any) -> tuple[float, int]:
    found = rows.figure(kpi, **asked)
    return found.numerator, found.denominator


@pytest.mark.parametrize(("kpi", "last", "late"), [
    ("reach_72h", "11-05 09:00", "11-05 09:01"),
    ("reach", "11-09 09:00", "11-09 09:01"),
    ("response", "11-09 09:00", "11-09 09:01"),
])  # fmt: skip
def test_a_reply_counts_up_to_the_last_minute_of_its_window(rows: Ledger, kpi: str, last: str, late: str) -> None:
    for when in (last, late):
        run = rows.run("11-02 09:00")
        rows.text(run, "11-02 09:05")
        rows.reply(run, when, "ready")

    assert counts(rows, kpi) == (1, 2)


def test_days_are_the_clinics_own_over_the_change_of_the_clocks_and_72_hours_are_hours(rows: Ledger) -> None:
    """Clocks go back on November 1: seven days from October 30, 09:00 end at 09:00, 72 hours at 08:00."""
    for when in ("11-02 08:00", "11-02 08:30", "11-06 09:00", "11-06 09:01"):
        rows.reply(rows.run("10-30 09:00"), when, "ready")

    assert counts(rows, "reach_72h") == (1, 4)
    assert counts(rows, "reach") == (3, 4)


@pytest.mark.parametrize(("now", "counted"), [((1, 13, 23, 59), 0), ((1, 14, 0, 0), 1)])
def test_a_run_counts_once_its_window_of_whole_local_days_has_passed(
    rows: Ledger, now: tuple[int, int, int, int], counted: int
) -> None:
    run = rows.run("12-14 23:30")  # in UTC it is the next day
    rows.text(run, "12-14 23:31")

    found = rows.figure("completion", now=datetime(2027, *now, tzinfo=CHICAGO))

    assert found.denominator == counted


@pytest.mark.req("S113", by="workflows.kpis.enrollment_facts:put")
@pytest.mark.req("S108", by="workflows.kpis.enrollment_facts:put")
def test_the_right_person_reaches_a_run_and_nobody_else(rows: Ledger) -> None:
    stop, wrong, taken, called, theirs = (rows.run("11-02 09:00") for _ in range(5))
    for run in (stop, wrong, taken, called, theirs):
        rows.text(run, "11-02 09:05")
    rows.reply(stop, "11-02 10:00", opt_out=True)
    rows.reply(wrong, "11-02 10:00", "wrong_number")
    rows.reply(taken, "11-02 10:00", "ready")
    rows.case(called, "11-02 12:00", calls=["11-02 13:00 no_answer", "11-03 09:00 reached"])
    rows.case(theirs, "11-02 12:00", calls=["11-03 09:00 they_called:question"])
    rows.desk.at(at("11-20 09:00"))
    with rows.desk.begin() as session:
        numbers.suppress(session, taken.number_id, source="wrong_number", message_id=None)

    assert counts(rows, "reach") == (3, 5)
    assert counts(rows, "response") == (2, 5)  # who writes anything but STOP has answered


def test_a_number_that_turns_out_wrong_later_takes_its_replies_back_and_a_mistake_gives_them_again(
    rows: Ledger,
) -> None:
    run = rows.run("11-02 09:00")
    rows.reply(run, "11-02 10:00", "ready")
    assert counts(rows, "reach") == (1, 1)

    rows.desk.at(at("12-02 09:00"))
    with rows.desk.begin() as session:
        numbers.suppress(session, run.number_id, source="wrong_number", message_id=None)
    assert counts(rows, "reach") == (0, 1)

    with rows.desk.begin() as session:
        numbers.lift(session, run.number_id, verified=True)
    assert counts(rows, "reach") == (1, 1)


def test_a_late_word_of_the_provider_counts_on_the_day_the_text_left(rows: Ledger) -> None:
    run = rows.run("11-02 09:00")
    text = rows.text(run, "11-02 09:05", state="sent")
    rows.reply(run, "11-02 10:00", "ready")
    assert counts(rows, "delivery") == (0, 1)
    assert counts(rows, "response") == (0, 0)

    with rows.desk.begin() as session:
        change(session, "UPDATE messages SET state = 'delivered', state_at = careloop.now() WHERE id = :id", text)

    assert counts(rows, "delivery") == (1, 1)
    assert counts(rows, "response") == (1, 1)
    assert rows.figure("delivery", by="week", group="2026-11-02").denominator == 1


def test_holdouts_and_second_charts_of_one_person_are_no_runs(rows: Ledger) -> None:
    first = rows.run("11-02 09:00", program="reminder", event="appointment.booked")
    visit = rows.visit(first, "11-20 09:00", status="booked", booked="11-02 09:00")
    with rows.desk.begin() as session:
        change(session, "UPDATE enrollments SET appointment_id = :visit WHERE id = :id", first.id, visit=visit)
    second = rows.run("11-03 09:00", program="reminder", event="appointment.booked", appointment_id=visit)
    for run in (first, second):
        rows.text(run, "11-04 09:00", state="delivered")
    rows.run("11-02 09:00", holdout=True)

    assert counts(rows, "reach") == (0, 1)


def test_what_the_ehr_stops_before_the_first_text_was_never_ours_to_complete(rows: Ledger) -> None:
    rows.run("11-02 09:00", outcome="stopped_by_ehr", ended="11-02 10:00")
    late = rows.run("11-02 09:00", outcome="stopped_by_ehr", ended="11-02 10:00")
    rows.text(late, "11-02 09:30")
    rows.run("11-02 09:00", outcome="booked", ended="12-02 09:00")
    rows.run("11-02 09:00", outcome="booked", ended="12-02 09:01")

    assert counts(rows, "completion") == (1, 3)


@pytest.mark.req("S109", by="workflows.kpis.enrollment_facts:put")
def test_success_is_what_the_program_is_for(rows: Ledger) -> None:
    for program, outcome in (
        ("reminder", "confirmed"),
        ("reminder", "completed"),
        ("reminder", "booked"),
        ("survey", "completed"),
    ):
        rows.run("11-02 09:00", program=program, outcome=outcome, ended="11-03 09:00")

    assert counts(rows, "completion", by="program", group="reminder") == (2, 3)
    assert counts(rows, "completion", by="program", group="survey") == (1, 1)


@pytest.mark.req("S110", by="workflows.kpis.enrollment_facts:put")
@pytest.mark.req("S111", by="workflows.kpis.enrollment_facts:put")
def test_a_survey_is_answered_completed_or_alarming_and_stop_is_no_answer(rows: Ledger) -> None:
    for said in ({"score": 9}, {"score": 6}, {"urgency": "emergency"}, {"opt_out": True}, None):
        run = rows.run("11-02 09:00", program="survey", event="appointment.fulfilled")
        rows.text(run, "11-02 12:00", step="ask")
        if said is not None:
            rows.reply(run, "11-02 13:00", context="survey_0_10", **said)
    rows.text(rows.run("11-02 09:00", program="survey"), "11-02 12:00", step="ask", state="undelivered")

    assert counts(rows, "survey_started") == (3, 5)
    assert counts(rows, "survey_completion") == (2, 5)
    assert counts(rows, "survey_escalation") == (2, 3)


@pytest.mark.req("S112", by="workflows.kpis.visit_facts:put")
def test_a_missed_visit_is_rebooked_recovered_or_had_another_one_already(rows: Ledger) -> None:
    def missed() -> Run:
        run = rows.run("11-02 10:00")
        rows.visit(run, "11-02 09:00", booked="10-01 09:00")
        return run

    rows.visit(missed(), "12-20 09:00", status="fulfilled", booked="11-16 09:00")
    rows.visit(missed(), "12-20 09:00", status="cancelled", booked="11-16 09:00", ehr_updated_at=TODAY)
    rows.visit(missed(), "11-20 09:00", status="fulfilled", booked="11-16 09:01")
    rows.visit(missed(), "11-20 09:00", status="fulfilled", booked="11-01 09:00")
    late = datetime(2027, 2, 1, tzinfo=CHICAGO)

    assert counts(rows, "rebooked") == (2, 3)
    assert counts(rows, "recovered", now=late) == (2, 3)


def test_a_visit_called_off_a_day_ahead_was_not_due_and_one_called_off_later_was(rows: Ledger) -> None:
    run = rows.run("11-02 10:00")
    for status, changed in (("noshow", "11-10 12:00"), ("fulfilled", "11-10 12:00"), ("cancelled", "11-09 09:00"),
                            ("cancelled", "11-09 09:01"), ("entered-in-error", "11-10 12:00"), ("booked", "11-01 12:00")):  # fmt: skip
        rows.visit(run, "11-10 09:00", status=status, ehr_updated_at=at(changed))

    assert counts(rows, "no_show") == (1, 4)


@pytest.mark.req("S114", by="workflows.kpis.enrollment_facts:put")
def test_a_follow_up_is_due_by_the_visit_ordered_at_discharge_and_others_owe_none(rows: Ledger) -> None:
    def home() -> Run:
        return rows.run("11-02 13:00", program="discharge", event="encounter.discharged")

    rows.visit(home(), "11-09 10:00", status="fulfilled", booked="11-02 11:00")
    rows.visit(home(), "11-09 10:00", status="cancelled", booked="11-02 11:00")
    home()
    dated = rows.run(
        "11-02 13:00",
        program="discharge",
        event="encounter.discharged",
        context={"due_at": "2026-11-12T12:00:00-06:00"},
    )
    rows.visit(dated, "11-13 10:00", status="fulfilled", booked="11-02 11:00")

    assert counts(rows, "follow_up_visit") == (1, 3)


@pytest.mark.req("S115", by="workflows.kpis.enrollment_facts:put")
def test_instructions_are_understood_when_said_so_and_nothing_was_asked_after(rows: Ledger) -> None:
    for replies in (["understood"], ["understood", "question"], ["not_understood"], []):
        run = rows.run("11-02 13:00", program="discharge", event="encounter.discharged")
        rows.text(run, "11-03 09:00", step="first")
        for day, intent in enumerate(replies, 3):
            rows.reply(run, f"11-0{day} 10:00", intent, context="instruction_check")

    assert counts(rows, "understanding") == (1, 3)


@pytest.mark.req("S116", by="workflows.kpis.enrollment_facts:put")
def test_a_run_that_needed_a_person_is_told_by_the_class_of_its_cases(rows: Ledger) -> None:
    alone, two, practised = (rows.run("11-02 09:00", outcome="booked", ended="11-03 09:00") for _ in range(3))
    for run in (alone, two, practised):
        rows.reply(run, "11-02 10:00", "ready")
    rows.case(two, "11-02 10:00", kind="red_flag")
    rows.case(two, "11-02 10:05", kind="ready_to_schedule")
    rows.case(practised, "11-02 10:00", kind="pilot_review")

    assert counts(rows, "escalation") == (1, 3)
    assert counts(rows, "untouched") == (2, 3)
    by_class = {one.group: one.numerator for one in rows.figures("escalation", by="class")}
    assert by_class == {"red_flag": 1, "clinical": 0, "low_score": 0, "reschedule": 1, "admin": 0}


def test_texts_stopped_by_a_rule_and_texts_sent_twice_are_counted_apart(rows: Ledger) -> None:
    run = rows.run("11-02 09:00")
    rows.text(run, "11-02 09:05")
    rows.text(run, "11-02 09:06")
    rows.text(run, "11-03 09:00", step="second", state="refused", rule="cap.week", sent_at=None)
    merged = rows.text(run, "11-04 09:00", step="third")
    rows.text(run, "11-04 09:00", step="third", merged_into=merged)

    assert counts(rows, "delivery") == (3, 3)
    assert counts(rows, "blocked") == (1, 4)
    assert blocked(rows) == [("cap.week", 1)]
    assert counts(rows, "duplicate_send") == (1, 3)


@pytest.mark.req("N16", by="workflows.kpis.engine:figures")
@pytest.mark.req("S120", by="workflows.kpis.engine:figures")
def test_a_small_group_is_counts_and_nothing_is_a_sentence(rows: Ledger) -> None:
    assert rows.figure("reach").note == "No runs in this period are old enough to count yet."
    for number in range(12):
        run = rows.run(
            "11-02 09:00", person={"language": "es" if number < 3 else "en"}, segment="a" if number else None
        )
        rows.reply(run, "11-02 10:00", "ready")

    whole, few = rows.figure("reach"), rows.figure("reach", by="language", group="es")
    assert (whole.value, few.value, few.numerator, few.note) == (1.0, None, 3, "Too few for a share.")
    assert [one.group for one in rows.figures("reach", by="segment")] == ["a", "none"]
    assert rows.figure("delivery", by="class").note == "This is not split by class."


def change(session: Any, sql: str, row: Any, **more: Any) -> None:
    session.execute(text(sql), {"id": row} | more)


def test_yesterday_is_a_day_and_today_is_not(rows: Ledger) -> None:
    today = TODAY.replace(hour=9)
    for back in (0, 1):
        run = rows.run("12-31 08:00" if not back else "12-30 08:00")
        rows.text(run, "12-31 08:05" if not back else "12-30 08:05", state="refused", sent_at=None)

    assert counts(rows, "blocked", now=today + timedelta(minutes=5)) == (1, 1)


def blocked(rows: Ledger) -> list[tuple[str, int]]:
    with rows.desk.begin() as session:
        return engine.blocked(session, Asked(Period(at("11-01 12:00").date(), at("11-30 12:00").date())))


@pytest.mark.req("S121", by="workflows.kpis.engine:figures")
def test_phases_are_the_pilots_runs_and_what_came_after_the_routing_had_settled(rows: Ledger) -> None:
    for number in (1, 50, 51, 100):
        rows.run("11-02 09:00", run_no=number)
    rows.run("11-02 09:00")
    with rows.desk.begin() as session:
        change(
            session,
            "INSERT INTO audit (org_id, at, actor, action, subject_kind, subject_id) "
            "SELECT org_id, :at, 'staff:1', 'routing.added', 'routing_rule', 'rul_1' FROM organisations",
            None,
            at=at("11-03 09:00"),
        )
    rows.run("11-04 09:00")
    rows.run("12-02 09:00")

    found = {one.group: one.denominator for one in rows.figures("reach", by="phase")}

    assert found == {"pilot_1": 2, "pilot_2": 2, "steady": 2, "none": 1}
    assert rows.figure("reach", phase="pilot_2").denominator == 2
