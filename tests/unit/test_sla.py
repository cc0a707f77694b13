"""The hand-made table: what is told of a case and at which minute, worked out on paper from docs/time.md; the engine must agree."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from core.errors import Misconfigured
from workflows import sla
from workflows.sla import DEFAULTS, Happened, Outlook, Standing, outlook
from workflows.team_hours import Work, parse

ZONE = ZoneInfo("America/Chicago")
BREAK = [["08:00", "12:00"], ["13:00", "17:00"]]
WEEK: dict[str, Any] = {
    "days": {"1": BREAK, "2": BREAK, "3": BREAK, "4": BREAK, "5": [["08:00", "12:00"]]},
    "closed": ["2026-12-24"],
    "holidays": True,
}
NIGHT: dict[str, Any] = {"days": {str(day): [["00:00", "06:00"], ["22:00", "24:00"]] for day in range(1, 8)}}
ANA, BEN = uuid4(), uuid4()


def at(text: str) -> datetime:
    """Wall clock in Chicago; with an offset for the hour that comes twice."""
    said = datetime.fromisoformat(text)
    return said if said.tzinfo else said.replace(tzinfo=ZONE)


@dataclass
class Play:
    """A case from its opening on, told minute by minute."""

    case: Standing
    work: Work
    told: list[tuple[str, str]]

    def until(self, end: str, *, asleep: tuple[str, str] | None = None) -> "Play":
        """Let the clock look whenever it said it would, but not while it is `asleep`."""
        now: datetime | None = self.case.story[-1].at
        while now is not None and now <= at(end):
            if asleep is not None and at(asleep[0]) <= now < at(asleep[1]):
                now = at(asleep[1])
            now = self._tick(now)
        return self

    def does(self, what: str, when: str, **changes: Any) -> "Play":
        """Something else happens to it; by its owner unless it is said."""
        by = changes.pop("by", self.case.owner_id)
        self.until((at(when) - timedelta(minutes=1)).isoformat())
        story = (*self.case.story, Happened(what, by, at(when)))
        self.case = replace(self.case, story=story, **changes)
        return self

    def _tick(self, now: datetime) -> datetime | None:
        found: Outlook = outlook(self.case, DEFAULTS[self.case.priority], self.work, at=now)
        assert found.look_at is None or found.look_at > now
        for step in found.now:
            self.told.append((step.what, f"{now.astimezone(ZONE):%m-%d %H:%M}"))
            self.case = replace(self.case, story=(*self.case.story, Happened(step.what, None, now)))
            if step.what == sla.RELEASED:
                self.case = replace(self.case, owner_id=None, state="open", claimed_at=None)
        return now if found.now else found.look_at


def opened(when: str, due: str, priority: str = "normal", week: dict[str, Any] = WEEK) -> Play:
    case = Standing("open", priority, None, None, at(due), (Happened("opened", None, at(when)),))
    return Play(case, Work(parse("desk", week, states=("IL",)), "America/Chicago"), [])


def claimed(when: str, due: str, priority: str = "normal", week: dict[str, Any] = WEEK) -> Play:
    play = opened(when, due, priority, week)
    return play.does("claimed", when, by=ANA, owner_id=ANA, state="claimed", claimed_at=at(when))


def test_a_plain_day() -> None:
    play = opened("2026-12-01T08:00", "2026-12-01T13:00").until("2026-12-02T17:00")

    assert play.told == [("sla_ping", "12-01 10:00"), ("sla_manager", "12-01 12:00"), ("sla_on_call", "12-01 15:00")]


def test_lunch_stops_the_clock() -> None:
    play = opened("2026-12-01T11:45", "2026-12-01T14:00", "high").until("2026-12-01T17:00")

    assert play.told == [("sla_ping", "12-01 13:15"), ("sla_manager", "12-01 13:45"), ("sla_on_call", "12-01 14:15")]


def test_opened_in_the_break_it_begins_after_it() -> None:
    play = opened("2026-12-01T12:20", "2026-12-01T17:00", "high").until("2026-12-01T17:00")

    assert play.told == [("sla_ping", "12-01 13:30"), ("sla_manager", "12-01 14:00"), ("sla_on_call", "12-01 14:30")]


def test_a_friday_noon_goes_on_on_monday() -> None:
    play = opened("2026-12-04T11:00", "2026-12-07T11:00").until("2026-12-08T17:00")

    assert play.told == [("sla_ping", "12-07 09:00"), ("sla_manager", "12-07 11:00"), ("sla_on_call", "12-07 14:00")]


def test_the_day_before_closed_days_holiday_and_weekend() -> None:
    play = opened("2026-12-23T16:40", "2026-12-28T10:00", "high").until("2026-12-28T17:00")

    assert play.told == [("sla_ping", "12-28 08:10"), ("sla_manager", "12-28 08:40"), ("sla_on_call", "12-28 09:10")]


def test_thanksgiving_is_no_day_of_work() -> None:
    play = opened("2026-11-25T16:00", "2026-11-27T11:00").until("2026-11-30T17:00")

    # Friday is the day after Thanksgiving: no holiday in Illinois, and it ends at noon
    assert play.told == [("sla_ping", "11-27 09:00"), ("sla_manager", "11-27 11:00"), ("sla_on_call", "11-30 09:00")]


def test_an_urgent_case_knows_no_lunch() -> None:
    play = opened("2026-12-01T12:10", "2026-12-01T12:40", "urgent").until("2026-12-01T17:00")

    assert play.told == [("sla_ping", "12-01 12:15")]  # then the paging ladder calls


def test_an_unclaimed_emergency_is_the_ladders() -> None:
    assert opened("2026-12-01T12:10", "2026-12-01T12:15", "emergency").until("2026-12-01T17:00").told == []


def test_the_night_with_an_hour_more() -> None:
    play = opened("2026-10-31T23:30", "2026-11-01T06:00", week=NIGHT).until("2026-11-02T01:00")

    # 23:30 + 2 h = 01:30 the first time; + 4 h = 02:30 of the new clock; + 6 h = 04:30
    assert play.told == [("sla_ping", "11-01 01:30"), ("sla_manager", "11-01 02:30"), ("sla_on_call", "11-01 04:30")]


def test_the_night_with_an_hour_less() -> None:
    play = opened("2026-03-07T23:30", "2026-03-08T06:00", week=NIGHT).until("2026-03-09T01:00")

    assert play.told == [("sla_ping", "03-08 01:30"), ("sla_manager", "03-08 04:30"), ("sla_on_call", "03-08 22:30")]


def test_the_owner_is_reminded_before_it_is_due_over_the_break() -> None:
    play = claimed("2026-12-01T10:30", "2026-12-01T13:30", "high")
    play.does("note", "2026-12-01T11:20").until("2026-12-01T13:10")

    assert play.told == [("sla_due", "12-01 13:00")]  # 30 minutes of work before 13:30


def test_an_idle_owner_is_reminded_then_the_case_goes_back_and_the_team_is_told_again() -> None:
    play = claimed("2026-12-01T11:30", "2026-12-02T17:00", "high").until("2026-12-01T16:00")

    # 60 minutes over lunch; 30 more; then unclaimed for 30 and for 60
    assert play.told == [
        ("sla_idle", "12-01 13:30"), ("sla_released", "12-01 14:00"), ("sla_ping", "12-01 14:30"), ("sla_manager", "12-01 15:00"),
        ("sla_on_call", "12-01 15:30"),
    ]  # fmt: skip


def test_what_the_owner_does_begins_the_wait_anew() -> None:
    play = claimed("2026-12-01T08:00", "2026-12-02T17:00", "high")
    play.does("contacted", "2026-12-01T08:50").does("contacted", "2026-12-01T09:55").until("2026-12-01T10:56")

    assert play.told == [("sla_idle", "12-01 09:50"), ("sla_idle", "12-01 10:55")]


def test_an_answer_in_the_very_moment_of_the_reminder_counts() -> None:
    play = claimed("2026-12-01T08:00", "2026-12-02T17:00", "high").until("2026-12-01T09:00")
    play.case = replace(play.case, story=(*play.case.story, Happened("kept", ANA, at("2026-12-01T09:00"))))
    play.until("2026-12-01T10:00")

    assert play.told == [("sla_idle", "12-01 09:00"), ("sla_idle", "12-01 10:00")]


def test_what_others_do_does_not() -> None:
    play = claimed("2026-12-01T08:00", "2026-12-02T17:00", "high")
    play.does("reminded", "2026-12-01T08:30", by=BEN).until("2026-12-01T09:00")

    assert play.told == [("sla_idle", "12-01 09:00")]


@pytest.mark.parametrize("what", ["woken", "answered", "patient_replied"])
def test_a_case_that_is_back_is_not_idle_since_before_it_rested(what: str) -> None:
    play = claimed("2026-12-01T08:00", "2026-12-07T17:00", "high")
    play.does("set_aside", "2026-12-01T08:10", state="snoozed")
    play.does(what, "2026-12-02T14:00", by=None, state="claimed").until("2026-12-02T15:00")

    assert play.told == [("sla_idle", "12-02 15:00")]


@pytest.mark.parametrize("state", ["snoozed", "waiting_patient", "booking"])
def test_a_case_that_waits_is_not_idle(state: str) -> None:
    play = claimed("2026-12-01T08:00", "2026-12-07T17:00", "high")
    play.does("set_aside", "2026-12-01T08:10", state=state).until("2026-12-02T17:00")

    assert play.told == []


def test_nothing_is_told_once_it_is_claimed_or_closed() -> None:
    play = opened("2026-12-01T08:00", "2026-12-01T12:00", "high")
    play.does("claimed", "2026-12-01T08:29", by=ANA, owner_id=ANA, state="claimed", claimed_at=at("2026-12-01T08:29"))
    play.does("closed", "2026-12-01T09:00", state="closed").until("2026-12-03T17:00")

    assert play.told == []


def test_after_a_downtime_of_the_clock_only_the_highest_stage_is_told() -> None:
    play = opened("2026-12-01T08:00", "2026-12-01T09:00", "high").until(
        "2026-12-01T17:00", asleep=("2026-12-01T08:20", "2026-12-01T09:10")
    )

    assert play.told == [("sla_manager", "12-01 09:10"), ("sla_on_call", "12-01 09:30")]


def test_after_a_long_downtime_an_owner_is_reminded_and_keeps_the_full_wait_before_the_release() -> None:
    play = claimed("2026-12-01T08:00", "2026-12-01T12:00", "high").until(
        "2026-12-01T16:00", asleep=("2026-12-01T08:20", "2026-12-01T15:00")
    )

    assert play.told == [
        ("sla_idle", "12-01 15:00"),
        ("sla_due", "12-01 15:00"),
        ("sla_released", "12-01 15:30"),
        ("sla_ping", "12-01 16:00"),
    ]


def test_own_minutes_stand_over_ours_and_null_is_never() -> None:
    waits = sla.waits_of({"sla": {"high": {"ping": 10, "on_call": None}}}, "high")

    assert (waits.ping, waits.manager, waits.on_call) == (10, 60, None)


@pytest.mark.parametrize(
    "said", [{"hihg": {}}, {"high": {"pong": 3}}, {"high": {"ping": 0}}, {"high": {"ping": "3"}}, [], {"high": 3}]
)
def test_minutes_that_cannot_be_read_are_refused(said: Any) -> None:
    with pytest.raises(Misconfigured):
        sla.read(said)
