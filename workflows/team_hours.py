"""When a team works: its own week with breaks, holidays and closed days, else the organisation's office hours.

In the organisation's settings: {"hours": {team: {"days": {"1": [["08:00", "12:00"], ["13:00", "17:00"]]}, "closed": ["2026-12-24"],
"holidays": true, "zone": "America/Chicago"}}}. Days are ISO weekdays (Monday = 1); a day that is not named is free.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from storage.db import now, org_of
from storage.tables import Site
from workflows import business_time, calendar, places, sending_rules, surroundings
from workflows.business_time import DAY_MINUTES, Hours, Span
from workflows.places import Where

KEY = "hours"
FIX = "See docs/time.md for what `hours` may say."
WORDS = frozenset({"days", "closed", "holidays", "zone"})
MOST_SPANS = 6
MOST_CLOSED = 200
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True, slots=True)
class TeamHours:
    """`days` has the spans of each ISO weekday; `states` (two letters) are asked for their holidays where `holidays` are kept."""

    days: tuple[tuple[int, tuple[Span, ...]], ...]
    closed: frozenset[date] = frozenset()
    holidays: bool = False
    states: tuple[str, ...] = ()

    def spans(self, day: date) -> tuple[Span, ...]:
        """That day's spans; none on a weekday that is not named, a closed day or a holiday."""
        if day in self.closed or (self.holidays and calendar.closes(day, self.states)):
            return ()
        return dict(self.days).get(day.isoweekday(), ())


@dataclass(frozen=True, slots=True)
class Work:
    """A team's hours where it is."""

    hours: Hours
    zone: str

    def due(self, spec: str, at: datetime) -> datetime:
        """As `business_time.due`."""
        return business_time.due(spec, at, self.zone, hours=self.hours)

    def after(self, work: timedelta, at: datetime) -> datetime:
        """As `business_time.after`."""
        return business_time.after(work, at, self.zone, hours=self.hours)

    def before(self, end: datetime, work: timedelta) -> datetime:
        """As `business_time.before`."""
        return business_time.before(end, work, self.zone, hours=self.hours)

    def opening(self, at: datetime) -> datetime:
        """As `business_time.opening`."""
        return business_time.opening(at, self.zone, hours=self.hours)


def of(session: Session, team: str) -> Work:
    """The hours of the team with this code, read once a transaction. Raises Misconfigured."""
    known: dict[str, Work] = session.info.setdefault("team_hours", {})
    if team not in known:
        organisation = surroundings.organisation_of(session)
        said = organisation.settings.get(KEY, {}).get(team)
        if said is None:
            known[team] = Work(sending_rules.of(session).office, organisation.zone)
        else:
            states = _states(session) if said.get("holidays") else ()
            known[team] = Work(parse(team, said, states=states), said.get("zone") or organisation.zone)
    return known[team]


def due(session: Session, team: str, spec: str) -> datetime:
    """When work that this team promises now is due."""
    return of(session, team).due(spec, now(session))


def forget(session: Session) -> None:
    """Read the settings anew: they were changed in this transaction."""
    session.info.pop("team_hours", None)


def read(said: Any, teams: Mapping[str, Any]) -> None:
    """Check what an organisation file or a form says: {team: hours}. Raises Misconfigured naming the team and what is wrong."""
    if not isinstance(said, dict) or not set(said) <= set(teams):
        raise Misconfigured("hours names a team that does not exist", fix=FIX)
    for team, hours in said.items():
        parse(team, hours)


def parse(team: str, said: Any, *, states: tuple[str, ...] = ()) -> TeamHours:
    """Read one team's hours. Raises Misconfigured."""
    if not isinstance(said, dict) or set(said) - WORDS or not isinstance(said.get("days"), dict):
        raise _wrong(team, f"it has days, and if wanted {', '.join(sorted(WORDS - {'days'}))}")
    if said.get("zone") is not None and said["zone"] not in available_timezones():
        raise _wrong(team, f"{said['zone']} is no time zone; write it like America/Chicago")
    if not isinstance(said.get("holidays", False), bool):
        raise _wrong(team, "holidays is true or false")
    days = tuple((_weekday(team, day), _spans(team, day, spans)) for day, spans in sorted(said["days"].items()))
    if not any(spans for _, spans in days):
        raise _wrong(team, "nobody would ever be at work")
    return TeamHours(days, _closed(team, said.get("closed", [])), bool(said.get("holidays")), states)


def _weekday(team: str, said: Any) -> int:
    if said not in ("1", "2", "3", "4", "5", "6", "7"):
        raise _wrong(team, "days are 1 (Monday) to 7 (Sunday)")
    return int(said)


def _spans(team: str, day: str, said: Any) -> tuple[Span, ...]:
    if not isinstance(said, list) or len(said) > MOST_SPANS:
        raise _wrong(team, f"day {day} is a list of at most {MOST_SPANS} spans like ['08:00', '12:00']")
    made: list[Span] = []
    for span in said:
        if not isinstance(span, list) or len(span) != 2 or not all(isinstance(end, str) for end in span):
            raise _wrong(team, f"a span of day {day} is two times like ['08:00', '12:00']")
        opens, closes = (_clock(team, end) for end in span)
        if opens >= closes:
            raise _wrong(
                team, f"on day {day} {span[0]} to {span[1]} goes backwards; a night is two spans, 24:00 ends one"
            )
        if made and opens <= made[-1][1]:
            raise _wrong(team, f"the spans of day {day} are out of order, touch or overlap")
        made.append((opens, closes))
    return tuple(made)


def _clock(team: str, said: str) -> int:
    match = _CLOCK.fullmatch(said)
    if match is None:
        raise _wrong(team, f"{said[:12]} is no time; write it like 08:00")
    return DAY_MINUTES if match[1] is None else int(match[1]) * 60 + int(match[2])


def _closed(team: str, said: Any) -> frozenset[date]:
    wrong = _wrong(team, f"closed is a list of at most {MOST_CLOSED} days like 2026-12-24")
    if not isinstance(said, list) or len(said) > MOST_CLOSED:
        raise wrong
    try:
        return frozenset(date.fromisoformat(day) for day in said)
    except (TypeError, ValueError) as error:
        raise wrong from error


def _wrong(team: str, why: str) -> Misconfigured:
    return Misconfigured(f"the hours of {team} cannot be read: {why}", fix=FIX)


def _states(session: Session) -> tuple[str, ...]:
    """Whose holidays are ours: those of the states in which the organisation's sites are."""
    codes = session.scalars(select(Site.zip).where(Site.org_id == org_of(session), Site.zip.is_not(None)))
    return _states_of(frozenset(code for code in codes if code))


@lru_cache(maxsize=64)
def _states_of(zips: frozenset[str]) -> tuple[str, ...]:
    wheres = [Where(stated_zone=None, zip=code, state=None, site_zone="", number="") for code in zips]
    return tuple(sorted({state for where in wheres for state in places.states(where)}))
