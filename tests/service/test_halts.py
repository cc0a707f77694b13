"""The kill switch: what stops, what goes on, how fast, and what becomes of what it held."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import clock
from core.errors import Refused
from storage import outbox
from storage.outbox import Lane, Topic
from storage.tables import Attempt, AuditRow, Halt, OutboxRow
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import enrollments, halts, resuming, sending, staff
from workflows.staff import Who


def who(desk: Desk, role: str) -> Who:
    """The one member of staff with this role."""
    slack = f"U0{role.upper()}"
    with desk.begin() as session:
        try:
            return staff.of_slack(session, factories.WORKSPACE, slack)
        except staff.Stranger:
            return staff.of_id(session, factories.a_member_of_staff(session, role=role, slack_id=slack).id)


def stop(desk: Desk, by: Who, words: str = "") -> UUID:
    with desk.begin() as session:
        return halts.stop(session, halts.target(session, words), reason="wrong time in the texts", by=by).id


def lift(desk: Desk, halt: UUID, by: Who) -> int:
    """Lift it, and do what the job does then."""
    with desk.begin() as session:
        halts.lift(session, halt, reason="texts corrected", by=by)
    with desk.begin() as session:
        return resuming.release(session, halt)


def test_under_a_halt_no_program_text_is_claimed_and_the_ledger_says_so(desk: Desk) -> None:
    desk.enrolled()
    stop(desk, who(desk, "agent"))

    assert desk.claim() == []

    assert desk.states() == [("held", "halt.organisation")]
    assert "held halt.organisation" in desk.rules()


def test_opt_out_confirmation_and_safety_text_leave_although_all_is_stopped(desk: Desk) -> None:
    desk.enrolled()
    desk.enrolled(phone="+13125550102")
    desk.claim()
    stop(desk, who(desk, "agent"))

    desk.text("STOP", sid="SM1")
    desk.text("I have chest pain and cannot breathe", sid="SM2", phone="+13125550102")
    left = desk.claim(Lane.REPLIES, Lane.SAFETY)

    assert sorted(ready.to for ready in left) == ["+13125550101", "+13125550102"]
    assert desk.suppressed()
    assert [case.kind for case in desk.cases()] == ["red_flag"]


@pytest.mark.parametrize(
    ("words", "rule"), [("site Main Street", "site"), ("program no_show", "program"), ("channel text", "channel")]
)
def test_a_narrower_halt_holds_what_belongs_to_it(desk: Desk, words: str, rule: str) -> None:
    desk.enrolled()
    stop(desk, who(desk, "agent"), words)

    desk.claim()

    assert desk.states() == [("held", f"halt.{rule}")]


@pytest.mark.parametrize("words", ["site Elm Street", "program reminder"])
def test_a_halt_of_another_site_or_program_holds_nothing_else(desk: Desk, words: str) -> None:
    with desk.begin() as session:
        factories.a_site(session, name="Elm Street", ehr_id="loc-elm")
    desk.enrolled()
    stop(desk, who(desk, "agent"), words)

    assert len(desk.claim()) == 1


def test_a_lifted_halt_gives_back_what_it_held_and_the_patient_gets_it_once(desk: Desk) -> None:
    enrollment = desk.enrolled()
    manager = who(desk, "manager")
    halt = stop(desk, manager)
    desk.claim()
    desk.at(MONDAY_NOON + timedelta(hours=3))

    assert lift(desk, halt, manager) == 1

    assert len(desk.claim()) == 1
    assert desk.claim() == []
    assert lift_again_is_refused(desk, halt, manager)
    assert desk.enrollment(enrollment).entered_at == MONDAY_NOON + timedelta(hours=3)


def lift_again_is_refused(desk: Desk, halt: UUID, by: Who) -> bool:
    with pytest.raises(Refused, match="lifted already"), desk.begin() as session:
        halts.lift(session, halt, reason="again", by=by)
    return True


def test_nobody_counts_as_silent_while_their_text_is_held(desk: Desk) -> None:
    enrollment = desk.enrolled()
    stop(desk, who(desk, "agent"))
    desk.claim()

    desk.at(MONDAY_NOON + timedelta(days=20))
    with desk.begin() as session:
        assert enrollments.advance(session) == []

    assert (desk.enrollment(enrollment).step, desk.enrollment(enrollment).touches) == ("first", 1)
    assert desk.cases() == []


def test_a_first_text_whose_reason_is_stale_by_then_becomes_a_call(desk: Desk) -> None:
    desk.enrolled()
    manager = who(desk, "manager")
    halt = stop(desk, manager)
    desk.claim()
    desk.at(MONDAY_NOON + timedelta(days=2))

    lift(desk, halt, manager)

    assert desk.claim() == []
    assert desk.states() == [("refused", "trigger.stale")]
    assert [(case.kind, case.reason) for case in desk.cases()] == [("call_task", "trigger.stale")]


def test_what_is_given_back_at_night_waits_for_the_window(desk: Desk) -> None:
    desk.enrolled()
    manager = who(desk, "manager")
    halt = stop(desk, manager)
    desk.claim()
    desk.at(MONDAY_NOON + timedelta(hours=10))

    lift(desk, halt, manager)

    assert desk.claim() == []
    assert desk.states() == [("held", "halt.lifted")]
    desk.at(MONDAY_NOON + timedelta(hours=21))
    with desk.begin() as session:
        sending.sweep(session)
    assert len(desk.claim()) == 1


def test_any_agent_stops_only_a_manager_resumes_and_both_are_in_the_audit(desk: Desk) -> None:
    agent, viewer, manager = who(desk, "agent"), who(desk, "viewer"), who(desk, "manager")
    with pytest.raises(Refused, match="cannot stop"):
        stop(desk, viewer)
    halt = stop(desk, agent)
    with pytest.raises(Refused, match="manager"):
        lift(desk, halt, agent)

    lift(desk, halt, manager)

    with desk.begin() as session:
        rows = session.execute(
            select(AuditRow.actor, AuditRow.action).where(AuditRow.subject_kind == "halt").order_by(AuditRow.id)
        ).all()
        told = session.scalars(select(OutboxRow.key).where(OutboxRow.topic == Topic.NOTICE_SYNC.value)).all()
    assert [tuple(row) for row in rows] == [(agent.actor, "sends.stopped"), (manager.actor, "sends.resumed")]
    assert len(told) == len(factories.TEAMS)


def test_two_who_stop_at_once_make_one_halt(desk: Desk) -> None:
    by = who(desk, "agent")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: stop(desk, by), range(4)))

    with desk.begin() as session:
        assert len(session.scalars(select(Halt)).all()) == 1
    assert len(set(made)) == 1


def test_no_claim_is_later_than_five_seconds_after_the_stop_with_a_backlog_running(desk: Desk) -> None:
    for n in range(30):
        desk.enrolled(phone=f"+1312555{n:04d}")
    by = who(desk, "agent")

    def work(_: int) -> int:
        claimed = 0
        for _turn in range(30):
            with desk.begin() as session:
                claimed += len(sending.claim(session, Lane.DELIVERY, most=2))
            if claimed >= 4:
                pressed.append(clock.machine())
        return claimed

    pressed: list[datetime] = []
    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work, n) for n in range(2)]
        while not pressed:
            clock.pause(0.001)
        stop(desk, by)
        stopped = clock.machine()
        claimed = sum(worker.result() for worker in workers)

    with desk.begin() as session:
        last = max(session.scalars(select(Attempt.started_at)))
        assert not outbox.due_sends(session, Lane.DELIVERY, most=1)
    assert 0 < claimed < 30
    assert (last - stopped).total_seconds() < 1.0, f"{(last - stopped).total_seconds():.3f} s after the stop"
