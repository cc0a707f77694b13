"""What is around a clinic's runs, as plain values: prices, hours, campaigns, calls, reviews, and how it was before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """A patient held out of a campaign, who has no run; `came`: to a visit then."""

    came: datetime | None = None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """A launch of a program; runs name it by its place in the list, from 1."""

    program: str
    cohort: str
    team: str
    launched: datetime
    wordings: int = 1
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's verdict on a run."""

    run: int
    verdict: str
    at: datetime
    stage: str = "end"


@dataclass(frozen=True, slots=True)
class Correction:
    """Staff said that a run's reply (by its place) was more or less urgent than it was read."""

    run: int
    reply: int
    was: str
    says: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """A run's number was stopped by somebody other than the patient's own words."""

    run: int
    source: str
    since: datetime
    lifted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """`weeks`: (Monday, reason, program, calls); `baselines`: (program, calls, discharges); `discharges`: those that began no run."""

    prices: Mapping[str, float] = field(default_factory=dict)
    hours: Mapping[str, Any] = field(default_factory=dict)
    campaigns: tuple[Campaign, ...] = ()
    weeks: tuple[tuple[date, str, str, int], ...] = ()
    baselines: tuple[tuple[str, int, int], ...] = ()
    discharges: tuple[datetime, ...] = ()
    routing: tuple[datetime, ...] = ()
    reviews: tuple[Review, ...] = ()
    corrections: tuple[Correction, ...] = ()
    stops: tuple[Stop, ...] = ()


NOTHING_AROUND = Around()
