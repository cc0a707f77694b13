"""How sure a share and a difference are, and quantiles of what is not over yet: against numbers worked out elsewhere."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.intervals import difference, wilson
from workflows.kpis.censored import Spread, spread


def test_wilson_as_in_newcombe_1998() -> None:
    low, high = wilson(263, 81)

    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0524, 0.3339),
        ((10, 9), (10, 3), 0.1705, 0.8090),
        ((7, 6), (7, 2), 0.0582, 0.8062),
        ((56, 5), (29, 0), -0.0381, 0.1926),
    ],
)
def test_a_difference_as_in_newcombes_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(first, second)

    assert found is not None
    assert found.low == pytest.approx(low, abs=0.00006)
    assert found.high == pytest.approx(high, abs=0.00006)
    assert found.low <= found.value <= found.high


def test_a_difference_with_nothing_on_one_side_is_none() -> None:
    assert difference((0, 0), (10, 3)) is None
    assert difference((10, 3), (0, 0)) is None


def test_a_difference_is_certain_only_where_the_interval_leaves_no_zero() -> None:
    apart, close = difference((70, 56), (80, 48)), difference((10, 4), (10, 3))

    assert apart is not None
    assert close is not None
    assert apart.certain
    assert not close.certain


def test_with_nothing_going_on_the_quantiles_are_plain() -> None:
    found = spread((1, 2, 3, 4, 5, 6, 7, 8, 9, 10))

    assert (found.median, found.p90) == (5, 9)


def test_what_still_goes_on_counts_as_waiting_up_to_its_age() -> None:
    # at risk 6, 5, 3, 1: S = 5/6, then (one of 3 left by then) 5/6 x 2/3 = 0.556, then 0
    found = spread([5, 9, 12], [7, 8, 10])

    assert (found.median, found.p90) == (12, 12)


def test_too_many_that_still_go_on_leave_no_median() -> None:
    found = spread([5], [50, 60])

    assert (found.median, found.p90) == (None, None)


def test_nothing_at_all_has_no_quantiles() -> None:
    assert spread([]).median is None


MINUTES = st.lists(st.integers(0, 12), max_size=25)


@given(MINUTES, MINUTES)
def test_quantiles_are_those_of_kaplan_and_meier_worked_out_in_fractions(over: list[int], waiting: list[int]) -> None:
    found = dict[Fraction, int]()
    share = Fraction(1)
    for at in sorted({*over, *waiting}):
        at_risk = sum(one >= at for one in (*over, *waiting))
        share *= 1 - Fraction(over.count(at), at_risk)
        for rest in (Fraction(1, 2), Fraction(1, 10)):
            if share <= rest and at in over:
                found.setdefault(rest, at)

    assert spread(over, waiting) == Spread(found.get(Fraction(1, 2)), found.get(Fraction(1, 10)))
