import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import kpi_glance
from core.errors import Refused
from sandbox.slack.blocks_check import check_message
from workflows.kpis import periods
from workflows.kpis.glance import Glance, Line
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


def glance(*lines: Line, late: int = 0) -> Glance:
    at = datetime(2026, 11, 26, 18, tzinfo=UTC)
    return Glance(Period(date(2026, 11, 1), date(2026, 11, 15)), at, lines, 3 if lines else 0, 2 if lines else 0, late)


def words(found: Glance) -> str:
    message = kpi_glance.build(found, zone=ZoneInfo("America/Chicago"))
    assert check_message(list(message.blocks), message.text) == []
    return json.dumps(message.blocks, ensure_ascii=False)


def test_ten_or_more_make_a_share_with_its_interval_and_fewer_do_not() -> None:
    assert "31 of 40 (78\u00a0%, 62–88\u00a0%)" in words(glance(Line("recall", "Recall", 40, 31, 12, 9)))
    nine = words(glance(Line("recall", "Recall", 9, 9, 3, 1)))
    assert "9 of 9" in nine
    assert "%)" not in nine
    assert "Fewer than 10 make no percentage." in nine


def test_period_and_n_stand_on_it_and_nothing_is_said_as_nothing() -> None:
    assert "KPIs, Nov 1 to Nov 15, 2026" in words(glance(Line("recall", "Recall", 40, 31, 12, 9)))
    assert "(n = 40 enrolled)" in words(glance(Line("recall", "Recall", 40, 31, 12, 9)))
    assert "Nobody was enrolled and no case was opened: Nov 1 to Nov 15, 2026." in words(glance())


def test_many_programs_with_long_names_fit_a_message() -> None:
    lines = [Line(f"program_{n}", "ש" * 300 + "<&>", 100 - n, 50, 20, 10) for n in range(60)]

    said = words(glance(*lines, late=1))

    assert "52 more programs are not shown." in said
    assert "2 still open, 1 of them late" in said
