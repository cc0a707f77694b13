"""Figures in words: what a manager reads."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import figure_words
from workflows.kpis import moves, words
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("hits", "of", "value", "interval"),
    [
        (312, 1004, "31 %", "28 to 34 %"),
        (3, 7, "3 of 7", ""),
        (0, 0, "no data", ""),
        (23, 1000, "2.3 %", "1.5 to 3.4 %"),
        (0, 500, "0 %", "0 to 0.8 %"),
        (500, 500, "100 %", "99 to 100 %"),
    ],
)
def test_a_share_has_its_interval_and_a_small_number_is_a_count(hits: int, of: int, value: str, interval: str) -> None:
    figure = share("response", hits, of, period=WEEK)

    assert plain(figure_words.value(figure)) == value
    assert plain(figure_words.interval(figure)) == interval


def test_durations_and_money_are_said_as_people_say_them() -> None:
    claim = Figure("time_to_claim", 0, 40, WEEK, value=42, high=185)
    cost = Figure("cost_per_recovered", 880, 12, WEEK, value=73.333)

    assert plain(figure_words.value(claim)) == "42 min"
    assert plain(figure_words.interval(claim)) == "9 of 10 within 3 h 5 min"
    assert figure_words.counts(claim) == "40"
    assert figure_words.value(cost) == "$73"


@pytest.mark.parametrize(("kpi", "spent", "of"), [("cost_per_recovered", 58.2, 3), ("avoidable_callbacks", 3, 1)])
def test_dollars_of_visits_and_calls_of_discharges_are_never_so_many_of_so_many(
    kpi: str, spent: float, of: int
) -> None:
    figure = Figure(kpi, spent, of, WEEK, note="Too few.")

    assert figure_words.value(figure) == "no figure"
    assert words.said(figure) == "no figure. Too few."


def test_a_change_within_chance_is_said_to_be_one() -> None:
    now, last = share("response", 35, 100, period=WEEK), share("response", 30, 100, period=WEEK)
    baseline = share("response", 10, 100, period=WEEK)

    near, far = moves.between(now, last), moves.between(now, baseline)

    assert plain(figure_words.change("response", near)) == "+5 points"
    assert figure_words.chance(near) == "may be chance"
    assert plain(figure_words.change("response", far)) == "+25 points"
    assert figure_words.chance(far) == "better"


def test_fewer_no_shows_are_better() -> None:
    moved = moves.between(share("no_show", 10, 200, period=WEEK), share("no_show", 60, 200, period=WEEK))

    assert plain(figure_words.change("no_show", moved)) == "−25 points"
    assert figure_words.chance(moved) == "better"


def test_too_few_are_compared_with_nothing() -> None:
    assert moves.between(share("response", 3, 7, period=WEEK), share("response", 30, 70, period=WEEK)) is None
    assert figure_words.change("response", None) == figure_words.chance(None) == ""


@given(st.integers(10, 5000), st.integers(0, 5000), st.integers(10, 5000), st.integers(0, 5000))
def test_whichever_way_it_is_asked_a_change_is_the_same_size(n: int, hits: int, m: int, others: int) -> None:
    one, two = share("reach", min(hits, n), n, period=WEEK), share("reach", min(others, m), m, period=WEEK)

    there, back = moves.between(one, two), moves.between(two, one)

    assert there is not None
    assert back is not None
    assert there.by == -back.by
    assert there.sure == back.sure
