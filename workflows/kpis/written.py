"""Facts are written as rows that differ: one that is as it was stays, and the days of those that are not are counted anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables.kpis import Grouped

CUTS = (
    "source", "cohort", "site", "segment", "language", "age", "payer", "area", "owner", "outcome", "wording",
)  # fmt: skip
"""The columns that figures are split by besides program, phase and week, which every count has."""

NONE = "none"
AGES = ("under 18", "18–34", "35–49", "50–64", "65–79", "80 or older")
AGE = """CASE WHEN {year} IS NULL THEN 'none' WHEN {age} < 18 THEN 'under 18' WHEN {age} < 35 THEN '18–34' WHEN {age} < 50 THEN '35–49'
    WHEN {age} < 65 THEN '50–64' WHEN {age} < 80 THEN '65–79' ELSE '80 or older' END"""

FEW_LIVE = (
    "036", "059", "063", "102", "202", "203", "204", "205", "369", "556", "692", "753", "772", "790", "821", "823", "830", "831", "878",
    "879", "884", "890", "893",
)  # fmt: skip
"""ZIP codes that begin so have together fewer than 20,000 people (census of 2000 or 2010): the state is said instead (45 CFR 164.514)."""

AREA = f"coalesce(CASE WHEN n.zip3 NOT IN {FEW_LIVE} THEN n.zip3 END, n.state, 'none')"
"""The area of a patient `n`, in SQL."""


@dataclass(frozen=True, slots=True)
class Changed:
    """`days` to count anew, and the units whose row was written."""

    days: frozenset[date] = frozenset()
    units: tuple[UUID, ...] = ()


def age_band(year: str, day: str) -> str:
    """The age band, in SQL: of a birth year on a day, both expressions."""
    return AGE.format(year=year, age=f"(extract(year FROM {day}) - {year})")


@dataclass(frozen=True, slots=True)
class Facts:
    """A table of facts: its key besides the organisation, and the columns that say on which days a row counts.

    `within`: which of its rows `k` a put is of.
    """

    table: type[Grouped]
    key: tuple[str, ...]
    unit: str
    days: tuple[str, ...]
    within: str = "k.patient_id = ANY(CAST(:patients AS uuid[]))"

    def put(self, session: Session, with_facts: str, said: Mapping[str, Any]) -> Changed:
        """Write what a WITH calls `facts`, all of what is `within`, and say which days that changes; what of that is no more goes."""
        found = session.execute(text(self._statement(with_facts)), dict(said)).one()
        return Changed(frozenset(found.days or ()), tuple(found.units or ()))

    def clear(self, session: Session) -> None:
        """All of the organisation's rows."""
        table: Any = self.table.__table__
        session.execute(delete(table).where(table.c.org_id == org_of(session)))

    def _statement(self, with_facts: str) -> str:
        columns = [column.name for column in self.table.__table__.columns]
        rest = [name for name in columns if name not in ("org_id", *self.key)]
        name, listed = self.table.__tablename__, ", ".join(columns)
        old, new = (", ".join(f"{side}.{column}" for column in rest) for side in (name, "excluded"))
        days = ", ".join(f"{side}.{day}" for side in ("old", "new") for day in self.days)
        same = " AND ".join(f"f.{column} = k.{column}" for column in self.key)
        left = ", ".join(f"k.{day}" for day in self.days)
        return f"""
            {with_facts}, put AS (
                INSERT INTO {name} ({listed}) SELECT {listed} FROM facts
                ON CONFLICT (org_id, {", ".join(self.key)}) DO UPDATE SET ({", ".join(rest)}) = ROW({new})
                WHERE ({old}) IS DISTINCT FROM ({new})
                RETURNING new.{self.unit} AS unit, ARRAY[{days}] AS days
            ), gone AS (
                DELETE FROM {name} k WHERE k.org_id = :org AND {self.within}
                    AND NOT EXISTS (SELECT 1 FROM facts f WHERE ({same}))
                RETURNING ARRAY[{left}] AS days
            ), touched AS (SELECT days FROM put UNION ALL SELECT days FROM gone)
            SELECT (SELECT array_agg(DISTINCT day) FROM touched, unnest(touched.days) AS day WHERE day IS NOT NULL) AS days,
                   (SELECT array_agg(DISTINCT unit) FROM put) AS units
        """  # noqa: S608 - names of our own columns


def wanted(days: Sequence[date] | frozenset[date]) -> str:
    """Days as one parameter."""
    return "{" + ",".join(day.isoformat() for day in sorted(days)) + "}"
