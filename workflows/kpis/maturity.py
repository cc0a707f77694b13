"""When a KPI's units are old enough: W of the catalogue, or what programs say of their own runs (`measure`, docs/kpis.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis import rollups
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS, Kpi
from workflows.kpis.figures import Figure
from workflows.kpis.once import once
from workflows.kpis.periods import Period
from workflows.programs.model import USUAL_DAYS, WIDEST_DAYS, Measure, parse

LATELY = timedelta(weeks=26)
WIDEST = text(
    f"""
    SELECT program, max(long_days) AS days FROM kpi_enrollments
    WHERE org_id = :org AND long_days > {USUAL_DAYS} AND day >= :since GROUP BY program
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
    widest = _widest(session)
    return max(usual.days, max(widest.values(), default=0) if program is None else widest.get(program, 0))


def _widest(session: Session) -> Mapping[str, int]:
    """By program."""

    def read() -> Mapping[str, int]:
        asked = {"org": org_of(session), "since": local_days.today(session) - LATELY}
        return {row.program: row.days for row in session.execute(WIDEST, asked)}

    return once(session, "widest", read)


YOUNG = text(
    f"""
    SELECT DISTINCT program FROM kpi_enrollments
    WHERE org_id = :org AND counted AND long_days > {USUAL_DAYS} AND day BETWEEN :first AND :last
      AND day >= CAST(:today AS date) - long_days AND day < CAST(:today AS date) - {USUAL_DAYS}
    ORDER BY program
    """  # noqa: S608 - constants
)
"""Programs with runs in a period that are too young, while others of the same days are old enough."""


def told(session: Session, asked: Asked, figures: Sequence[Figure]) -> list[Figure]:
    """Figures that say their window, where it is not the usual one, and whose runs are not in them yet though others of those days are."""
    said = measures(session)
    owned = asked.program is None and asked.by != "program" and any(KPIS[one.kpi].own for one in figures)
    young = _too_young(session, asked.period) if owned else ""
    return [
        replace(
            one,
            window=window(one.kpi, one.group if asked.by == "program" and one.group else asked.program, said),
            note=" ".join(filter(None, (one.note, young if KPIS[one.kpi].own and one.denominator else ""))),
        )
        for one in figures
    ]


def _too_young(session: Session, period: Period) -> str:
    today = local_days.today(session)
    if period.last < today - timedelta(days=WIDEST_DAYS):
        return ""
    among = {"org": org_of(session), "first": period.first, "last": period.last, "today": today}
    programs = once(session, ("young", period), lambda: session.scalars(YOUNG, among).all())
    return f"Not in it: the runs of {', '.join(programs)} that still have time." if programs else ""


def measures(session: Session) -> Measures:
    """By code the programs that are measured otherwise than usual, as their newest versions say."""

    def read() -> Measures:
        found = {row.code: parse(row.source).measure for row in session.execute(SAID, {"org": org_of(session)})}
        return {code: said for code, said in sorted(found.items()) if said != Measure()}

    return once(session, "measures", read)


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
