"""Classes of cases as figures split them (S116), and within what each is to be claimed (docs/kpis.md, response-time targets)."""

from datetime import datetime, timedelta

from workflows.kpis.work_clock import WorkClock

CLASSES = {
    "red_flag": "Red flag",
    "clinical": "Clinical",
    "low_score": "Low score",
    "reschedule": "Reschedule",
    "admin": "Everything else",
}
OURS = ("practice", "approval", "system_alert", "pilot_review")
"""Kinds that are no work for a patient: they are in no figure."""

DUPLICATES = ("duplicate", "merged")
"""Dispositions of cases that were another one's matter: they are in no figure."""

AROUND_THE_CLOCK = {"red_flag": timedelta(minutes=15)}
WHILE_AT_WORK = {"clinical": timedelta(hours=1), "reschedule": timedelta(hours=4), "low_score": timedelta(hours=4)}
"""Within what a case is to be claimed. A class in neither has no target of its own: being claimed by its due time is enough."""

SQL = """CASE c.kind WHEN 'red_flag' THEN 'red_flag' WHEN 'clinical' THEN 'clinical' WHEN 'low_score' THEN 'low_score'
    WHEN 'reschedule' THEN 'reschedule' WHEN 'ready_to_schedule' THEN 'reschedule' ELSE 'admin' END"""
"""The class of a case `c`, for a query."""


def of_kind(kind: str) -> str:
    """The class of a kind of case."""
    if kind == "ready_to_schedule":
        return "reschedule"
    return kind if kind in CLASSES else "admin"


def claimed_in_time(kind: str, *, since: datetime, claimed: datetime, work: WorkClock) -> bool | None:
    """Whether a case of this kind, in the channel `since` then, was claimed by its class's target; None: it has none of its own."""
    within = AROUND_THE_CLOCK.get(of_kind(kind))
    if within is not None:
        return claimed <= since + within
    within = WHILE_AT_WORK.get(of_kind(kind))
    if within is None:
        return None
    by = work.after(within, since)
    return by is None or claimed <= by
