"""Classes of cases as figures split them (S116), and by when each is to be claimed (docs/kpis.md, response-time targets)."""

from datetime import datetime

from workflows.team_hours import Work

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

CLAIM_WITHIN = {
    "red_flag": "15 minutes",
    "clinical": "1 business hour",
    "reschedule": "4 business hours",
    "low_score": "4 business hours",
}
"""What has no line here has no claim target of its own: being claimed by its due time is enough."""

SQL = """CASE c.kind WHEN 'red_flag' THEN 'red_flag' WHEN 'clinical' THEN 'clinical' WHEN 'low_score' THEN 'low_score'
    WHEN 'reschedule' THEN 'reschedule' WHEN 'ready_to_schedule' THEN 'reschedule' ELSE 'admin' END"""
"""The class of a case `c`, for a query."""


def of_kind(kind: str) -> str:
    """The class of a kind of case."""
    if kind == "ready_to_schedule":
        return "reschedule"
    return kind if kind in CLASSES else "admin"


def claim_by(kind: str, since: datetime, work: Work) -> datetime | None:
    """The latest moment to claim a case of this kind that stands in the channel `since` then; None: no target of its own."""
    spec = CLAIM_WITHIN.get(of_kind(kind))
    return work.due(spec, since) if spec else None
