"""What a source system said, turned into enrollments: once each, fresh enough, for a recorded reason."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, numbers
from storage.db import new_id, now, org_of
from storage.tables import Enrollment, ProgramRow, ProgramVersion, TriggerEvent
from workflows import enrollments, publishing
from workflows.effects import Event, EventKind
from workflows.programs.model import Program


@dataclass(frozen=True, slots=True)
class Heard:
    """S90: source, timestamp, owner and business context. `external_id` is the source's own, so that it counts once."""

    source: str
    external_id: str
    kind: str
    occurred_at: datetime
    owner: str
    patient_id: UUID
    appointment_id: UUID | None
    context: dict[str, Any]


def record(session: Session, heard: Heard) -> list[UUID]:
    """Write the trigger down and start the programs it is for; the enrollments started. Said twice, it has one effect."""
    ready = publishing.open_to(session, heard.kind)
    trigger = session.scalar(
        insert(TriggerEvent)
        .values(
            org_id=org_of(session),
            source=heard.source,
            external_id=heard.external_id,
            kind=heard.kind,
            occurred_at=heard.occurred_at,
            received_at=now(session),
            owner=heard.owner,
            patient_id=heard.patient_id,
            appointment_id=heard.appointment_id,
            context=heard.context,
            verdict="heard" if ready else "no_program",
        )
        .on_conflict_do_nothing(index_elements=["org_id", "source", "external_id"])
        .returning(TriggerEvent)
    )
    if trigger is None:
        return []
    started = [_start(session, trigger, row, version=version, program=program) for row, version, program in ready]
    return [enrollment for enrollment in started if enrollment is not None]


def _start(
    session: Session, trigger: TriggerEvent, row: ProgramRow, *, version: ProgramVersion, program: Program
) -> UUID | None:
    late = now(session) - trigger.occurred_at
    if program.trigger.fresh and late > _span(program.trigger.fresh):
        trigger.verdict = "stale"
        line = ledger.Line(
            "refused", "trigger.stale", detail={"program": row.code, "late_h": int(late.total_seconds() // 3600)}
        )
        ledger.write(session, [line])
        return None
    if trigger.patient_id is None:
        return None
    trigger.verdict = "enrolled"
    phones = numbers.of_patient(session, trigger.patient_id)
    usable = [phone for phone in phones if phone.textable != "no"]
    enrollment = Enrollment(
        org_id=org_of(session),
        id=new_id(session),
        program_id=row.id,
        version_id=version.id,
        patient_id=trigger.patient_id,
        number_id=usable[0].id if usable else None,
        appointment_id=trigger.appointment_id,
        trigger_event_id=trigger.id,
        state="active",
        started_at=now(session),
        owner=trigger.owner,
        source=trigger.source,
        touches=0,
        version=1,
        holdout=False,
    )
    session.add(enrollment)
    session.flush()
    detail = {"program": row.code, "version": version.number, "source": trigger.source, "event": trigger.kind}
    ledger.write(session, [ledger.Line("triggered", f"trigger.{trigger.kind}", enrollment.id, detail=detail)])
    subject = ("enrollment", show("enr", enrollment.id))
    audit.record(
        session, "enrollment.started", actor=trigger.owner, subject=subject, program=row.code, reason=trigger.kind
    )
    enrollments.hear(session, enrollment.id, Event(EventKind.STARTED))
    return enrollment.id


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([dhm])", text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration")
    return timedelta(**{{"d": "days", "h": "hours", "m": "minutes"}[found[2]]: int(found[1])})
