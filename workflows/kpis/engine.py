"""Figures, from facts: enrollments and visits with what each KPI asks of them, counted by local day in every group.

`refresh` brings them up to what the rows say, looking only at what was written since; `rebuild` makes them from nothing. Both end in
the same numbers (docs/adr/0027). What is read is as of the last refresh: a day is old enough when its KPI's window had passed by then.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import now, org_of
from storage.tables import KpiState
from workflows import local_days
from workflows.kpis import baselines, beside, case_facts, changes, enrollment_facts, maturity, rollups, visit_facts
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS, PHASES
from workflows.kpis.enrollment_facts import CLASSES
from workflows.kpis.figures import Figure, share
from workflows.kpis.written import AGES, CUTS

FORMULA = 2
"""Raise it when a definition changes: everything is counted anew then."""
MOST_PATIENTS = 20_000
"""More that changed at once, and making it all anew is cheaper."""
PLANNED = ("statement_timeout = '10min'", "enable_nestloop = off", "jit = off", "work_mem = '64MB'")
"""What a query over everything needs: nobody knows how many rows a WITH has, and one pass over each of two tables is never a disaster."""
_KEY = "hashtextextended('kpis' || CAST(:org AS text), 0)"
LOCK, TRY_LOCK = (text(f"SELECT {lock}({_KEY})") for lock in ("pg_advisory_xact_lock", "pg_try_advisory_xact_lock"))
COLUMN_CUTS = {"program": "program", "phase": "phase", "week": "(day - (extract(isodow FROM day)::int - 1))::text"}
"""Splits that every count has by itself."""
ORDER = {"age": AGES, "class": CLASSES, "phase": PHASES}
CATALOGUE_ORDER = {kpi: place for place, kpi in enumerate(KPIS)}
CLASSED = frozenset({"escalation", "escalation_started"})


def figures(session: Session, asked: Asked) -> list[Figure]:
    """One figure a KPI, or one a KPI and group, KPIs in the order of the catalogue, groups always in the same order."""
    before = baselines.figures(session, asked) if asked.phase == "baseline" or asked.by == "phase" else []
    if asked.phase == "baseline":
        known = {figure.kpi: figure for figure in before}
        bare = Figure("", 0, 0, asked.period, phase=asked.phase, note="There is no baseline of it.")
        return [known.get(kpi, replace(bare, kpi=kpi)) for kpi in asked.kpis or KPIS]
    found = [*before, *_of_days(session, asked), *beside.figures(session, asked)]
    return sorted(found, key=lambda figure: (CATALOGUE_ORDER[figure.kpi], *_place(asked.by, figure.group)))


def _of_days(session: Session, asked: Asked) -> list[Figure]:
    apart = beside.kpis(asked.by)
    wanted = [kpi for kpi in (asked.kpis or KPIS) if kpi in rollups.KPIS and kpi not in apart]
    counted, measures = _counts(session, asked, wanted), maturity.measures(session)
    found: list[Figure] = []
    for kpi in wanted:
        groups = counted.get(kpi, {})
        if not groups:
            found.append(_nothing(session, asked, kpi))
        for group, (hits, of) in groups.items():
            found.append(share(kpi, hits, of, period=asked.period, group=group, phase=asked.phase))
    return [replace(one, window=maturity.window(one.kpi, _program(asked, one), measures)) for one in found]


def _program(asked: Asked, figure: Figure) -> str | None:
    return figure.group if asked.by == "program" and figure.group else asked.program


def blocked(session: Session, asked: Asked) -> list[tuple[str, int]]:
    """Texts that a rule stopped, by rule, the most first."""
    rules = _counts(session, asked, ["blocked"], cut=rollups.RULE).get("blocked", {})
    return sorted(((rule, hits) for rule, (hits, _) in rules.items()), key=lambda one: (-one[1], one[0]))


def as_of(session: Session) -> datetime | None:
    """When the figures were last brought up to date; None: never."""
    state = _state(session)
    return state.as_of if state else None


def refresh(session: Session) -> bool:
    """Bring the counts up to what the rows say now; False, and nothing done, while somebody else is at it."""
    if not session.scalar(TRY_LOCK, {"org": org_of(session)}):
        return False
    _plan(session)
    state, here = _state(session), changes.here(session)
    since = here.since(state.seen) if state and state.basis == _basis(session, here) else None
    if since is None:
        _all(session, here)
        return True
    patients = changes.patients(session, since)
    if len(patients) > MOST_PATIENTS:
        _all(session, here)
        return True
    runs = enrollment_facts.put(session, patients)
    visits = visit_facts.put(session, patients)
    rollups.count(session, rollups.OF_ENROLLMENTS, runs.days)
    rollups.count(session, rollups.OF_VISITS, visits.days)
    rollups.count(session, rollups.OF_TEXTS, rollups.days_of_texts(session, since, literal(runs.units)))
    as_before = state.hours == case_facts.hours(session)
    case_facts.put(session, changes.cases(session, since, runs.units) if as_before else None)
    _keep(session, here)
    return True


def rebuild(session: Session) -> None:
    """Forget every count and fact, and make them anew."""
    session.execute(LOCK, {"org": org_of(session)})
    _plan(session)
    _all(session, changes.here(session))


def _plan(session: Session) -> None:
    for setting in PLANNED:
        session.execute(text(f"SET LOCAL {setting}"))


def _all(session: Session, here: changes.Here) -> None:
    for facts in (enrollment_facts, visit_facts):
        facts.FACTS.clear(session)
        facts.put(session)
    rollups.count(session, (*rollups.OF_ENROLLMENTS, *rollups.OF_VISITS, *rollups.OF_TEXTS))
    case_facts.put(session)
    _keep(session, here)


def _keep(session: Session, here: changes.Here) -> None:
    values = {
        "as_of": now(session), "seen": str(here.seen), "basis": _basis(session, here), "hours": case_facts.hours(session),
    }  # fmt: skip
    for setting in PLANNED:
        session.execute(text(f"SET LOCAL {setting.partition(' ')[0]} TO DEFAULT"))
    kept = insert(KpiState).values(org_id=org_of(session), **values)
    session.execute(kept.on_conflict_do_update(index_elements=["org_id"], set_=values))


def _state(session: Session) -> Any:
    columns = KpiState.__table__.c
    found = KpiState.__table__.select().where(columns.org_id == org_of(session))
    return session.execute(found).one_or_none()


def _basis(session: Session, here: changes.Here) -> str:
    """What the counts stand on besides the rows: with another one they are made anew."""
    return f"{FORMULA}:{local_days.zone(session).key}:{here.basis}"


def _counts(
    session: Session, asked: Asked, kpis: Iterable[str], *, cut: str = ""
) -> dict[str, dict[str, tuple[int, int]]]:
    """{KPI: {group: (numerator, denominator)}} of what is old enough, each run by the long window of its own version."""
    state, names = _state(session), [kpi for kpi in kpis if cut or _splits(kpi, asked.by)]
    if state is None or not names:
        return {}
    today = state.as_of.astimezone(local_days.zone(session)).date()
    by = "" if cut else COLUMN_CUTS.get(asked.by, "")
    rows = session.execute(
        text(READ.replace("{group}", by or "grp")),
        {
            "org": org_of(session), "cut": "" if by else cut or asked.by, "program": asked.program, "phase": asked.phase,
            "first": asked.period.first, "last": asked.period.last, "kpis": names, "today": today,
            "days": [KPIS[kpi].days for kpi in names], "owns": [KPIS[kpi].own for kpi in names],
        },
    )  # fmt: skip
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for kpi, group, hits, of in rows:
        found.setdefault(kpi, {})[group if cut or asked.by else ""] = (hits, of)
    return found


READ = """
    SELECT d.kpi, {group} AS part, sum(d.numerator)::bigint, sum(d.denominator)::bigint
    FROM kpi_days d
    JOIN unnest(CAST(:kpis AS text[]), CAST(:days AS int[]), CAST(:owns AS boolean[])) AS w (kpi, days, own) ON w.kpi = d.kpi
    WHERE d.org_id = :org AND d.cut = :cut AND d.day BETWEEN :first AND :last
      AND d.day < CAST(:today AS date) - CASE WHEN w.own THEN d.long_days ELSE w.days END
      AND (CAST(:program AS text) IS NULL OR d.program = :program) AND (:phase = '' OR d.phase = :phase)
    GROUP BY 1, 2
"""
"""Days are old enough whose whole window had passed."""


def _splits(kpi: str, by: str) -> bool:
    return by in ("", *CUTS, *COLUMN_CUTS) or (by == "class" and kpi in CLASSED)


def _nothing(session: Session, asked: Asked, kpi: str) -> Figure:
    """Why there is none, as a sentence."""
    if not _splits(kpi, asked.by):
        note = f"This is not split by {asked.by}."
    elif as_of(session) is None:
        note = "Figures are being made for the first time."
    else:
        return share(kpi, 0, 0, period=asked.period, phase=asked.phase)
    return Figure(kpi, 0, 0, asked.period, phase=asked.phase, note=note)


def _place(by: str, group: str) -> tuple[int, str]:
    order = ORDER.get(by, ())
    return (order.index(group) if group in order else len(order), group)
