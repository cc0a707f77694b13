"""What a pilot has to show before it may grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Misconfigured
from workflows.intervals import wilson
from workflows.pilot_terms import Standing, Terms


def standing(**facts: int) -> Standing:
    usual = {"runs": 60, "ended": 60, "reviewed": 50, "passed": 50, "red_flags_missed": 0, "opted_out": 0}
    return Standing(Terms(), **(usual | facts))


@pytest.mark.parametrize(("passed", "of", "floor"), [(0, 0, 0.0), (50, 50, 0.9287), (46, 50, 0.8116), (9, 10, 0.5958)])
def test_the_floor_is_wilsons(passed: int, of: int, floor: float) -> None:
    assert wilson(of, passed)[0] == pytest.approx(floor, abs=1e-4)


@given(st.integers(1, 500), st.data())
def test_the_share_lies_between_floor_and_ceiling_and_they_between_none_and_all(of: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, of))

    assert 0 <= wilson(of, passed)[0] <= passed / of <= wilson(of, passed)[1] <= 1


def test_the_first_fifty_are_all_looked_at_then_one_in_five_up_to_a_hundred() -> None:
    seen = [run for run in range(1, 121) if Terms().looks_at(run)]

    assert seen == [*range(1, 51), *range(55, 101, 5)]


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        ({}, []),
        ({"reviewed": 12, "passed": 12}, ["38 more verdicts"]),
        ({"passed": 44}, ["a pass rate that is surely 80% (44 of 50 passed, surely 76%)"]),
        ({"opted_out": 4}, ["opt-outs at 5% or less (4 of 60)"]),
        ({"red_flags_missed": 1}, ["no missed red flag (1 so far: publish a better version, then begin again)"]),
    ],
)
def test_what_is_left_is_said_in_words(facts: dict[str, int], left: list[str]) -> None:
    assert standing(**facts).to_do() == left


@pytest.mark.parametrize(
    "said", [{"colour": 1}, {"runs": "many"}, {"runs": 10, "review_all": 20}, {"sample_every": 0}, {"pass_rate": 1.5}]
)
def test_terms_that_cannot_be_are_named(said: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        Terms.read(said)
