"""Figures, from facts: enrollments and visits with what each KPI asks of them, counted by local day in every group.

`refresh` brings them up to what the rows say, looking only at what was written since; `rebuild` makes them from nothing; `go_on` does
either in parts that each commit. All end in the same numbers (docs/adr/0027). What is read is as of the last refresh: a day is old enough
when its KPI's window had passed by then.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import clock
from core.errors import Temporary
from storage.arrays import literal
from storage.db import now, org_of
from workflows import local_days
from workflows.kpis import (
    baselines,
    beside,
    case_facts,
    changes,
    enrollment_facts,
    makings,
    maturity,
    rollups,
    rounds,
    states,
    visit_facts,
)
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS, PHASES
from workflows.kpis.enrollment_facts import CLASSES
from workflows.kpis.figures import Figure, share
from workflows.kpis.once import forget
from workflows.kpis.written import AGES, CUTS, Changed

FORMULA = 3
"""Raise it when a definition changes: everything is counted anew then."""
MOST_PATIENTS = 5_000
"""More that changed at once, and it is all made anew, in parts."""
SMALL_PATIENTS, SMALL_TEXTS = 1_000, 5_000
"""Up to here everything takes less than a second."""
MOMENT_S, FEW_PATIENTS = 1.0, 200
"""What somebody who waits is let wait for: as long as the last refresh took, for so many patients about whom something was written."""
RESTS = timedelta(minutes=15)
HELD_S = 2.0
PLANNED = {"enable_nestloop": "off", "jit": "off", "work_mem": "64MB"}
"""What a query over everything needs: nobody knows how many rows a WITH has, and one pass over each of two tables is never a disaster."""
TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('kpis' || CAST(:org AS text), 0))")
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
    counted = _counts(session, asked, wanted)
    found: list[Figure] = []
    known = all(kpi in counted for kpi in wanted) or states.as_of(session) is not None
    for kpi in wanted:
        groups = counted.get(kpi, {})
        if not groups:
            found.append(_nothing(asked, kpi, known=known))
        for group, (hits, of) in groups.items():
            found.append(share(kpi, hits, of, period=asked.period, group=group, phase=asked.phase))
    return maturity.told(session, asked, found)


def blocked(session: Session, asked: Asked) -> list[tuple[str, int]]:
    """Texts that a rule stopped, by rule, the most first."""
    rules = _counts(session, asked, ["blocked"], cut=rollups.RULE).get("blocked", {})
    return sorted(((rule, hits) for rule, (hits, _) in rules.items()), key=lambda one: (-one[1], one[0]))


def refresh(session: Session) -> bool:
    """Bring the counts up to what the rows say now; False, and nothing done, while somebody else is at it."""
    if not _locked(session):
        return False
    for _ in range(2 if is_being_made(session) else 1):  # what was written since that making began, besides
        while _go_on(session):
            pass
    return True


def go_on(session: Session, *, tried: int = 1) -> bool:
    """One part of a refresh, seconds however large the clinic is; True while there is more. Temporary while somebody else is at it.

    `tried`: how often this part was; each time it is of half as much.
    """
    _demand_lock(session)
    return _go_on(session, tried=tried, longest="50s")


def catch_up(session: Session) -> bool:
    """While somebody waits: a refresh where that takes a moment; else False, what is read stays, and the lane is asked for one."""
    if not _locked(session):
        return False
    if _is_small(session):
        while _go_on(session):
            pass
        return True
    state, here = states.state(session), changes.here(session)
    since = here.since(state.seen) if state and state.basis == _basis(session, here) else None
    if since is not None and state.took_s <= MOMENT_S:
        began, patients = clock.monotonic(), changes.patients(session, since)
        if len(patients) <= FEW_PATIENTS:
            _plan(session, "10s")
            _of_these(session, here, (since, patients), began)
            return True
    if since is None or now(session) - state.as_of >= RESTS:
        rounds.ask(session)
    return False


def rebuild(session: Session) -> None:
    """Forget every count and fact, and make them anew."""
    begin_anew(session)
    for facts in (enrollment_facts, visit_facts, case_facts):
        facts.FACTS.clear(session)
    while _go_on(session):
        pass


def begin_anew(session: Session) -> None:
    """Have everything made anew; what is read stays until it is done. Temporary while somebody else is at it."""
    _demand_lock(session)
    here = changes.here(session)
    makings.begin(session, seen=here.seen, basis=_basis(session, here))


def _locked(session: Session) -> bool:
    return bool(session.scalar(TRY_LOCK, {"org": org_of(session)}))


def _demand_lock(session: Session) -> None:
    if not _locked(session):
        raise Temporary("the counts are being made by somebody else", retry_after_s=HELD_S)


def is_being_made(session: Session) -> bool:
    """Everything is being made anew just now."""
    return makings.under_way(session) is not None


def _go_on(session: Session, *, tried: int = 1, longest: str = "10min") -> bool:
    """A part of what is being made anew, else what changed; True while there is more."""
    began = clock.monotonic()
    _plan(session, longest)
    state, here, making = states.state(session), changes.here(session), makings.under_way(session)
    basis = _basis(session, here)
    if making is not None and making.basis == basis and here.since(making.seen) is not None:
        more = makings.go_on(session, making, tried=tried)
        _plan_as_usual(session)
        return more
    since = here.since(state.seen) if state and state.basis == basis else None
    patients = changes.patients(session, since) if since is not None else []
    if since is None or len(patients) > MOST_PATIENTS:
        makings.begin(session, seen=here.seen, basis=basis)
        return True
    _of_these(session, here, (since, patients), began)
    return False


def _of_these(session: Session, here: changes.Here, changed: tuple[str, list[UUID]], began: float) -> None:
    """What was written since about these patients."""
    since, patients = changed
    made = states.state(session).made
    runs = enrollment_facts.put(session, patients) if patients else Changed()
    visits = visit_facts.put(session, patients) if patients else Changed()
    rollups.count(session, rollups.OF_ENROLLMENTS, runs.days, made=made)
    rollups.count(session, rollups.OF_VISITS, visits.days, made=made)
    texts = rollups.days_of_texts(session, since, literal(runs.units))
    rollups.count(session, rollups.OF_TEXTS, texts, made=made)
    case_facts.put(session, changes.cases(session, since, runs.units))
    _plan_as_usual(session)
    kept = {"as_of": now(session), "seen": str(here.seen), "basis": _basis(session, here), "made": made}
    makings.keep(session, **kept, took_s=clock.monotonic() - began)


def _plan(session: Session, longest: str) -> None:
    for name, value in {**PLANNED, "statement_timeout": longest}.items():
        session.execute(text(f"SET LOCAL {name} = '{value}'"))


def _plan_as_usual(session: Session) -> None:
    forget(session)
    for setting in (*PLANNED, "statement_timeout"):
        session.execute(text(f"SET LOCAL {setting} TO DEFAULT"))


def _is_small(session: Session) -> bool:
    return not session.scalar(IS_LARGE, {"org": org_of(session), "patients": SMALL_PATIENTS, "texts": SMALL_TEXTS})


IS_LARGE = text(
    """
    SELECT EXISTS (SELECT FROM patients WHERE org_id = :org OFFSET :patients)
        OR EXISTS (SELECT FROM messages WHERE org_id = :org OFFSET :texts)
    """
)


def _basis(session: Session, here: changes.Here) -> str:
    """What the counts stand on besides the rows: with another one they are made anew."""
    return f"{FORMULA}:{local_days.zone(session).key}:{here.basis}:{case_facts.hours(session)}"


def _counts(
    session: Session, asked: Asked, kpis: Iterable[str], *, cut: str = ""
) -> dict[str, dict[str, tuple[int, int]]]:
    """{KPI: {group: (numerator, denominator)}} of what is old enough, each run by the long window of its own version."""
    names = [kpi for kpi in kpis if cut or _splits(kpi, asked.by)]
    if not names:
        return {}
    by = "" if cut else COLUMN_CUTS.get(asked.by, "")
    rows = session.execute(
        text(READ.replace("{group}", by or "grp")),
        {
            "org": org_of(session), "cut": "" if by else cut or asked.by, "program": asked.program, "phase": asked.phase,
            "first": asked.period.first, "last": asked.period.last, "kpis": names, "zone": local_days.zone(session).key,
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
    WHERE d.org_id = :org AND d.made = (SELECT made FROM kpi_states WHERE org_id = :org)
      AND d.cut = :cut AND d.day BETWEEN :first AND :last
      AND d.day < (SELECT (as_of AT TIME ZONE :zone)::date FROM kpi_states WHERE org_id = :org)
          - CASE WHEN w.own THEN d.long_days ELSE w.days END
      AND (CAST(:program AS text) IS NULL OR d.program = :program) AND (:phase = '' OR d.phase = :phase)
    GROUP BY 1, 2
"""
"""Days are old enough whose whole window had passed."""


def _splits(kpi: str, by: str) -> bool:
    return by in ("", *CUTS, *COLUMN_CUTS) or (by == "class" and kpi in CLASSED)


def _nothing(asked: Asked, kpi: str, *, known: bool) -> Figure:
    """Why there is none, as a sentence; `known`: anything was ever counted."""
    if not _splits(kpi, asked.by):
        note = f"This is not split by {asked.by}."
    elif not known:
        note = "Figures are being made for the first time."
    else:
        return share(kpi, 0, 0, period=asked.period, phase=asked.phase)
    return Figure(kpi, 0, 0, asked.period, phase=asked.phase, note=note)


def _place(by: str, group: str) -> tuple[int, str]:
    order = ORDER.get(by, ())
    return (order.index(group) if group in order else len(order), group)
