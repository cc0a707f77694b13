"""When the counts are brought up to date by themselves: once a night, and at once where there are none yet."""

from sqlalchemy.orm import Session

from storage import outbox
from storage.db import org_of
from storage.outbox import Lane, Topic
from workflows import local_days

ROUND = "kpis.round"
FROM_HOUR = 1
"""Local: yesterday is over by then, and a digest of Monday morning finds it counted."""


def promise(session: Session) -> None:
    """One refresh a local day, done by the reports lane."""
    if local_days.first_round(session, ROUND, from_hour=FROM_HOUR):
        ask(session)


def ask(session: Session, *, delay_s: float = 0) -> None:
    """Have the counts brought up to date soon; asked for twice meanwhile, it is done once."""
    outbox.put(session, Topic.KPI_REFRESH, org_of(session), lane=Lane.REPORTS, delay_s=delay_s)
