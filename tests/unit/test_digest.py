"""The digest as it is drawn: the finding is its title, every number has its n, and it fits what Slack takes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from bot import digest as face
from bot.blocks import Message
from sandbox.slack.blocks_check import check_message
from tests import block_rules
from workflows.kpis import periods, words
from workflows.kpis.digests import Digest, Funnel, Headline, Oldest
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period
from workflows.kpis.verdicts import Step, Verdict

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
OLDER = Period(date(2026, 10, 12), date(2026, 10, 18))
ZONE = ZoneInfo("America/Chicago")
AT = datetime(2026, 11, 23, 13, tzinfo=UTC)


def of(kpi: str, hits: int, n: int, group: str = "", period: Period = WEEK) -> Figure:
    return share(kpi, hits, n, period=period, group=group)


def a_digest(**changed: Any) -> Digest:
    made = Digest(
        period=WEEK,
        as_of=AT,
        program="recall",
        title="Recall",
        headlines=[
            Headline(of("completion", 74, 240, period=OLDER), of("completion", 58, 240), of("completion", 40, 300)),
            Headline(of("reach", 7, 9), of("reach", 150, 240)),
        ],
        funnel=Funnel(OLDER, 240, 228, 150, 141, 74),
        worst=Step("ask_2", "text 2", 120, 41),
        steps=[Step("ask_2", "text 2", 120, 41)],
        oldest=[Oldest(UUID(int=1), 1042, timedelta(days=3, hours=4))],
        promises_late=2,
        verdicts=[Verdict("drop_off", "Most drop after text 2: 41 of 120 end there", "The step", (), "Look at text 2.")],
        breakdowns={"source": [of(kpi, 30, 60, group) for group in ("ehr", "csv") for kpi in ("reach", "completion")]},
    )  # fmt: skip
    return replace(made, **changed)


def shown(message: Message) -> str:
    assert check_message(list(message.blocks), message.text) == []
    assert block_rules.characters(list(message.blocks)) <= block_rules.MOST_CHARACTERS
    return json.dumps(message.blocks, ensure_ascii=False)


def test_a_split_with_nothing_to_count_says_so() -> None:
    said = shown(face.build(a_digest(), zone=ZONE, by="language"))

    assert "By language" in said
    assert "Nothing in these groups is old enough to count yet." in said


def test_the_finding_is_the_title_and_the_next_thing_to_do_comes_right_after() -> None:
    message = face.build(a_digest(), zone=ZONE)

    assert message.blocks[0]["text"]["text"] == "Recall completes 31\u00a0% (was 24\u00a0%), most drop after text 2"
    assert message.blocks[2]["text"]["text"] == "*Next:* Look at text 2."


def test_a_figure_says_whose_runs_of_its_days_are_not_in_it_yet() -> None:
    note = "Not in it: the runs of discharge that still have time."
    young = Headline(replace(of("completion", 74, 240), note=note))

    assert note in shown(face.build(a_digest(headlines=[young]), zone=ZONE))
    assert "Not in it" not in shown(face.build(a_digest(), zone=ZONE))


@pytest.mark.req("N8", by="bot.digest:_phases")
def test_the_phases_stand_side_by_side_each_with_its_range() -> None:
    counts = {"baseline": (180, 1000), "pilot_1": (3, 9), "steady": (296, 988)}
    said = shown(face.build(a_digest(phases=[(p, of("completion", *pair)) for p, pair in counts.items()]), zone=ZONE))

    assert (
        "*Completed, before, at first, and since:* before: 18\u00a0% (n = 1,000, 16 to 21\u00a0%) · runs 1 to 50: 3 of 9 ·"
        in said
    )
    assert "since: 30\u00a0% (n = 988, 27 to 33\u00a0%)." in said


def test_what_is_of_the_days_asked_for_says_so() -> None:
    asked = a_digest(headlines=[Headline(of("completion", 74, 240))])

    assert "of the days asked for" in shown(face.build(asked, zone=ZONE))
    assert "of the newest days" in shown(face.build(a_digest(), zone=ZONE))
    assert "Every other figure by language: Open in page." in shown(
        face.build(asked, zone=ZONE, by="language", subject="x")
    )


@pytest.mark.req("S133", by="bot.digest:build")
def test_every_figure_has_n_interval_the_week_it_is_of_and_what_it_was() -> None:
    said = shown(face.build(a_digest(), zone=ZONE))

    assert "31\u00a0% (n = 240, 25 to 37\u00a0%)" in said
    assert "period before 24\u00a0%, may be chance; baseline 13\u00a0%, better" in said
    assert "_of Oct 12 to Oct 18, 2026_" in said
    assert "7 of 9" in said
    assert "240 started → 228 delivered (95\u00a0%) → 150 reached (62\u00a0%)" in said
    assert "Most drop after text 2:* 41 of 120 who entered it end there (34\u00a0%)" in said
    assert "case 1042, open 3 days 4 h" in said
    assert "late:* 2." in said
    assert "(`drop_off`)" in said


def test_the_breakdowns_stand_in_the_thread_and_one_group_is_no_breakdown() -> None:
    (message,) = face.thread(a_digest())

    said = shown(message)
    assert "*By source*" in said
    assert "*EHR:* reached 50\u00a0% (n = 60, 38 to 62\u00a0%) · completed 50\u00a0%" in said
    alone = {"source": [of("reach", 3, 60, "ehr")]}
    assert face.thread(a_digest(breakdowns=alone)) == []


def test_more_than_25_groups_are_added_up_as_the_rest() -> None:
    many = {"site": [of("reach", n, 100 + n, f"site {n}") for n in range(40)]}

    said = shown(face.thread(a_digest(breakdowns=many))[0])

    assert "*15 smaller ones together:* reached" in said
    assert "Site 39" in said
    assert "site 3:" not in said


def test_small_numbers_are_counts_and_nothing_is_said_in_a_sentence() -> None:
    few = a_digest(headlines=[Headline(of("completion", 3, 7))], worst=None, verdicts=(), funnel=None)
    none = a_digest(headlines=[Headline(of("completion", 0, 0))], worst=None, verdicts=(), funnel=None, oldest=())

    assert face.finding(few) == "Recall: completed 3 of 7, too few for a share"
    assert face.finding(none) == "Recall: nothing is old enough to count yet"
    for one in (few, none):
        said = shown(face.build(one, zone=ZONE))
        assert "nan" not in said.lower()
        assert "%" not in said.partition("In brackets")[0]


def test_the_buttons_hold_codes_and_days_alone() -> None:
    message = face.build(a_digest(), zone=ZONE, subject="recall~2026-11-16..2026-11-22~")

    assert set(block_rules.strings({"blocks": list(message.blocks)}, "value")) == {"recall~2026-11-16..2026-11-22~"}


@pytest.mark.parametrize(
    ("share_", "shown_"),
    [
        (0.3127, "31\u00a0%"),
        (0.0, "0\u00a0%"),
        (1.0, "100\u00a0%"),
        (0.0004, "under 0.1\u00a0%"),
        (0.0249, "2.5\u00a0%"),
    ],
)
def test_no_false_precision(share_: float, shown_: str) -> None:
    assert words.percent(share_) == shown_


@pytest.mark.parametrize(
    ("minutes", "shown_"),
    [(0.2, "under 1\u00a0min"), (35.2, "35\u00a0min"), (250, "4\u00a0h 10\u00a0min"), (4000, "3\u00a0days")],
)
def test_lengths_in_words(minutes: float, shown_: str) -> None:
    assert words.minutes(minutes) == shown_


def test_a_duration_and_an_amount_are_said_with_n() -> None:
    wait = Figure("time_to_claim", 0, 40, WEEK, value=35, high=250)
    cost = Figure("cost_per_recovered", 1180, 14, WEEK, value=84.3)

    assert words.said(wait) == "35\u00a0min, 9 of 10 within 4\u00a0h 10\u00a0min (n = 40)"
    assert words.said(cost) == "$84 (n = 14)"


@pytest.mark.parametrize(
    ("today", "window", "week"),
    [
        (date(2026, 11, 23), 0, Period(date(2026, 11, 16), date(2026, 11, 22))),
        (date(2026, 11, 29), 0, Period(date(2026, 11, 16), date(2026, 11, 22))),
        (date(2026, 11, 23), 3, Period(date(2026, 11, 9), date(2026, 11, 15))),
        (date(2026, 11, 23), 7, Period(date(2026, 11, 9), date(2026, 11, 15))),
        (date(2026, 11, 23), 30, Period(date(2026, 10, 12), date(2026, 10, 18))),
    ],
)
def test_the_newest_week_is_the_one_whose_last_day_is_old_enough(today: date, window: int, week: Period) -> None:
    found = periods.week(today, window=window)

    assert found == week
    assert found.last + timedelta(days=window) < today
    assert periods.week(today, window=window, weeks=4).first == week.first - timedelta(weeks=3)
    assert week.before == Period(week.first - timedelta(days=7), week.last - timedelta(days=7))
