"""A trigger from an outside source, taken once by the source's own id: the same answer for the same words, a conflict for others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import receipts, visits
from storage.db import now, org_of, vault
from storage.tables import Case, TriggerEvent, TriggerSource
from workflows import cases, patient_match, publishing, triggers
from workflows.admission import SAYS, Heard
from workflows.patient_match import Reference

KIND_BY_NAME = "program.start"
AHEAD = timedelta(minutes=5)  # of clocks that differ


@dataclass(frozen=True, slots=True)
class Said:
    """What came in, read and checked. `words` is the body as sent: kept sealed; `digest` is its SHA-256."""

    id: str
    kind: str | None
    program: str | None
    patient: Reference
    occurred_at: datetime
    owner: str | None
    appointment: str | None
    site: str | None
    segment: str | None
    context: dict[str, Any]
    digest: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the source is answered; the same when it asks again."""

    trigger_id: UUID
    verdict: str
    say: str
    enrollments: list[UUID]


class Conflict(Refused):
    """The source used this id before, for something else."""


class NotAllowed(Refused):
    """The source may not start this program."""


def take(session: Session, source: TriggerSource, said: Said) -> Told:
    """Record it and start what it is for. Raises Conflict, NotAllowed, or Refused for a time to come or an unknown program."""
    before = triggers.said_before(session, source.name, said.id)
    if before is not None:
        return _again(session, before, said)
    if said.program is not None and said.program not in source.programs:
        raise NotAllowed(f"The source {source.name} may not start {said.program}.")
    if said.program is not None and not publishing.open_to(session, "", code=said.program):
        raise Refused(f"There is no live program {said.program}.")
    if said.occurred_at > now(session) + AHEAD:
        raise Refused("occurred_at lies in the future.")
    patient_id, sure = patient_match.find(session, source.name, said.patient)
    visit = visits.appointment(session, said.appointment) if said.appointment else None
    heard = Heard(
        source=source.name,
        external_id=said.id,
        kind=said.kind or KIND_BY_NAME,
        occurred_at=said.occurred_at,
        owner=said.owner or source.owner,
        patient_id=patient_id,
        appointment_id=visit.id if visit is not None and visit.patient_id == patient_id else None,
        context=said.context,
        site=said.site,
        segment=said.segment,
        confidence=sure if patient_id else None,
        program=said.program,
        allowed=tuple(source.programs),
        digest=said.digest,
    )
    triggers.record(session, heard)
    receipts.keep(
        session, f"trigger.{source.name}", said.id, kind=heard.kind, payload=said.words, occurred_at=said.occurred_at
    )
    made = triggers.said_before(session, source.name, said.id)
    if made is None:
        raise LookupError("a trigger just written is not there")
    if patient_id is None:
        _say_who(session, made, said.patient)
    return _told(session, made)


def _again(session: Session, before: TriggerEvent, said: Said) -> Told:
    if before.digest != said.digest:
        raise Conflict(f"The id {said.id[:40]} was used before for something else. Nothing was changed.")
    return _told(session, before)


def _told(session: Session, row: TriggerEvent) -> Told:
    return Told(row.id, row.verdict, SAYS.get(row.verdict, row.verdict), triggers.made_by(session, row))


def _say_who(session: Session, row: TriggerEvent, said: Reference) -> None:
    """The signed-in page alone shows whom the source named."""
    case = session.scalar(select(Case).where(Case.org_id == org_of(session), Case.dedupe_key == f"trg:{row.id}"))
    if case is None:
        return
    parts = [("EHR id", said.ehr_id), ("MRN", said.mrn), (f"{row.source} id", said.external_id)]
    note = f"{row.source} named: " + ", ".join(f"{label} {value}" for label, value in parts if value)
    case.note = vault(session).seal(note, "cases.note", case.id)
    session.flush()
    cases.refresh_card(session, case)
