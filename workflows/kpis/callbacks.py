"""Why patients call in: as a phone system counts it by the week (a CSV), and as staff log it on cases (Log a call).

Avoidable are calls about instructions, the time of a visit, a form, or what was answered before. The reduction (S117) is 1 − (avoidable
calls per 100 discharges ÷ the baseline's). Without a source there is no figure. Definitions: docs/kpis.md.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import CallbackWeek, ProgramRow
from workflows import local_days
from workflows.case_calls import LOGGED, WHY
from workflows.kpis import baselines
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period
from workflows.kpis.written import wanted

KPI = "avoidable_callbacks"
COLUMNS = ("week", "reason", "count")
AVOIDABLE = ("instructions", "visit_time", "form", "repeat")
REASONS = tuple(WHY)
MOST_LINES = 20_000
MOST_CALLS = 1_000_000
NO_SOURCE = "no data: no calls were brought in (`callbacks import`) nor logged on cases."
WEEKS = text(
    """
    SELECT reason, sum(calls)::int AS calls FROM callback_weeks
    WHERE org_id = :org AND week >= :first AND week + 6 <= :last AND (CAST(:program AS text) IS NULL OR program = :program)
    GROUP BY reason
    """
)
"""Whole weeks within the period: a week that is only partly in it cannot be divided."""

KNOWN_WEEKS = text(
    """
    SELECT DISTINCT week FROM callback_weeks
    WHERE org_id = :org AND week >= :first AND week + 6 <= :last AND (CAST(:program AS text) IS NULL OR program = :program) ORDER BY week
    """
)
"""What a phone system says of all programs together says nothing of one."""

ON_CASES = text(
    """
    SELECT split_part(v.detail, ':', 2) AS reason, count(*)::int AS calls
    FROM case_events v
    JOIN cases c ON c.org_id = v.org_id AND c.id = v.case_id
    LEFT JOIN enrollments e ON e.org_id = c.org_id AND e.id = c.enrollment_id
    LEFT JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
    WHERE v.org_id = :org AND v.what = :logged AND v.detail LIKE 'they_called:%' AND v.at >= :begins AND v.at < :ends
      AND c.kind <> 'practice' AND (CAST(:program AS text) IS NULL OR p.code = :program)
    GROUP BY 1
    """
)
DISCHARGES = text(
    """
    SELECT count(DISTINCT t.id) FROM trigger_events t
    LEFT JOIN enrollments e ON e.org_id = t.org_id AND e.trigger_event_id = t.id
    LEFT JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
    WHERE t.org_id = :org AND t.kind = 'encounter.discharged' AND t.occurred_at >= :begins AND t.occurred_at < :ends
      AND (CAST(:program AS text) IS NULL OR p.code = :program)
      AND (CAST(:weeks AS date[]) IS NULL OR date_trunc('week', t.occurred_at AT TIME ZONE :zone)::date = ANY(CAST(:weeks AS date[])))
    """
)
"""Of the weeks that were counted, where calls are those of weeks."""


@dataclass(frozen=True, slots=True)
class Week:
    """How many called in the week that begins on this Monday, for one reason; `program` "" where the file does not say."""

    week: date
    reason: str
    calls: int
    program: str = ""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """`by_reason` of the period, from the phone system where it counted whole weeks of it, else from cases; `source` says which."""

    by_reason: Mapping[str, int]
    avoidable: int
    discharges: int
    source: str  # phone, cases, ""
    first: date
    last: date

    @property
    def per_100(self) -> float | None:
        """Avoidable calls per 100 discharges; None without a source, or with fewer than ten discharges."""
        return 100 * self.avoidable / self.discharges if self.source and self.discharges >= FEWEST else None


def parse(lines: Iterable[str]) -> list[Week]:
    """Read a CSV with the columns week, reason, count and, if wanted, program; Refused names the line. A week is its Monday."""
    reader = csv.DictReader(lines, strict=True)
    try:
        if tuple(reader.fieldnames or ()) not in (COLUMNS, (*COLUMNS, "program")):
            raise Refused(
                f"The first line must be: {','.join(COLUMNS)}, with program after it if wanted. Nothing was kept."
            )
        found = [_line(row, reader.line_num) for row in reader]
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} is not CSV. Nothing was kept.") from error
    if not found:
        raise Refused("There is no line below the first. Nothing was kept.")
    if len(found) > MOST_LINES:
        raise Refused(f"That is more than {MOST_LINES} lines. Nothing was kept.")
    twice = Counter((one.week, one.reason, one.program) for one in found).most_common(1)[0]
    if twice[1] > 1:
        raise Refused(f"{twice[0][1]} of {twice[0][0]} is there twice. Nothing was kept.")
    return found


def _line(row: Mapping[str | None, Any], place: int) -> Week:
    if None in row or None in row.values():
        raise Refused(f"Line {place}: it has too many or too few columns. Nothing was kept.")
    try:
        week, calls = date.fromisoformat(row["week"].strip()), int(row["count"])
    except ValueError as error:
        raise Refused(
            f"Line {place}: week is a day like 2026-11-23, count a whole number. Nothing was kept."
        ) from error
    if week.weekday() != 0:
        raise Refused(f"Line {place}: {week} is no Monday; a week is named by its Monday. Nothing was kept.")
    reason = row["reason"].strip()
    if reason not in REASONS:
        raise Refused(f"Line {place}: there is no such reason. It is one of {', '.join(REASONS)}. Nothing was kept.")
    if not 0 <= calls <= MOST_CALLS:
        raise Refused(f"Line {place}: count is 0 to {MOST_CALLS}. Nothing was kept.")
    return Week(week, reason, calls, (row.get("program") or "").strip())


def keep(session: Session, weeks: Iterable[Week], *, actor: str) -> int:
    """Keep them, over what was there for the same week, reason and program: the same file twice is the same as once."""
    weeks = list(weeks)
    _demand_past(session, weeks)
    _demand_programs(session, weeks)
    for one in weeks:
        values: dict[str, Any] = {"calls": one.calls, "kept_at": now(session)}
        row = insert(CallbackWeek).values(
            org_id=org_of(session), week=one.week, reason=one.reason, program=one.program, **values
        )
        session.execute(row.on_conflict_do_update(index_elements=["org_id", "week", "reason", "program"], set_=values))
    span = f"{min(one.week for one in weeks)}..{max(one.week for one in weeks)}"
    audit.record(session, "callbacks.kept", actor=actor, subject=("callbacks", span), lines=len(weeks))
    return len(weeks)


def _demand_past(session: Session, weeks: Iterable[Week]) -> None:
    today = local_days.today(session)
    if early := next((one.week for one in weeks if one.week + timedelta(days=6) >= today), None):
        raise Refused(f"The week of {early} is not over yet. Nothing was kept.")


def _demand_programs(session: Session, weeks: Iterable[Week]) -> None:
    known = set(session.scalars(select(ProgramRow.code).where(ProgramRow.org_id == org_of(session)))) | {""}
    if strange := next((one for one in weeks if one.program not in known), None):
        raise Refused(f"The week of {strange.week} names a program that is not here. Nothing was kept.")


def counted(session: Session, period: Period, *, program: str | None = None) -> Callbacks:
    """Calls by reason and discharges; over the whole weeks of the period where a phone system counted them."""
    asked: dict[str, Any] = {
        "org": org_of(session),
        "first": period.first,
        "last": period.last,
        "program": program,
        "weeks": None,
    }
    if weeks := list(session.scalars(KNOWN_WEEKS, asked)):
        days = Period(weeks[0], weeks[-1] + timedelta(days=6))
        return _made(session, WEEKS, asked | {"weeks": wanted(weeks)}, source="phone", days=days)
    return _made(session, ON_CASES, asked | {"logged": LOGGED}, source="cases", days=period)


def _made(session: Session, query: Any, asked: dict[str, Any], *, source: str, days: Period) -> Callbacks:
    begins, _ = local_days.span(session, days.first)
    _, ends = local_days.span(session, days.last)
    where = asked | {"begins": begins, "ends": ends, "zone": local_days.zone(session).key}
    found = {row.reason: row.calls for row in session.execute(query, where)}
    discharges = int(session.scalar(DISCHARGES, where) or 0)
    avoidable = sum(found.get(reason, 0) for reason in AVOIDABLE)
    known = source == "phone" or bool(found)
    return Callbacks(found, avoidable, discharges, source if known else "", days.first, days.last)


def figures(session: Session, asked: Asked) -> list[Figure]:
    """The reduction against the baseline; `numerator` the avoidable calls now, `denominator` the discharges. It is not split."""
    if asked.by:
        return []
    found = counted(session, _old_enough(session, asked.period), program=asked.program)
    return [reduction(found, baselines.of(session, KPI, asked.program), period=asked.period)]


def _old_enough(session: Session, period: Period) -> Period:
    """Its days of which 30 whole ones have passed."""
    return Period(period.first, min(period.last, local_days.today(session) - timedelta(days=KPIS[KPI].days + 1)))


def reduction(found: Callbacks, baseline: baselines.Line | None, *, period: Period) -> Figure:
    """1 − now ÷ before; more calls than before is below zero. A note says what is missing."""
    bare = Figure(KPI, found.avoidable, found.discharges, period)
    if not found.source:
        return Figure(KPI, 0, found.discharges, period, note=NO_SOURCE)
    if found.per_100 is None:
        return Figure(KPI, found.avoidable, found.discharges, period, note="Too few discharges for a rate.")
    if baseline is None:
        note = f"{found.per_100:.0f} avoidable calls per 100 discharges; no baseline to hold it against."
        return Figure(KPI, bare.numerator, bare.denominator, period, note=note)
    if baseline.numerator == 0:
        return Figure(KPI, bare.numerator, bare.denominator, period, note="The baseline has no avoidable calls.")
    before = 100 * baseline.numerator / baseline.denominator
    return Figure(KPI, bare.numerator, bare.denominator, period, value=1 - found.per_100 / before)
