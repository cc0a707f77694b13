"""Who belongs to a cohort now: one statement over the mirror, kept as a run with its funnel and each member's evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core import clock
from core.errors import Refused
from storage import feeds
from storage.db import new_id, now, org_of, vault
from storage.tables import Cohort, CohortMember, CohortRun, Patient
from workflows.cohorts import spec as specs
from workflows.cohorts.compiling import GUARDS, Moment, compile_rule
from workflows.cohorts.periods import Span
from workflows.surroundings import organisation_of

OUTS_KEPT_FOR = timedelta(days=7)
BASE = ("deceased", "inactive", "birth_unknown", "age", "sex")


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation. `funnel`: considered, steps (step, out, left) in order, in, and the feeds that were stale."""

    id: UUID
    cohort_id: UUID
    funnel: dict[str, Any]


def evaluate(session: Session, cohort_id: UUID, *, program: str | None = None) -> Run:
    """Ask a cohort's rule, or judge its list, now. Who may be contacted is another question (campaign preview, gate).

    `program`: whose live and recent enrollments keep a patient out; the rule's own when none is named.
    """
    cohort = get(session, cohort_id)
    spec = rule_of(cohort)
    spec = spec.model_copy(update={"program": program}) if program else spec
    zone = organisation_of(session).zone
    moment = Moment(now(session), now(session).astimezone(ZoneInfo(zone)).date(), zone)
    row = CohortRun(
        org_id=org_of(session), id=new_id(session), cohort_id=cohort.id, evaluated_at=now(session), source=cohort.source
    )
    session.add(row)
    session.flush()
    stale = stale_feeds(session, spec)
    sql, values = compile_rule(
        spec, moment, listed=cohort.kind != "rule", misaged=_misaged(session, spec, today=moment.today)
    )
    asked = {"org": org_of(session), "run": row.id, "cohort": cohort.id, "stale": bool(stale)}
    counts = {row.reason: row.patients for row in session.execute(text(sql), asked | values)}
    row.funnel = funnel(spec, counts, stale=stale)
    session.flush()
    return Run(row.id, cohort.id, row.funnel)


def get(session: Session, cohort_id: UUID) -> Cohort:
    """One cohort. Raises Refused."""
    found = session.scalar(select(Cohort).where(Cohort.org_id == org_of(session), Cohort.id == cohort_id))
    if found is None:
        raise Refused("There is no such cohort here.")
    return found


def by_code(session: Session, code: str) -> Cohort:
    """One cohort by its short name. Raises Refused."""
    found = session.scalar(select(Cohort).where(Cohort.org_id == org_of(session), Cohort.code == code))
    if found is None:
        raise Refused(f"There is no cohort '{code}' here: `cohort list` names those there are.")
    return found


def rule_of(cohort: Cohort) -> specs.Cohort:
    """A cohort's rule; that of a list is the guards alone."""
    if cohort.source is None:
        return specs.Cohort(cohort=cohort.code, title=cohort.title, why="list")
    return specs.parse(cohort.source)


def members(session: Session, run_id: UUID, *, verdict: str = "in") -> list[CohortMember]:
    """Those of a run with this verdict, in the order of their ids."""
    found = select(CohortMember).where(
        CohortMember.org_id == org_of(session), CohortMember.run_id == run_id, CohortMember.verdict == verdict
    )
    return list(session.scalars(found.order_by(CohortMember.patient_id)))


def forget_outs(session: Session) -> int:
    """Drop who was out of runs older than a week; who was in stays, and so does the funnel. How many."""
    old = select(CohortRun.id).where(
        CohortRun.org_id == org_of(session), CohortRun.evaluated_at < now(session) - OUTS_KEPT_FOR
    )
    gone = delete(CohortMember).where(
        CohortMember.org_id == org_of(session), CohortMember.verdict == "out", CohortMember.run_id.in_(old)
    )
    return len(session.execute(gone.returning(CohortMember.patient_id)).all())


def funnel(spec: specs.Cohort, counts: Mapping[str, int], *, stale: list[str]) -> dict[str, Any]:
    """From counts by reason to steps in the order they are asked, with how many each took out and left."""
    order = [*BASE, *(f"require.{rule.name}" for rule in spec.require)]
    order += [*(f"exclude.{rule.name}" for rule in spec.exclude), *GUARDS, "max_size"]
    asked = {f"require.{rule.name}" for rule in spec.require} | {f"exclude.{rule.name}" for rule in spec.exclude}
    left = sum(counts.values())
    told: dict[str, Any] = {"considered": left, "steps": [], "in": counts.get("in", 0), "stale": stale}
    for step in order:
        out = counts.get(step, 0)
        left -= out
        if out or step in asked:
            told["steps"].append({"step": step, "out": out, "left": left})
    return told


def stale_feeds(session: Session, spec: specs.Cohort) -> list[str]:
    """Feeds that an exclusion relies on and that nobody has read lately: what is missing there is no gap in care."""
    today = clock.machine().date()
    limit = Span.parse(spec.stale_after).before(today)
    wanted = sorted({rule.resource for rule in spec.exclude})
    read = {resource: feeds.read_at(session, resource) for resource in wanted}
    return [resource for resource, at in read.items() if at is None or at.date() < limit]


def _misaged(session: Session, spec: specs.Cohort, *, today: date) -> list[UUID]:
    """Only the birth year is plain for SQL (ADR 0013): in the years on the edge of the age range the sealed date decides."""
    age = spec.base.age
    if age is None:
        return []
    edges = {today.year - age.from_, today.year - age.to - 1}
    found = select(Patient.id, Patient.birth_date).where(
        Patient.org_id == org_of(session), Patient.birth_year.in_(edges), Patient.active, Patient.deceased.is_(False)
    )
    keys = vault(session)
    return [
        patient_id
        for patient_id, sealed in session.execute(found)
        if sealed is None
        or not age.from_
        <= age_on(date.fromisoformat(keys.open(sealed, "patients.birth_date", patient_id)), today)
        <= age.to
    ]


def age_on(born: date, day: date) -> int:
    """Whole years; who was born on 29 February is a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
