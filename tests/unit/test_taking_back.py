"""What is taken back when a question is left: the question itself, unless it has arrived."""

from tests.unit.test_engine import Run, reply
from workflows.engine import CancelPending


def test_a_question_that_may_not_have_left_is_taken_back() -> None:
    run = Run().feed(reply(choice=2))

    assert run.state.step != "first"
    assert CancelPending() in run.last


def test_what_else_was_promised_stays_once_the_question_arrived() -> None:
    run = Run().silence()

    assert run.state.step == "second"
    assert CancelPending() not in run.last
