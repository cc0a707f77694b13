"""Who may ask now, as a pure question."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.floor import OPEN, TALKING, Floor, Question, Wanting
from workflows.gate import Verdict

NOON = datetime(2026, 12, 1, 18, tzinfo=UTC)
WEDNESDAY = NOON + timedelta(days=2)
SURVEY = Question("survey", "rosa", "phone", 5, WEDNESDAY)


def kept(wanting: Wanting, *, talks: bool = False) -> tuple[Verdict, str, datetime | None] | None:
    floor = Floor([SURVEY], [("rosa", "phone", WEDNESDAY)] if talks else [])
    answer = floor.keeps_back(wanting)
    return (answer.verdict, answer.rule, answer.until) if answer else None


@pytest.mark.parametrize(("patient", "number"), [("rosa", "phone"), ("rosa", "other phone"), ("her son", "phone")])
def test_a_second_question_waits_until_the_first_is_over(patient: str, number: str) -> None:
    assert kept(Wanting("recall", patient, number, 5)) == (Verdict.HOLD, OPEN, WEDNESDAY)


def test_a_programs_own_next_question_and_a_stranger_do_not_wait() -> None:
    assert kept(Wanting("survey", "rosa", "phone", 5)) is None
    assert kept(Wanting("recall", "diego", "his phone", 5)) is None


def test_a_text_that_asks_nothing_leaves_unless_a_person_is_talking() -> None:
    link = Wanting("recall", "rosa", "phone", 5, asks=False)

    assert kept(link) is None
    assert kept(link, talks=True) == (Verdict.HOLD, TALKING, WEDNESDAY)


def test_a_more_important_reminder_is_not_held_up_by_a_survey() -> None:
    assert kept(Wanting("reminder", "rosa", "phone", 1, bound=True)) is None
    assert kept(Wanting("recall", "rosa", "phone", 1)) == (Verdict.HOLD, OPEN, WEDNESDAY)


def test_a_reminder_that_would_come_after_its_visit_is_a_persons_call() -> None:
    late = Wanting("reminder", "rosa", "phone", 5, bound=True, visit_at=WEDNESDAY + timedelta(hours=1))

    assert kept(late) == (Verdict.BLOCK, OPEN, WEDNESDAY)


def test_what_leaves_takes_the_floor_for_the_rest_of_its_batch() -> None:
    floor = Floor()
    first, second = (Wanting(name, "rosa", "phone", 5) for name in ("recall", "gap"))

    floor.take(first, over_at=WEDNESDAY)

    assert floor.keeps_back(first) is None
    assert floor.keeps_back(second) is not None
