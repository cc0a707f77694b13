"""When a KPI's units are old enough: W of the catalogue, or what programs say of their own runs (`measure`, docs/kpis.md)."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis import rollups
from workflows.kpis.definitions import KPIS, Kpi
from workflows.programs.model import USUAL_DAYS, Measure, parse

LATELY = timedelta(weeks=26)
WIDEST = text(
    f"""
    SELECT max(long_days) FROM kpi_enrollments
    WHERE org_id = :org AND long_days > {USUAL_DAYS} AND day >= :since AND (CAST(:program AS text) IS NULL OR program = :program)
    """  # noqa: S608 - a constant, as the index of such runs has it
)
SAID = text(
    """
    SELECT code, source FROM (
        SELECT DISTINCT ON (p.id) p.code, v.source FROM programs p JOIN program_versions v ON v.org_id = p.org_id AND v.program_id = p.id
        WHERE p.org_id = :org ORDER BY p.id, v.number DESC
    ) newest WHERE source LIKE '%measure:%'
    """
)
"""Programs whose newest version may say how it is measured."""
OF_RUNS = frozenset(rollups.ENROLLMENTS.shares)
Measures = Mapping[str, Measure]


def days(session: Session, kpi: str, program: str | None = None) -> int:
    """How many whole days a unit needs. Of a long window the longest that any run of the last half-year has, of this program or of all:
    a week that is told then has every run of it, not those alone whose program is done sooner.
    """
    usual = KPIS[kpi]
    if not usual.own:
        return usual.days
    since = local_days.today(session) - LATELY
    widest = session.scalar(WIDEST, {"org": org_of(session), "since": since, "program": program})
    return max(usual.days, widest or 0)


def measures(session: Session) -> Measures:
    """By code the programs that are measured otherwise than usual, as their newest versions say."""
    found = {row.code: parse(row.source).measure for row in session.execute(SAID, {"org": org_of(session)})}
    return {code: said for code, said in sorted(found.items()) if said != Measure()}


def window(kpi: str, program: str | None, said: Measures) -> str:
    """A KPI's window in words where it is not the usual one: "within 37 days"; of all programs with those that differ; else empty."""
    usual = KPIS[kpi]
    if kpi not in OF_RUNS or not said:
        return ""
    if program is not None:
        own = said.get(program)
        return f"within {_days(usual, own)} days{_of(own)}" if own is not None and _differs(usual, own) else ""
    apart = "; ".join(f"{code}: {_days(usual, own)}{_of(own)}" for code, own in said.items() if _differs(usual, own))
    return f"within {usual.days} days ({apart})" if apart else ""


def words(own: Measure) -> str:
    """How a program is measured: "37 days to complete, from the first text"."""
    longer = f"{own.days} days to complete" if own.days != USUAL_DAYS else ""
    return ", ".join(filter(None, (longer, "from the first text" if own.from_ == "first_text" else "")))


def _differs(usual: Kpi, own: Measure) -> bool:
    return own.from_ == "first_text" or _days(usual, own) != usual.days


def _days(usual: Kpi, own: Measure) -> int:
    return own.days if usual.own else usual.days


def _of(own: Measure) -> str:
    return " of the first text" if own.from_ == "first_text" else ""
