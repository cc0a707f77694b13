"""The report's sheet from the engine's counts: each figure of days that are old enough, beside the days before, and the digest's own."""

from datetime import date

import pytest

from tests.service.desk import Desk
from tests.service.test_gathering import OLD, TODAY, counted, day
from workflows.kpis import periods, reports
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period
from workflows.kpis.sheets import Sheet

__all__ = ["counted"]  # a fixture
LAST_WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))


def gathered(desk: Desk, asked: Asked, *, owners: bool = True) -> Sheet:
    with desk.begin() as session:
        return reports.gather(session, asked, owners=owners)


def test_the_page_says_what_the_digest_says(counted: Desk) -> None:
    day(counted, date(2026, 11, 11), response=(40, 60), reach=(45, 60))
    day(counted, date(2026, 11, 4), response=(30, 60))
    day(counted, OLD, completion=(20, 80))

    sheet = gathered(counted, Asked(LAST_WEEK))

    for headline in sheet.digest.headlines:
        row = sheet.row(headline.figure.kpi)
        assert row is not None
        assert row.figure == headline.figure
        assert row.before == headline.before
    completion = sheet.row("completion")
    assert completion is not None
    assert completion.figure.period == Period(date(2026, 10, 12), date(2026, 10, 18))


@pytest.mark.req("S120", by="workflows.kpis.reports:_groups")
def test_a_split_has_its_groups_by_their_names(counted: Desk) -> None:
    for code, counts in {"en": (40, 60), "es": (6, 30), "none": (1, 3)}.items():
        day(counted, date(2026, 11, 11), cut="language", grp=code, reach=counts)

    sheet = gathered(counted, Asked(LAST_WEEK, by="language"))

    shown = {row.name: (row.figure.numerator, row.figure.denominator, row.hidden) for row in sheet.split}
    assert shown == {"English": (40, 60, False), "Spanish": (6, 30, False), "Unknown": (1, 3, True)}
    assert [row.name for row in sheet.equity["language"]] == list(shown)


def test_a_clinic_without_anything_gets_a_sheet_of_sentences(counted: Desk) -> None:
    sheet = gathered(counted, Asked(LAST_WEEK))

    assert list(sheet.known()) == []
    assert all(row.figure.note for row in sheet.unknown())


@pytest.mark.parametrize(
    ("period", "window", "shown"),
    [
        (LAST_WEEK, 0, LAST_WEEK),
        (LAST_WEEK, 7, Period(date(2026, 11, 9), date(2026, 11, 15))),
        (LAST_WEEK, 30, Period(date(2026, 10, 12), date(2026, 10, 18))),
        (Period(date(2026, 10, 1), date(2026, 10, 31)), 30, Period(date(2026, 10, 1), date(2026, 10, 31))),
        (Period(date(2026, 8, 24), date(2026, 11, 22)), 60, Period(date(2026, 8, 24), date(2026, 11, 22))),
        (Period(date(2026, 11, 1), date(2026, 11, 23)), 30, Period(date(2026, 9, 27), date(2026, 10, 19))),
    ],
)
def test_days_that_are_too_young_are_stood_in_for_by_older_ones(period: Period, window: int, shown: Period) -> None:
    assert reports.old_enough(period, window, today=TODAY) == shown
    if period == periods.week(TODAY):
        assert reports.old_enough(period, window, today=date(2026, 11, 27)) == shown
