"""One row a case that counts, with how long it waited and took (docs/kpis.md). Only rows decide: the case, its events, its run's facts.

- Left out: practice, approvals, our own alerts, reviews of a pilot, duplicates, cases of runs that do not count.
- Groups are its run's, but for its team (`owner`), its class, and the person who has it or had it when it was closed.
- Minutes are working time of the case's team, as its hours are now. What goes on has none: it ages until the last refresh.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import now, org_of
from storage.tables import KpiCase
from workflows import local_days, team_hours
from workflows.kpis import case_classes, case_stories
from workflows.kpis.case_classes import DUPLICATES, OURS
from workflows.kpis.splits import OF_RUN
from workflows.kpis.work_clock import WorkClock
from workflows.kpis.written import Facts

FACTS = Facts(KpiCase, ("case_id",), "case_id", ("day", "due_day"), within="k.case_id = ANY(CAST(:ids AS uuid[]))")
AT_ONCE = 2000
SOON = timedelta(minutes=15)
TEAMS = "SELECT code FROM teams WHERE org_id = :org ORDER BY code"
BEGAN = "SELECT min(least(opened_at, card_posted_at)) FROM cases WHERE org_id = :org"
STORIES = """
    SELECT c.id, c.kind, c.opened_at, coalesce(c.card_posted_at, c.opened_at) AS waiting_since, c.claimed_at, c.closed_at, c.due_at,
        t.code AS team, s.whats, s.ats, s.named
    FROM cases c JOIN teams t ON t.org_id = :org AND t.id = c.team_id
    LEFT JOIN (
        SELECT v.case_id, array_agg(v.what ORDER BY v.id) AS whats, array_agg(v.at ORDER BY v.id) AS ats,
            array_agg(v.staff_id IS NOT NULL ORDER BY v.id) AS named
        FROM case_events v WHERE v.org_id = :org AND v.case_id = ANY(CAST(:ids AS uuid[])) GROUP BY v.case_id
    ) s ON s.case_id = c.id
    WHERE c.org_id = :org AND c.id = ANY(CAST(:ids AS uuid[]))
"""
TOLD = (
    ("id", "uuid"), ("claimed_at", "timestamptz"), ("resolved_at", "timestamptz"), ("resting_since", "timestamptz"),
    ("claimed_in_time", "bool"), ("claim_minutes", "float8"), ("resolve_minutes", "float8"), ("rest_minutes", "float8"),
)  # fmt: skip
"""What a case's story says, in columns."""
GROUPS = ", ".join(f"{sql} AS {cut}" for cut, sql in OF_RUN.items() if cut != "owner")
WITH_FACTS = f"""
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest({", ".join(f"CAST(:{name}s AS {kind}[])" for name, kind in TOLD)}) AS t ({", ".join(name for name, _ in TOLD)})
    ),
    facts AS (
        SELECT CAST(:org AS uuid) AS org_id, c.id AS case_id, (c.opened_at AT TIME ZONE :zone)::date AS day,
            (c.due_at AT TIME ZONE :zone)::date AS due_day, c.opened_at, coalesce(c.card_posted_at, c.opened_at) AS waiting_since,
            c.due_at, c.closed_at, t.claimed_at, t.resolved_at, t.resting_since, t.claimed_in_time, t.claim_minutes, t.resolve_minutes,
            t.rest_minutes, {case_classes.SQL} AS class_of, coalesce(c.owner_id::text, 'none') AS person,
            true AS counted, m.code AS owner, {GROUPS}
        FROM told t
        JOIN cases c ON c.org_id = :org AND c.id = t.id
        JOIN teams m ON m.org_id = :org AND m.id = c.team_id
        LEFT JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id = c.enrollment_id
        WHERE c.kind <> ALL(CAST(:ours AS text[])) AND coalesce(c.disposition <> ALL(CAST(:duplicates AS text[])), true)
            AND coalesce(k.counted, true)
    )
"""  # noqa: S608 - our own words
Clocks = Callable[[str], WorkClock]


def put(session: Session, cases: Sequence[UUID]) -> None:
    """Write the facts of these cases, after those of their enrollments: so many at a time, however many there are."""
    said: dict[str, Any] = {
        "org": org_of(session), "zone": local_days.zone(session).key, "ours": literal(OURS), "duplicates": literal(DUPLICATES),
    }  # fmt: skip
    for rows in _stories(session, cases):
        session.execute(text("SET LOCAL enable_nestloop = on"))  # few of many, and how many is known
        FACTS.put(session, WITH_FACTS, said | rows)


def hours(session: Session) -> str:
    """What working minutes stand on: every team with its hours, as a hash."""
    teams = session.scalars(text(TEAMS), {"org": org_of(session)}).all()
    said = [(team, asdict(team_hours.of(session, team))) for team in teams]
    return sha256(json.dumps(said, default=_plain, sort_keys=True).encode()).hexdigest()


def clocks(session: Session, first: datetime | None) -> Clocks:
    """Each team's working time from `first` until now, by its code."""
    at, known = now(session), dict[str, WorkClock]()

    def of(team: str) -> WorkClock:
        if team not in known:
            known[team] = WorkClock(team_hours.of(session, team), first or at, at)
        return known[team]

    return of


def _stories(session: Session, cases: Sequence[UUID]) -> Iterator[dict[str, str]]:
    """What the stories of so many cases say, as the parameters of `WITH_FACTS`."""
    if not cases:
        return
    clock = clocks(session, session.scalar(text(BEGAN), {"org": org_of(session)}))
    query = text(STORIES).execution_options(yield_per=AT_ONCE)
    for found in session.execute(query, {"org": org_of(session), "ids": literal(cases)}).partitions(AT_ONCE):
        told = list(zip(*(_told(row, clock(row.team)) for row in found), strict=True))
        yield {f"{name}s": literal(values) for (name, _), values in zip(TOLD, told, strict=True)}


def _told(row: Any, work: WorkClock) -> tuple[Any, ...]:
    """One row of `TOLD`. A case without events (brought in from elsewhere) is read from its columns."""
    events = list(zip(row.whats, row.ats, row.named, strict=True)) if row.whats else []
    story, minutes = case_stories.read(events), work.minutes
    claimed = row.claimed_at if story.claimed_at is None else story.claimed_at
    resolved = story.resolved_at if events else row.closed_at
    ended = claimed or row.closed_at
    return (
        row.id, claimed, resolved, next((since for since, until in story.rests if until is None and resolved is None), None),
        ended is not None and _in_time(row, ended, work),
        None if ended is None else minutes(row.waiting_since, ended),
        None if resolved is None else minutes(row.opened_at, resolved),
        float(sum(minutes(since, end) for since, until in story.rests if (end := until or resolved) is not None)),
    )  # fmt: skip


def _in_time(row: Any, claimed: datetime, work: WorkClock) -> bool:
    """Closed without a claim (the patient booked alone) needed none: then its due time alone counts."""
    if claimed - row.waiting_since <= SOON:  # within the shortest target, whatever the hours
        return True
    found = case_classes.claimed_in_time(row.kind, since=row.waiting_since, claimed=claimed, work=work)
    return bool(claimed <= row.due_at) if found is None else found


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)
