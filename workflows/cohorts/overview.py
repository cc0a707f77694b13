"""The organisation's cohorts at a glance: how many patients, when last asked, when next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import Campaign, Cohort, CohortEntry, CohortRun
from workflows import publishing
from workflows.cohorts import standing

MOST = 100


@dataclass(frozen=True, slots=True)
class Glance:
    """One cohort. `size`: of a rule what its last run took in, of a list who is on it; `daily`: a program asks it each day."""

    code: str
    title: str
    kind: str
    size: int | None
    last_run: datetime | None
    next_run: datetime | None
    daily: bool


def glance(session: Session) -> Sequence[Glance]:
    """By code, at most a hundred; three queries however many there are."""
    last = (
        select(CohortRun.cohort_id, CohortRun.evaluated_at, CohortRun.funnel["in"].as_integer().label("size"))
        .where(CohortRun.org_id == org_of(session))
        .ext(distinct_on(CohortRun.cohort_id))
        .order_by(CohortRun.cohort_id, CohortRun.evaluated_at.desc())
        .subquery()
    )
    listed = (
        select(CohortEntry.cohort_id, func.count().label("size"))
        .where(CohortEntry.org_id == org_of(session))
        .group_by(CohortEntry.cohort_id)
        .subquery()
    )
    coming = (
        select(Campaign.cohort_id, func.min(Campaign.next_run_at).label("at"))
        .where(Campaign.org_id == org_of(session), Campaign.next_run_at.is_not(None))
        .group_by(Campaign.cohort_id)
        .subquery()
    )
    rows = session.execute(
        select(Cohort.code, Cohort.title, Cohort.kind, last.c.size, last.c.evaluated_at, listed.c.size, coming.c.at)
        .outerjoin(last, last.c.cohort_id == Cohort.id)
        .outerjoin(listed, listed.c.cohort_id == Cohort.id)
        .outerjoin(coming, coming.c.cohort_id == Cohort.id)
        .where(Cohort.org_id == org_of(session))
        .order_by(Cohort.code)
        .limit(MOST)
    )
    daily = _daily(session)
    return [
        Glance(code, title, kind, found if kind == "rule" else on_it or 0, asked, at, daily=code in daily)
        for code, title, kind, found, asked, on_it, at in rows
    ]


def _daily(session: Session) -> set[str]:
    live = [program.trigger.cohort for _, _, program in publishing.every_live(session)]
    return {str(cohort) for cohort in live if cohort not in (None, standing.ANY)}
