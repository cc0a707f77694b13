"""Nobody is at work: one answer a night, work due from the opening on, red flags at any hour."""

from datetime import timedelta

import pytest

from storage.outbox import Lane
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk

NIGHT = MONDAY_NOON + timedelta(hours=10)  # 22:00
OPENING = MONDAY_NOON + timedelta(hours=20)  # Tuesday 8:00


def test_a_night_has_one_answer_with_hours_emergency_line_and_phone(desk: Desk) -> None:
    desk.patient()
    desk.at(NIGHT)

    for number, words in enumerate(
        ["can I talk to a person?", "hello? I need to talk to somebody", "please call me back"]
    ):
        desk.text(words, sid=f"SM{number}")
    said = [item.body for item in desk.claim(Lane.REPLIES)]

    assert said == [
        "Lakeside Clinic: we are closed and read this Tue Nov 24, 8:00 am. In an emergency call 911. Our phone: 555-0100."
    ]
    assert all(case.due_at > OPENING for case in desk.cases())


def test_the_next_night_is_answered_again(desk: Desk) -> None:
    desk.patient()
    for days in range(2):
        desk.at(NIGHT + timedelta(days=days))
        desk.text("can I talk to a person?", sid=f"SM{days}")

        assert len(desk.claim(Lane.REPLIES)) == 1


@pytest.mark.req("C1")
def test_a_red_flag_at_night_gets_the_safety_text_and_a_case_due_in_minutes(desk: Desk) -> None:
    desk.patient()
    desk.at(NIGHT)

    desk.text("I have chest pain and cannot breathe")

    (item,) = desk.claim(Lane.SAFETY)
    assert "911" in item.body
    (case,) = desk.cases()
    assert (case.kind, case.due_at) == ("red_flag", NIGHT + timedelta(minutes=5))
