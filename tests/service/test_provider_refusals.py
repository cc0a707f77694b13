"""What a definite refusal by the provider means: our trouble, a passing one, or the number's."""

from storage.outbox import Lane
from tests.service.desk import Desk
from workflows import cases, sending
from workflows.sending import Fate, Outcome


def refused(desk: Desk, *, code: str, meaning: str) -> None:
    (item,) = desk.claim(Lane.DELIVERY)
    with desk.begin() as session:
        outcome = Outcome(item.attempt_id, Fate.FAILED, code=code, http_status=400, meaning=meaning)
        sending.settle(session, [outcome])


def test_a_refusal_of_our_account_costs_the_patient_no_touch_and_opens_no_case(desk: Desk) -> None:
    desk.enrolled()

    refused(desk, code="20003", meaning="halt_channel")

    assert desk.states() == [("planned", None)]
    assert desk.cases() == []
    assert desk.claim() == []  # it waits before it is judged anew


def test_a_passing_failure_becomes_a_call_and_leaves_the_number_as_it_is(desk: Desk) -> None:
    desk.enrolled()

    refused(desk, code="30003", meaning="retry_later")

    assert [(case.kind, case.reason) for case in desk.cases()] == [("call_task", "provider.30003")]


def test_a_bad_number_becomes_a_missing_contact(desk: Desk) -> None:
    desk.enrolled()

    refused(desk, code="21211", meaning="invalid_number")

    assert [(case.kind, case.reason) for case in desk.cases()] == [("missing_contact", "undeliverable")]


def test_a_stranger_who_clicks_twice_is_one_case(desk: Desk) -> None:
    for _ in range(2):
        with desk.begin() as session:
            cases.report_stranger(session, "T0", "U0STRANGER")

    assert [(case.kind, case.reason) for case in desk.cases()] == [("admin", "unknown_clicker")]
