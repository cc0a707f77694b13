"""May this trigger start this program, and how? One ruling with its reason, asked before anything is sent (S89, S98-S106)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Enrollment, PhoneNumber, ProgramRow
from workflows import pilot, policy, pre_check, tags
from workflows.pilot import Grant
from workflows.policy import Rule
from workflows.programs.model import AskStep, Program, duration

ENROLLED, HUMAN, MISSING = "enrolled", "human_owned", "pre_check"
STARTS = (ENROLLED, HUMAN, MISSING)
SAYS = {
    ENROLLED: "The program has started.",
    HUMAN: "A person owns this run: a case was opened, nothing is automated.",
    MISSING: "Something is missing before contact: a case was opened, nothing is sent.",
    "no_program": "No live program is for this.",
    "no_patient": "The patient is not known here: a case was opened for a person.",
    "not_allowed": "This source may not start this program.",
    "not_open": "The program is not open to this source, site or segment.",
    "stale": "It is too old for this program; it was recorded and nothing is sent.",
    "again_too_soon": "The patient was in this program too recently.",
    "hcahps_window": "The patient is in the HCAHPS sample: no survey of ours for 49 days after discharge.",
    "pilot_locked": "The program is being piloted and gives out no more runs here until a manager approves it.",
}
HCAHPS_TAG = "hcahps_sampled"
HCAHPS_DAYS = 49


@dataclass(frozen=True, slots=True)
class Heard:
    """S90: source, timestamp, owner and business context. `external_id` is the source's own, so that it counts once.

    `site` and `segment` are codes; `confidence` (0 to 1) is how sure the source is of its patient, None for the EHR's own record.
    `program` starts that one whatever its event; `allowed` are the programs this source may start, None for all. `digest` is of
    what an outside source said. No patient: nobody we know. `starts_at`: not before this instant, None for at once.
    """

    source: str
    external_id: str
    kind: str
    occurred_at: datetime
    owner: str
    patient_id: UUID | None
    appointment_id: UUID | None
    context: dict[str, Any]
    site: str | None = None
    segment: str | None = None
    confidence: float | None = None
    program: str | None = None
    allowed: Collection[str] | None = None
    digest: str | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """`verdict`: one of SAYS. `rule` is the policy that sends it to people, `missing` what the pre-check did not find."""

    verdict: str
    rule: Rule | None = None
    missing: tuple[str, ...] = ()
    grant: Grant | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def judge(
    session: Session, heard: Heard, row: ProgramRow, program: Program, *, number: PhoneNumber | None, site: str
) -> Ruling:
    """What forbids first, then what makes it a person's, then the pilot, then what is missing. The patient is known.

    `site` is one of the organisation's own ('' otherwise): a pilot is not split by rooms. A run that a person owns takes no run of
    the pilot; one that waits for what is missing does, since it may still be sent.
    """
    refusal = _closed(heard, row, program, at=now(session)) or _again(session, heard, row, program)
    if refusal:
        return refusal
    marks = tags.of(session, _patient(heard), heard.context)
    if _is_survey(program) and _sampled(marks, at=now(session)):
        return Ruling("hcahps_window")
    rule = policy.first(marks, heard.confidence)
    if rule is not None:
        return Ruling(HUMAN, rule=rule)
    grant = pilot.take(session, pilot.Key(row.id, heard.source, heard.segment or "", site))
    if not grant.granted:
        return Ruling("pilot_locked")
    missing = pre_check.missing(
        session,
        program,
        patient_id=_patient(heard),
        number=number,
        visit_id=heard.appointment_id,
        context=heard.context,
    )
    return Ruling(MISSING if missing else ENROLLED, missing=tuple(missing), grant=grant)


def span(text: str) -> timedelta:
    """A duration of the program language as elapsed time; days count 24 h."""
    n, unit = duration(text)
    return {"h": timedelta(hours=n), "m": timedelta(minutes=n)}.get(unit, timedelta(days=n))


def _closed(heard: Heard, row: ProgramRow, program: Program, *, at: datetime) -> Ruling | None:
    if heard.allowed is not None and row.code not in heard.allowed:
        return Ruling("not_allowed")
    gates = (
        ("sources", program.open_to.sources, heard.source),
        ("sites", program.open_to.sites, heard.site),
        ("segments", program.open_to.segments, heard.segment),
    )
    for name, allowed, said in gates:
        if allowed is not None and said not in allowed:
            return Ruling("not_open", detail={"closed_to": name})
    late = at - heard.occurred_at
    if program.trigger.fresh and late > span(program.trigger.fresh):
        return Ruling("stale", detail={"late_h": int(late.total_seconds() // 3600)})
    return None


def _again(session: Session, heard: Heard, row: ProgramRow, program: Program) -> Ruling | None:
    """A program that names `again_after` takes a patient again only that long after the last time."""
    if program.trigger.again_after is None:
        return None
    last = session.scalar(
        select(func.max(Enrollment.started_at)).where(
            Enrollment.org_id == org_of(session),
            Enrollment.program_id == row.id,
            Enrollment.patient_id == _patient(heard),
        )
    )
    if last is None or now(session) - last > span(program.trigger.again_after):
        return None
    return Ruling("again_too_soon", detail={"last": last.date().isoformat()})


def _is_survey(program: Program) -> bool:
    return any(isinstance(step, AskStep) and step.context == "survey_0_10" for step in program.steps.values())


def _sampled(marks: Mapping[str, datetime], *, at: datetime) -> bool:
    """H1: the hospital's own HCAHPS survey comes first, for 49 days."""
    return HCAHPS_TAG in marks and at - marks[HCAHPS_TAG] <= timedelta(days=HCAHPS_DAYS)


def _patient(heard: Heard) -> UUID:
    if heard.patient_id is None:
        raise LookupError("a trigger without a patient is not judged")
    return heard.patient_id
