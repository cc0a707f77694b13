"""The table of state windows as data: `state_windows.yaml`, read once."""

from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.errors import Misconfigured
from workflows import calendar

FEDERAL = "US"
_FILE = Path(__file__).with_name("state_windows.yaml")
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class StateWindow:
    """One row: on `days` (ISO weekdays) a text may arrive from `opens` until before `closes`; both None = closed.

    `holidays`: it binds on the state's own and federal holidays instead. No days: the row carries no value (the sources
    disagree) and only asks for counsel.
    """

    state: str
    days: frozenset[int]
    opens: time | None
    closes: time | None
    contacts_per_24h: int | None
    source: str
    effective: str
    confirmed_by: str | None
    holidays: bool = False


@lru_cache(maxsize=4096)
def windows(state: str, day: date) -> tuple[StateWindow, ...]:
    """The rows of one state (or FEDERAL) that bind on a day; the stricter of several wins."""
    return tuple(
        row
        for row in _rows()
        if row.state == state and (calendar.closes(day, (state,)) if row.holidays else day.isoweekday() in row.days)
    )


def contacts_per_24h(states: tuple[str, ...]) -> int | None:
    """The lowest cap on solicitations a number may get in 24 h under any of these states; None without one (T2)."""
    return min((row.contacts_per_24h for row in _rows() if row.state in states and row.contacts_per_24h), default=None)


def to_confirm() -> tuple[str, ...]:
    """What the start-up check reports, a line a row: no source, or an unknown date without counsel's word (T2)."""
    return tuple(
        f"{row.state} window: {'no source' if not row.source else 'effective date unknown'}, counsel must confirm"
        for row in _rows()
        if not row.source or (row.effective == "unknown" and not row.confirmed_by)
    )


def code_of(name: str) -> str | None:
    """The two-letter code of a US state written as code or name; None for anything else."""
    names: dict[str, str] = _data()["names"]
    wanted = name.strip().lower()
    return names.get(wanted) or next((code for code in names.values() if code.lower() == wanted), None)


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return data


@lru_cache(maxsize=1)
def _rows() -> tuple[StateWindow, ...]:
    return tuple(_row(raw) for raw in _data()["windows"])


def _row(raw: dict[str, Any]) -> StateWindow:
    opens, closes = raw.get("opens"), raw.get("closes")
    if raw.get("days") and not raw.get("closed") and not (opens and closes):
        raise Misconfigured(
            f"The {raw['state']} window has no times", fix="Set opens and closes in state_windows.yaml."
        )
    return StateWindow(
        state=raw["state"],
        days=_days(raw.get("days")),
        opens=time.fromisoformat(opens) if opens else None,
        closes=time.fromisoformat(closes) if closes else None,
        contacts_per_24h=raw.get("contacts_per_24h"),
        source=raw.get("source") or "",
        effective=str(raw.get("effective", "unknown")),
        confirmed_by=raw.get("confirmed_by"),
        holidays=raw.get("days") == "holidays",
    )


def _days(spec: str | None) -> frozenset[int]:
    if spec is None or spec == "holidays":
        return frozenset()
    first, last = ("Mon", "Sun") if spec == "all" else (spec.split("-")[0], spec.split("-")[-1])
    return frozenset(range(_WEEK.index(first) + 1, _WEEK.index(last) + 2))
