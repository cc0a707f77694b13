"""All facts and counts made anew, in parts that each commit: one that was killed is done again, and nothing before it.

First the facts of all patients and cases, so many at a time, then the counts of all days, so many at a time. Counts are written beside
those that are read; at the end the state points at them, and the others go (docs/adr/0027). What was written to the rows meanwhile is found
by the next refresh: the making remembers where the database stood when it began.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from storage.db import now, org_of
from storage.tables import KpiMaking, KpiState
from workflows.kpis import case_facts, enrollment_facts, rollups, visit_facts
from workflows.kpis.once import forget

PATIENTS_AT_ONCE, CASES_AT_ONCE, DAYS_AT_ONCE = 70_000, 10_000, 64
"""A part takes seconds; where that is too long, half, and half of it again."""

EVERY = (*rollups.OF_ENROLLMENTS, *rollups.OF_VISITS, *rollups.OF_TEXTS)
NOBODY = UUID(int=0)
SOME = "SELECT id FROM {table} WHERE org_id = :org AND id > :after ORDER BY id LIMIT :most"
GONE = (
    """DELETE FROM kpi_enrollments k WHERE k.org_id = :org
       AND NOT EXISTS (SELECT FROM enrollments e WHERE e.org_id = :org AND e.id = k.enrollment_id)""",
    """DELETE FROM kpi_cases k WHERE k.org_id = :org
       AND NOT EXISTS (SELECT FROM cases c WHERE c.org_id = :org AND c.id = k.case_id)""",
    """DELETE FROM kpi_visits k WHERE k.org_id = :org
       AND NOT EXISTS (SELECT FROM appointments a WHERE a.org_id = :org AND a.id = k.appointment_id)""",
)
"""Facts of what is no more."""


@dataclass(frozen=True, slots=True)
class Making:
    """One that is under way: through with `part` up to `place`."""

    as_of: datetime
    seen: str
    basis: str
    made: int
    part: str
    place: str
    halved: int
    again: str


Part = Callable[[Session, Making, int], str | None]


def under_way(session: Session) -> Making | None:
    """The organisation's."""
    columns = KpiMaking.__table__.c
    row = session.execute(select(*columns).where(columns.org_id == org_of(session))).mappings().one_or_none()
    return Making(**{name: value for name, value in row.items() if name != "org_id"}) if row else None


def begin(session: Session, *, seen: int, basis: str) -> Making:
    """Begin anew, whatever was under way: its counts go, those that are read stay."""
    org = org_of(session)
    read = session.scalar(select(KpiState.made).where(KpiState.org_id == org))
    _forget_all_but(session, -1 if read is None else read)
    for gone in GONE:
        session.execute(text(gone), {"org": org})
    made = Making(now(session), str(seen), basis, 0 if read is None else read + 1, "runs", "", 0, "{}")
    values = {name: getattr(made, name) for name in Making.__slots__}
    kept = insert(KpiMaking).values(org_id=org, **values)
    session.execute(kept.on_conflict_do_update(index_elements=["org_id"], set_=values))
    return made


def go_on(session: Session, making: Making, *, tried: int = 1) -> bool:
    """The next part; False when it was the last, and what was made is read from now on. `tried` twice, it does half as much at a time."""
    began, halved = clock.monotonic(), max(making.halved, tried - 1)
    part, place = making.part, PARTS[making.part](session, making, halved)
    if place is None:
        part, place = AFTER[part], ""
    if not part:
        _finish(session, making, took_s=clock.monotonic() - began)
        return False
    kept = update(KpiMaking).where(KpiMaking.org_id == org_of(session))
    session.execute(kept.values(part=part, place=place, halved=halved))
    return True


def keep(session: Session, **values: Any) -> None:
    """The state of the counts that are read."""
    kept = insert(KpiState).values(org_id=org_of(session), **values)
    session.execute(kept.on_conflict_do_update(index_elements=["org_id"], set_=values))
    forget(session)


def _facts(table: str, at_once: int, put: Callable[[Session, list[UUID]], object]) -> Part:
    """The facts of so many of a table's rows; their ids go up, so the last one is the place to go on from."""
    some = text(SOME.format(table=table))

    def part(session: Session, making: Making, halved: int) -> str | None:
        most = max(1, at_once >> halved)
        found = list(session.scalars(some, {"org": org_of(session), "after": making.place or NOBODY, "most": most}))
        if found:
            put(session, found)
        return str(found[-1]) if len(found) == most else None

    return part


def _again(session: Session, _making: Making, _halved: int) -> None:
    """Looked for once: it is a pass over all texts."""
    kept = update(KpiMaking).where(KpiMaking.org_id == org_of(session))
    session.execute(kept.values(again=rollups.texts_again(session)))


def _counts(session: Session, making: Making, halved: int) -> str | None:
    first = rollups.next_day(session, date.fromisoformat(making.place or date.min.isoformat()))
    if first is None:
        return None
    most = max(1, min(DAYS_AT_ONCE >> halved, (date.max - first).days))
    rollups.count(
        session, EVERY, [first + timedelta(days=ahead) for ahead in range(most)], made=making.made, again=making.again
    )
    return (first + timedelta(days=most)).isoformat() if first < date.max else None


PARTS: Mapping[str, Part] = {
    "runs": _facts("patients", PATIENTS_AT_ONCE, enrollment_facts.put),
    "visits": _facts("patients", PATIENTS_AT_ONCE, visit_facts.put),
    "cases": _facts("cases", CASES_AT_ONCE, case_facts.put),
    "again": _again,
    "counts": _counts,
}
"""In this order: visits and cases look at the facts of runs, counts at both. Each says from where to go on; None: it is through."""
AFTER = dict(zip(PARTS, [*list(PARTS)[1:], ""], strict=True))


def _finish(session: Session, making: Making, *, took_s: float) -> None:
    kept = {"as_of": making.as_of, "seen": making.seen, "basis": making.basis, "made": making.made}
    keep(session, **kept, took_s=took_s)
    session.execute(delete(KpiMaking).where(KpiMaking.org_id == org_of(session)))
    _forget_all_but(session, making.made)


def _forget_all_but(session: Session, made: int) -> None:
    gone = text("DELETE FROM kpi_days WHERE org_id = :org AND made <> :made")
    session.execute(gone, {"org": org_of(session), "made": made})
