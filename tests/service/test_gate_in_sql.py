"""The gate on real rows: what a claim reads under the number's lock decides, whatever was planned before."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from core import clock
from storage import numbers
from storage.outbox import Lane
from storage.tables import Enrollment, Patient
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import sending

TUESDAY_NINE = MONDAY_NOON + timedelta(hours=21)


def test_what_may_leave_is_marked_as_being_sent_before_it_leaves(desk: Desk) -> None:
    desk.enrolled()

    (item,) = desk.claim()

    assert item.to == PHONE
    assert desk.states() == [("sending", None)]
    assert desk.rules()[-1] == "sent gate.open"
    assert desk.claim() == []


@pytest.mark.req("N1", by="storage.ledger:write")
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (update(Patient).values(deceased=True), "patient.not_to_be_contacted"),
        (update(Patient).values(admitted=True), "patient.not_to_be_contacted"),
        (update(Patient).values(do_not_contact=True), "patient.not_to_be_contacted"),
        (update(Patient).values(active=False), "patient.not_to_be_contacted"),
        (update(Enrollment).values(step="second"), "step.over"),
        (update(Enrollment).values(state="paused"), "step.over"),
        (text("UPDATE consents SET withdrawn_at = now()"), "consent.none"),
        (text("UPDATE phone_numbers SET textable = 'no'"), "number.not_textable"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_what_became_true_after_planning_refuses_the_text(desk: Desk, change: object, rule: str) -> None:
    desk.enrolled()
    with desk.begin() as session:
        session.execute(change)  # type: ignore[call-overload]

    assert desk.claim() == []
    assert desk.states()[0] == ("refused", rule)
    assert f"refused {rule}" in desk.rules()


def test_a_suppression_that_committed_first_is_seen(desk: Desk) -> None:
    desk.enrolled()
    with desk.begin() as session:
        number = numbers.find(session, PHONE, lock=True)
        assert number is not None
        numbers.suppress(session, number.id, source="carrier", message_id=None)

    assert desk.claim() == []
    assert desk.states() == [("refused", "suppressed")]


def test_while_somebody_holds_the_number_its_text_stays_due(desk: Desk) -> None:
    desk.enrolled()

    with desk.begin() as session:
        assert numbers.find(session, PHONE, lock=True) is not None
        assert desk.claim() == []

    assert len(desk.claim()) == 1


@pytest.mark.req("N5", by="workflows.gate:_cap")
def test_of_two_texts_to_one_number_one_leaves_and_the_other_waits_for_its_answer_and_the_next_day(desk: Desk) -> None:
    first = desk.patient(ehr_id="pt-1")
    second = desk.sharing(first)
    desk.missed(first)
    desk.missed(second)

    assert len(desk.claim()) == 1
    assert desk.states()[1] == ("held", "question.open")
    desk.text("2")
    assert desk.claim() == []

    assert desk.states()[1] == ("held", "cap.day")
    assert desk.held_until(1) == TUESDAY_NINE
    desk.at(TUESDAY_NINE)
    with desk.begin() as session:
        sending.sweep(session)
    assert len(desk.claim()) == 1


@pytest.mark.req("N12")
def test_at_night_a_program_text_waits_for_the_opening(desk: Desk) -> None:
    desk.enrolled()
    desk.at(MONDAY_NOON + timedelta(hours=9))

    assert desk.claim() == []

    assert desk.states() == [("held", "window.T1.federal")]
    assert desk.held_until(0) == TUESDAY_NINE
    assert desk.cases() == []


@pytest.mark.req("N12")
def test_a_text_that_would_come_too_late_for_an_answer_becomes_a_call_within_the_same_claim(desk: Desk) -> None:
    enrollment = desk.enrolled()
    with desk.begin() as session:
        session.execute(update(Enrollment).values(wake_at=TUESDAY_NINE + timedelta(hours=1)))
    desk.at(MONDAY_NOON + timedelta(hours=9))

    assert desk.claim() == []

    assert [case.kind for case in desk.cases()] == ["call_task"]
    assert any(rule.startswith("blocked window.") for rule in desk.rules())
    assert desk.enrollment(enrollment).state == "waiting"


def test_an_answer_leaves_at_night_within_ten_minutes_and_later_waits_for_the_morning(desk: Desk) -> None:
    desk.patient()
    desk.at(MONDAY_NOON + timedelta(hours=11))
    desk.text("can I come on friday?", sid="SM1")
    assert len(desk.claim(Lane.REPLIES)) == 1
    desk.text("HELP", sid="SM2")
    desk.at(MONDAY_NOON + timedelta(hours=11, minutes=11))

    assert desk.claim(Lane.REPLIES) == []

    assert desk.states()[1][0] == "held"
    desk.at(MONDAY_NOON + timedelta(hours=21, minutes=1))
    with desk.begin() as session:
        assert sending.sweep(session) == 1
    assert len(desk.claim(Lane.REPLIES)) == 1


@pytest.mark.req("N17")
def test_on_facts_older_than_ten_minutes_nothing_leaves_until_the_ehr_was_read(desk: Desk) -> None:
    desk.enrolled()
    with desk.begin() as session:
        session.execute(update(Patient).values(ehr_read_at=clock.machine() - timedelta(minutes=11)))

    assert desk.claim() == []
    assert desk.states() == [("held", "ehr.stale")]

    with desk.begin() as session:
        session.execute(update(Patient).values(ehr_read_at=clock.machine()))
    desk.at(MONDAY_NOON + timedelta(minutes=12))
    with desk.begin() as session:
        sending.sweep(session)
    assert len(desk.claim()) == 1


@pytest.mark.req("S25")
def test_the_fourth_text_of_a_week_becomes_a_call(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.claim()
    with desk.begin() as session:
        for days in (2, 4):
            session.execute(
                text(
                    "INSERT INTO messages (org_id, number_id, direction, purpose, dedupe_key, body, state, created_at, sent_at, state_at) "
                    "SELECT org_id, number_id, direction, purpose, :key, body, 'delivered', created_at, sent_at - :ago, state_at "
                    "FROM messages WHERE enrollment_id = :enrollment AND direction = 'out' LIMIT 1"
                ),
                {"key": f"earlier:{days}", "ago": timedelta(days=days), "enrollment": enrollment},
            )
    desk.at(MONDAY_NOON + timedelta(days=2))
    with desk.begin() as session:
        from workflows import enrollments

        enrollments.advance(session)

    assert desk.claim() == []
    assert "blocked cap.week" in desk.rules()
    assert desk.enrollment(enrollment).touches == 2


def test_an_attempt_whose_worker_died_is_unknown_and_never_sent_again(desk: Desk) -> None:
    desk.enrolled()
    desk.claim()
    with desk.begin() as session:
        session.execute(text("UPDATE attempts SET lease_until = clock_timestamp() - interval '1 second'"))

    with desk.begin() as session:
        assert sending.sweep(session) == 1

    assert desk.states() == [("unknown", None)]
    assert desk.claim() == []
