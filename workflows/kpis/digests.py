"""The digest: what a manager is told of a period, in one object. Channel, page and leadership page are drawn from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period
from workflows.kpis.verdicts import Step, Verdict

HEADLINES = (
    "completion", "reach", "reach_72h", "response", "rebooked", "recovered", "incremental_recovery", "no_show", "untouched",
    "delivery", "sla", "opt_out", "time_to_claim", "cost_per_recovered",
)  # fmt: skip
"""In this order; those without data are left out, but for the first four."""
ALWAYS = HEADLINES[:4]
BREAKDOWNS = (
    "program",
    "source",
    "segment",
    "cohort",
    "site",
    "outcome",
    "language",
    "age",
    "payer",
    "area",
    "owner",
    "person",
    "phase",
)
"""Cuts of the thread; teams and people for managers alone."""
SPLIT = ("reach", "response", "completion")
"""The KPIs that a breakdown shows."""
OF_WORK = ("sla", "task_on_time", "time_to_claim", "time_to_resolve")
SPLIT_BY = {"person": OF_WORK, "class": ("escalation", *OF_WORK)}
"""Those of breakdowns that are about cases."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure beside the same one of the period before and of the time before launch. `figure.period` is its own: see `weeks_back`."""

    figure: Figure
    before: Figure | None = None
    baseline: Figure | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """The same runs at each stage; `so_far` while some of them have time left."""

    period: Period
    started: int
    delivered: int
    reached: int
    replied: int
    completed: int
    so_far: bool = False


@dataclass(frozen=True, slots=True)
class Oldest:
    """A case that has been open longest: its id and number, nothing of the patient."""

    case_id: UUID
    number: int
    age: timedelta
    kind: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything is counted already; drawing asks nobody. `program` is a code, "" for all; `breakdowns` by cut, three figures a group.
    `as_of`: when the counts were last brought up to date.

    `owners`: whether it may say anything by team and person; without it there is no `owner` in `breakdowns`.
    """

    period: Period
    as_of: datetime
    program: str = ""
    title: str = "All programs"
    headlines: Sequence[Headline] = ()
    funnel: Funnel | None = None
    steps: Sequence[Step] = ()
    worst: Step | None = None
    oldest: Sequence[Oldest] = ()
    promises_late: int = 0
    verdicts: Sequence[Verdict] = ()
    breakdowns: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(cut, code) → the name that people know."""
    owners: bool = False
    trend: Sequence[tuple[date, Figure]] = ()
    """Completion of each of the last weeks, by its Monday, the oldest first."""
    trends: Mapping[str, Sequence[tuple[date, Figure]]] = field(default_factory=dict)
    """The same of each program that has any, by its code; empty where one program was asked for."""
    phases: Sequence[tuple[str, Figure]] = ()
    """Completion before launch, in the pilot and since, as far as there is any."""
    hours: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """(weekday from Monday 0, local hour) → replies of the last weeks."""

    @property
    def next(self) -> str:
        """What to do next: of the most pressing verdict that knows."""
        return next((one.next for one in self.verdicts if one.next), "")

    def headline(self, kpi: str) -> Headline | None:
        """One of them."""
        return next((one for one in self.headlines if one.figure.kpi == kpi), None)

    @property
    def empty(self) -> bool:
        """Nothing at all was counted."""
        return not any(one.figure.denominator for one in self.headlines) and (
            self.funnel is None or not self.funnel.started
        )
