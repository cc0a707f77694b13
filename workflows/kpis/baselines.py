"""How it was before: KPIs of at least four weeks before the first live send, brought in or counted from the EHR, with the method.

Kept once a program and KPI ('' for all programs); brought in again it is replaced, and the audit has both.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import Baseline
from workflows import local_days
from workflows.intervals import Difference, difference
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

COLUMNS = ("program", "kpi", "numerator", "denominator", "from", "to", "method")
LEAST = timedelta(weeks=4)
MOST_WEEKS = 12
MOST_LINES = 2000
LONGEST_METHOD = 200
CALLBACKS = "avoidable_callbacks"
"""Its baseline is calls over discharges, which is no share."""

FROM_EHR = "counted from the EHR's appointments"
_PROGRAM = re.compile(r"[a-z][a-z0-9_]{0,59}|")
NO_SHOWS = text(
    """
    SELECT count(*) FILTER (WHERE a.status = 'noshow') AS hits,
        count(*) FILTER (WHERE NOT (a.status IN ('cancelled', 'entered-in-error')
            AND (a.status = 'entered-in-error' OR a.ehr_updated_at <= a.start_at - interval '24 hours'))) AS due,
        min(a.start_at) AS first
    FROM appointments a WHERE a.org_id = :org AND a.start_at >= :begins AND a.start_at < :ends
      AND a.status NOT IN ('proposed', 'waitlist')
    """
)
"""Visits due, but those cancelled a day ahead (by when the EHR changed them last) and those that were never real."""

FIRST_SEND = text(
    """
    SELECT min(sent_at) FROM messages WHERE org_id = :org AND direction = 'out' AND purpose = 'program'
      AND state IN ('accepted', 'sent', 'presumed_sent', 'delivered', 'undelivered', 'failed', 'read')
    """
)


@dataclass(frozen=True, slots=True)
class Line:
    """One KPI of one program before the outreach began."""

    program: str
    kpi: str
    numerator: int
    denominator: int
    first: date
    last: date
    method: str

    @classmethod
    def read(cls, row: dict[str, str], place: int) -> Self:
        """One line of the file; Refused says what is wrong with it."""
        try:
            numerator, denominator = int(row["numerator"]), int(row["denominator"])
            first, last = date.fromisoformat(row["from"].strip()), date.fromisoformat(row["to"].strip())
        except (TypeError, ValueError) as error:
            raise Refused(
                f"Line {place}: numerator and denominator are whole numbers, from and to days like 2026-09-01. Nothing was kept."
            ) from error
        made = cls(
            row["program"].strip(), row["kpi"].strip(), numerator, denominator, first, last, row["method"].strip()
        )
        if wrong := made.wrong():
            raise Refused(f"Line {place}: {wrong} Nothing was kept.")
        return made

    def wrong(self) -> str:
        """Why it cannot be a baseline; "" when it can."""
        if self.kpi not in KPIS:
            return f"there is no KPI of that name. It is one of {', '.join(KPIS)}."
        if not _PROGRAM.fullmatch(self.program):
            return "program is a program's code, or empty for all."
        if self.last < self.first:
            return "it ends before it begins."
        if self.last - self.first + timedelta(days=1) < LEAST:
            return "a baseline is of at least four weeks, and this one is of fewer."
        if self.numerator < 0 or self.denominator < 1 or self._too_many():
            return "the numerator is not a part of the denominator."
        if not 1 <= len(self.method) <= LONGEST_METHOD:
            return f"method says how it was counted, in 1 to {LONGEST_METHOD} characters."
        return ""

    def _too_many(self) -> bool:
        return KPIS[self.kpi].kind == "share" and self.kpi != CALLBACKS and self.numerator > self.denominator


@dataclass(frozen=True, slots=True)
class Delta:
    """A figure less its baseline, with its interval; None with a `note` that says why."""

    baseline: Line | None
    change: Difference | None
    note: str = ""


def parse(lines: Iterable[str]) -> list[Line]:
    """Read a CSV with exactly these columns: program, kpi, numerator, denominator, from, to, method. Refused names the line."""
    reader = csv.DictReader(lines, strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Refused(f"The first line must be: {','.join(COLUMNS)}. Nothing was kept.")
        found = []
        for row in reader:
            if None in row or None in row.values():
                raise Refused(f"Line {reader.line_num}: it needs {len(COLUMNS)} columns. Nothing was kept.")
            found.append(Line.read(row, reader.line_num))
            if len(found) > MOST_LINES:
                raise Refused(f"That is more than {MOST_LINES} lines. Nothing was kept.")
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} is not CSV. Nothing was kept.") from error
    keys = [(line.program, line.kpi) for line in found]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise Refused(f"{twice[1]} of {twice[0] or 'all programs'} is there twice. Nothing was kept.")
    if not found:
        raise Refused("There is no line below the first. Nothing was kept.")
    return found


def keep(session: Session, lines: Iterable[Line], *, actor: str) -> int:
    """Keep them, over what was there; how many are new or other than before. Refused, and nothing kept, for one after the first send."""
    began = first_send(session)
    changed = 0
    for line in lines:
        if began is not None and line.last >= began:
            raise Refused(
                f"The first text left on {began.isoformat()}: a baseline ends before that day. Nothing was kept."
            )
        changed += _keep(session, line, actor=actor)
    return changed


def _keep(session: Session, line: Line, *, actor: str) -> bool:
    before = of(session, line.kpi, line.program, exactly=True)
    if before == line:
        return False
    values: dict[str, Any] = {
        "numerator": line.numerator, "denominator": line.denominator, "first": line.first, "last": line.last,
        "method": line.method, "kept_at": now(session),
    }  # fmt: skip
    row = insert(Baseline).values(org_id=org_of(session), program=line.program, kpi=line.kpi, **values)
    session.execute(row.on_conflict_do_update(index_elements=["org_id", "program", "kpi"], set_=values))
    was = f"{before.numerator}/{before.denominator}" if before else None
    audit.record(
        session, "baseline.kept", actor=actor, subject=("baseline", f"{line.program or 'all'}:{line.kpi}"), was=was,
        now=f"{line.numerator}/{line.denominator}", first=line.first.isoformat(), last=line.last.isoformat(),
    )  # fmt: skip
    return True


def from_ehr(session: Session) -> Line:
    """No-shows of the weeks before the first live send (before today, where none left yet), as the EHR's mirror has them.

    At most twelve weeks, at least four, counted back from the day before. Refused where the mirror does not reach so far.
    """
    until = first_send(session) or local_days.today(session)
    begins, _ = local_days.span(session, until - timedelta(weeks=MOST_WEEKS))
    ends, _ = local_days.span(session, until)
    row = session.execute(NO_SHOWS, {"org": org_of(session), "begins": begins, "ends": ends}).one()
    first = row.first.astimezone(local_days.zone(session)).date() if row.first else until
    if until - first < LEAST or row.due < FEWEST:
        raise Refused(
            f"A baseline needs four weeks of visits before {until.isoformat()}, and the EHR's mirror has fewer. "
            "Bring in older visits (`import fhir`), or a file (`baseline import`). Nothing was kept."
        )
    return Line("", "no_show", row.hits, row.due, first, until - timedelta(days=1), FROM_EHR)


def first_send(session: Session) -> date | None:
    """The local day on which the first text of a program left."""
    at = session.scalar(FIRST_SEND, {"org": org_of(session)})
    return at.astimezone(local_days.zone(session)).date() if at else None


def every(session: Session) -> list[Line]:
    """All that are kept."""
    rows = session.scalars(
        select(Baseline).where(Baseline.org_id == org_of(session)).order_by(Baseline.program, Baseline.kpi)
    )
    return [_line(row) for row in rows]


def by_name(session: Session) -> dict[tuple[str, str], Line]:
    """(program, KPI) → its line; program "" is all of them."""
    return {(line.program, line.kpi): line for line in every(session)}


def of(session: Session, kpi: str, program: str | None = None, *, exactly: bool = False) -> Line | None:
    """A program's own baseline of a KPI; that of all programs where it has none (not when `exactly`)."""
    wanted = [program or ""] if exactly else [program or "", ""]
    found = select(Baseline).where(
        Baseline.org_id == org_of(session), Baseline.kpi == kpi, Baseline.program.in_(wanted)
    )
    row = session.scalars(found.order_by(Baseline.program.desc()).limit(1)).first()
    return _line(row) if row else None


def figures(session: Session, asked: Asked) -> list[Figure]:
    """The baselines of a program (or of all) as figures of the phase "baseline", each of its own days; a KPI without one has none."""
    known = by_name(session)
    wanted = [kpi for kpi in KPIS if not asked.kpis or kpi in asked.kpis]
    lines = [known.get((asked.program or "", kpi)) or known.get(("", kpi)) for kpi in wanted]
    group = "baseline" if asked.by == "phase" else ""
    return [replace(_figure(line), group=group) for line in lines if line is not None]


def _figure(line: Line) -> Figure:
    period, counted = Period(line.first, line.last), line.numerator <= line.denominator
    if KPIS[line.kpi].kind == "share" and line.kpi != CALLBACKS and counted:
        return share(line.kpi, line.numerator, line.denominator, period=period, phase="baseline")
    note = f"{line.numerator} of {line.denominator}, {line.method}"
    return Figure(line.kpi, line.numerator, line.denominator, period, phase="baseline", note=note)


def delta(session: Session, figure: Figure, program: str | None = None) -> Delta:
    """How far a figure is from its baseline."""
    return against(figure, of(session, figure.kpi, program))


def against(figure: Figure, baseline: Line | None) -> Delta:
    """A share less its baseline's with Newcombe's interval; of fewer than ten no difference is said."""
    if baseline is None:
        return Delta(None, None, "There is no baseline of it.")
    if KPIS[figure.kpi].kind != "share":
        return Delta(baseline, None, "Only shares are held against a baseline.")
    if min(figure.denominator, baseline.denominator) < FEWEST:
        return Delta(baseline, None, "Too few for a comparison.")
    now_, before = (figure.denominator, int(figure.numerator)), (baseline.denominator, baseline.numerator)
    if now_[1] > now_[0] or before[1] > before[0]:
        return Delta(baseline, None, "It is no share: nothing to compare.")
    return Delta(baseline, difference(now_, before))


def _line(row: Baseline) -> Line:
    return Line(row.program, row.kpi, row.numerator, row.denominator, row.first, row.last, row.method)
