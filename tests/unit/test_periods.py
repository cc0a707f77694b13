"""Periods as managers say them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from workflows.kpis import periods
from workflows.kpis.periods import Period

TODAY = date(2026, 11, 26)  # a Thursday


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("", date(2026, 11, 20), date(2026, 11, 26)),
        ("last 7 days", date(2026, 11, 20), date(2026, 11, 26)),
        ("the past 30 days", date(2026, 10, 28), date(2026, 11, 26)),
        ("today", date(2026, 11, 26), date(2026, 11, 26)),
        ("Yesterday", date(2026, 11, 25), date(2026, 11, 25)),
        ("this week", date(2026, 11, 23), date(2026, 11, 26)),
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("last month", date(2026, 10, 1), date(2026, 10, 31)),
        ("November", date(2026, 11, 1), date(2026, 11, 26)),
        ("nov", date(2026, 11, 1), date(2026, 11, 26)),
        ("December", date(2025, 12, 1), date(2025, 12, 31)),
        ("february 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-09", date(2026, 9, 1), date(2026, 9, 30)),
        ("2026-11-01..2026-11-15", date(2026, 11, 1), date(2026, 11, 15)),
        ("2026-11-01 to 2027-01-15", date(2026, 11, 1), date(2026, 11, 26)),
        ("2026-11-02", date(2026, 11, 2), date(2026, 11, 2)),
    ],
)
def test_periods_as_managers_say_them(words: str, first: date, last: date) -> None:
    assert periods.read(words, today=TODAY) == Period(first, last)


@pytest.mark.parametrize(
    ("words", "say"),
    [
        ("2027-01", "has not begun: today is Nov 26, 2026"),
        ("2026-12-01..2026-12-15", "has not begun"),
        ("2026-11-15..2026-11-01", "ends before it begins"),
        ("2026-02-30", "no period we know"),
        ("2026-13", "no period we know"),
        ("last 0 days", "no period we know"),
        ("2025-01-01..2026-11-01", "more than 400 days"),
        ("m", "no period we know"),
        ("Zyxwina", "no period we know"),
    ],
)
def test_what_is_no_period_gets_a_sentence_with_examples(words: str, say: str) -> None:
    with pytest.raises(Refused, match=say) as refusal:
        periods.read(words, today=TODAY)

    assert "`last 7 days`" in refusal.value.say


@given(st.text(max_size=40))
def test_no_words_are_more_than_refused(words: str) -> None:
    try:
        period = periods.read(words, today=TODAY)
    except Refused:
        return
    assert period.first <= period.last <= TODAY
