"""When each team works, as people write it: "Mon-Fri 8:00-12:00, 13:00-17:00" a line."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from workflows import sending_rules, team_hours
from workflows.organising import changes, teams
from workflows.organising.changes import FILE, By

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Mon-Fri 8:00-12:00, 13:00-17:00"
_LINE = re.compile(r"(?P<days>[a-z][a-z ,\-]*?)\s*:?\s+(?P<spans>\d.*|closed)", re.IGNORECASE)
_SPAN = re.compile(r"(.+?)\s*(?:-|to)\s*(.+)", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?\s*(am|pm)?", re.IGNORECASE)


def keep(session: Session, said: Any, *, by: By = FILE) -> None:
    """Keep the hours of these teams ({team: hours}); teams not named keep theirs. Raises Misconfigured, or Refused when stale.

    What `by` saw is the mark of these teams' hours together (`shown`).
    """
    organisation = changes.lock(session)
    team_hours.read(said, {team.code: team.id for team in teams.every(session)})
    changes.demand_unseen(session, by, area=team_hours.KEY, about=None, before=shown(session, said))
    kept = organisation.settings.get(team_hours.KEY, {})
    for code, hours in said.items():
        changes.record(session, by, area=team_hours.KEY, about=code, before=kept.get(code), after=hours)
    changes.put(organisation, team_hours.KEY, kept | said)
    team_hours.forget(session)


def shown(session: Session, codes: Iterable[str]) -> dict[str, Any]:
    """What a form for these teams shows, for `changes.mark`; None for a team that works as the organisation does."""
    kept = changes.current(session).settings.get(team_hours.KEY, {})
    return {code: kept.get(code) for code in codes}


def usual(session: Session) -> dict[str, Any]:
    """The office hours of the organisation in the same form, to begin with."""
    monday = date(2026, 11, 2)
    office = sending_rules.of(session).office
    days = {
        str(day + 1): [[_shown(a), _shown(b)] for a, b in office.spans(monday.replace(day=2 + day))] for day in range(7)
    }
    return {"days": {day: spans for day, spans in days.items() if spans}, "holidays": True}


def lines(days: Mapping[str, list[list[str]]]) -> str:
    """A week as lines, days with the same hours together."""
    made: list[str] = []
    day = 1
    while day <= 7:
        spans, last = days.get(str(day)) or [], day
        while last < 7 and (days.get(str(last + 1)) or []) == spans:
            last += 1
        if spans:
            name = DAYS[day - 1] if day == last else f"{DAYS[day - 1]}-{DAYS[last - 1]}"
            made.append(f"{name} {', '.join(f'{a}-{b}' for a, b in spans)}")
        day = last + 1
    return "\n".join(made)


def read_lines(text: str) -> dict[str, list[list[str]]]:
    """Those lines as days. Refused, naming the line that cannot be read."""
    days: dict[str, list[list[str]]] = {}
    for line in filter(None, (one.strip() for one in text.replace("–", "-").replace("—", "-").splitlines())):
        match = _LINE.fullmatch(line)
        if match is None:
            raise _unread(line)
        spans = [] if match["spans"].lower() == "closed" else [_span(line, one) for one in match["spans"].split(",")]
        for day in _days(line, match["days"]):
            if str(day) in days:
                raise Refused(f"{DAYS[day - 1]} stands there twice. Nothing was saved. Put its hours in one line.")
            days[str(day)] = spans
    return {day: spans for day, spans in sorted(days.items()) if spans}


def read_closed(text: str) -> list[str]:
    """Days off, one a line or apart by commas, like 2026-12-24. Refused naming the one that is no day."""
    found = [one for one in re.split(r"[\s,;]+", text) if one]
    for one in found:
        try:
            date.fromisoformat(one)
        except ValueError as error:
            raise Refused(f"{one[:20]} is no day. Write it like 2026-12-24. Nothing was saved.") from error
    return sorted(set(found))


def refused(error: Misconfigured) -> Refused:
    """What a person is told when hours do not work."""
    return Refused(f"{str(error).partition('cannot be read: ')[2] or error}. Nothing was saved.")


def _days(line: str, said: str) -> list[int]:
    found: list[int] = []
    for part in said.split(","):
        ends = [_day(line, one) for one in part.split("-")]
        if len(ends) > 2 or ends[0] > ends[-1]:
            raise _unread(line)
        found += range(ends[0], ends[-1] + 1)
    return found


def _day(line: str, said: str) -> int:
    named = [n for n, name in enumerate(DAYS, start=1) if said.strip().lower().startswith(name.lower())]
    if not named:
        raise _unread(line)
    return named[0]


def _span(line: str, said: str) -> list[str]:
    match = _SPAN.fullmatch(said.strip())
    if match is None:
        raise _unread(line)
    return [_clock(line, match[1]), _clock(line, match[2])]


def _clock(line: str, said: str) -> str:
    match = _CLOCK.fullmatch(said.strip())
    if match is None:
        raise _unread(line)
    hour, minute = int(match[1]), match[2] or "00"
    if match[3]:
        if not 1 <= hour <= 12:
            raise _unread(line)
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    if hour > 24:
        raise _unread(line)
    return f"{hour:02d}:{minute}"


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _unread(line: str) -> Refused:
    return Refused(f"“{line[:60]}” cannot be read. Write it like {EXAMPLE}. Nothing was saved.")
