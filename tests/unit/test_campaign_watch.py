"""When a campaign pauses by itself, and what its holdout says."""

from dataclasses import replace

import pytest

from workflows.campaigns import counts, watching
from workflows.campaigns.counts import Counts
from workflows.campaigns.limits import Limits

FINE = Counts(
    contacted=200, waiting=80, texted=100, replied=30, booked=9, opted_out=1, withdrawn=0, ended=20, needs_person=8,
    judged=100, delivered=97, filtered=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "overdue", "crossed"),
    [
        (FINE, 0, None),
        (replace(FINE, opted_out=4), 0, ("opt_outs", {"of": 100, "crossed": 4})),
        (replace(FINE, filtered=2), 0, ("filtered", {"of": 100, "crossed": 2})),
        (replace(FINE, delivered=79), 0, ("delivery", {"of": 100, "crossed": 21})),
        (FINE, 26, ("backlog", {"of": 25, "crossed": 26})),
        (replace(FINE, waiting=0), 26, None),  # nothing is left to hold back
        (replace(FINE, texted=40, opted_out=10, judged=40, delivered=0), 0, None),  # too few to say anything
    ],
)
def test_the_first_threshold_that_is_crossed_pauses_with_its_numbers(
    numbers: Counts, overdue: int, crossed: object
) -> None:
    assert watching.judge(numbers, overdue, Limits()) == crossed


def test_the_difference_has_newcombes_interval() -> None:
    effect = counts.compare((70, 56), (80, 48))  # his own example

    assert effect.difference == pytest.approx(0.2)
    assert effect.low == pytest.approx(0.0524, abs=1e-4)
    assert effect.high == pytest.approx(0.3339, abs=1e-4)


def test_without_a_holdout_there_is_nothing_to_compare() -> None:
    assert counts.compare((70, 56), (0, 0)).difference is None
