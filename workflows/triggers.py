"""What a source said, turned into enrollments: once each, fresh enough, allowed, and for a recorded reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, numbers
from storage.db import new_id, now, org_of
from storage.tables import Enrollment, PhoneNumber, ProgramRow, ProgramVersion, Site, TriggerEvent
from workflows import admission, cases, enrollments, pilot_reviews, proxies, publishing, tags, tcm
from workflows.admission import ENROLLED, HCAHPS_TAG, HUMAN, MISSING, STARTS, Heard, Ruling
from workflows.effects import Event, EventKind
from workflows.programs.model import Program

__all__ = ["Heard", "record", "said_before"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One program that this trigger may start."""

    row: ProgramRow
    version: ProgramVersion
    program: Program


def record(session: Session, heard: Heard) -> list[UUID]:
    """Write the trigger down and start the programs it is for; the enrollments made. Said twice, it has one effect.

    The trigger's verdict says what became of it (`admission.SAYS`); an enrollment is also made where a person owns the run or
    something is missing, and then nothing is sent.
    """
    ready = [_Entry(*found) for found in publishing.open_to(session, heard.kind, code=heard.program)]
    trigger = _write(session, heard, verdict="heard" if ready else "no_program")
    if trigger is None:
        return []
    if heard.patient_id is None:
        _nobody(session, trigger)
        return []
    if HCAHPS_TAG in heard.context.get("tags", ()):
        tags.put(session, "patient", str(heard.patient_id), HCAHPS_TAG, by=heard.owner)
    made: list[UUID] = []
    verdicts: list[str] = []
    number, site_id = _number(session, heard.patient_id), _site(session, heard.site)
    site = heard.site if heard.site and site_id else ""
    for entry in ready:
        ruling = admission.judge(session, heard, entry.row, entry.program, number=number, site=site)
        verdicts.append(ruling.verdict)
        if ruling.verdict in STARTS:
            made.append(
                _start(session, trigger, entry, ruling=ruling, number=number, site_id=site_id, at=heard.starts_at)
            )
        else:
            _refuse(session, entry, ruling)
    if verdicts:
        trigger.verdict = next((verdict for verdict in STARTS if verdict in verdicts), verdicts[0])
    return made


def said_before(session: Session, source: str, external_id: str) -> TriggerEvent | None:
    """What this source said under this id, None when it is new."""
    return session.scalar(
        select(TriggerEvent).where(
            TriggerEvent.org_id == org_of(session),
            TriggerEvent.source == source,
            TriggerEvent.external_id == external_id,
        )
    )


def made_by(session: Session, trigger: TriggerEvent) -> list[UUID]:
    """The enrollments that came of a trigger."""
    found = select(Enrollment.id).where(Enrollment.org_id == trigger.org_id, Enrollment.trigger_event_id == trigger.id)
    return list(session.scalars(found.order_by(Enrollment.id)))


def _write(session: Session, heard: Heard, *, verdict: str) -> TriggerEvent | None:
    row: TriggerEvent | None = session.scalar(
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
            site=heard.site,
            segment=heard.segment,
            confidence=heard.confidence,
            digest=heard.digest,
            context=heard.context,
            verdict=verdict,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "source", "external_id"])
        .returning(TriggerEvent)
    )
    return row


def _number(session: Session, patient_id: UUID) -> PhoneNumber | None:
    """The number to text, locked before anything else: the one order of locks."""
    usable = [phone for phone in proxies.reachable_at(session, patient_id) if phone.textable != "no"]
    return numbers.lock(session, usable[0].id) if usable else None


def _start(session: Session, trigger: TriggerEvent, entry: _Entry, *, ruling: Ruling, **where: Any) -> UUID:
    made = _enrollment(session, trigger, entry, ruling=ruling, **where)
    detail = {
        "program": entry.row.code,
        "version": entry.version.number,
        "source": trigger.source,
        "event": trigger.kind,
    }
    ledger.write(session, [ledger.Line("triggered", f"trigger.{trigger.kind}", made.id, detail=detail)])
    audit.record(
        session,
        "enrollment.started",
        actor=trigger.owner,
        subject=("enrollment", show("enr", made.id)),
        program=entry.row.code,
        reason=str(trigger.context.get("reason", trigger.kind)),
        population=trigger.segment,
    )
    if trigger.kind == tcm.EVENT:
        tcm.start(session, made, trigger.occurred_at)
    _begin(session, made, entry, ruling=ruling)
    return made.id


def _begin(session: Session, made: Enrollment, entry: _Entry, *, ruling: Ruling) -> None:
    """Automation takes the first step, or waits for its time or its reviewer; or the run is a person's."""
    if ruling.verdict == HUMAN and ruling.rule is not None:
        made.routing = "sent_to_review"
        opening = cases.Opening(
            kind="human_owned", team=ruling.rule.team, reason=f"policy.{ruling.rule.rule}", due=ruling.rule.due,
            dedupe_key=f"enr:{made.id}:human_owned", patient_id=made.patient_id, number_id=made.number_id,
            enrollment_id=made.id,
        )  # fmt: skip
        _pause(session, made, "human_owned", f"policy.{ruling.rule.rule}")
        cases.open_one(session, opening)
    elif ruling.verdict == MISSING:
        made.routing = "sent_to_review"
        reason = f"missing.{'.'.join(ruling.missing)}"
        opening = cases.Opening(
            kind="pre_check", team="front_office", reason=reason, due="4 business hours", priority="high",
            dedupe_key=f"enr:{made.id}:pre_check", patient_id=made.patient_id, number_id=made.number_id,
            enrollment_id=made.id,
        )  # fmt: skip
        _pause(session, made, "pre_check", reason)
        cases.open_one(session, opening)
    elif ruling.grant is not None and ruling.grant.holds(made.run_no):
        made.routing = "sent_to_review"
        _pause(session, made, "pilot_review", "pilot.held")
        pilot_reviews.hold(session, made, entry.program)
    elif made.wake_at is None:
        enrollments.hear(session, made.id, Event(EventKind.STARTED))


def _enrollment(
    session: Session,
    trigger: TriggerEvent,
    entry: _Entry,
    *,
    ruling: Ruling,
    number: PhoneNumber | None,
    site_id: UUID | None,
    at: datetime | None,
) -> Enrollment:
    grant, delay = ruling.grant, entry.program.trigger.delay
    starts = trigger.occurred_at + admission.span(delay) if delay else at
    later = starts if starts is not None and starts > now(session) and ruling.verdict == ENROLLED else None
    made = Enrollment(
        org_id=org_of(session),
        id=new_id(session),
        program_id=entry.row.id,
        version_id=entry.version.id,
        patient_id=trigger.patient_id,
        number_id=number.id if number else None,
        appointment_id=trigger.appointment_id,
        trigger_event_id=trigger.id,
        state="active",
        wake_at=later,
        started_at=now(session),
        owner=trigger.owner,
        source=trigger.source,
        segment=trigger.segment,
        site_id=site_id,
        phase=grant.phase if grant else None,
        run_no=grant.first if grant else None,
        pilot_id=grant.pilot_id if grant else None,
        touches=0,
        version=1,
        holdout=False,
    )
    session.add(made)
    session.flush()
    return made


def _pause(session: Session, made: Enrollment, why: str, rule: str) -> None:
    made.state, made.paused_for, made.wake_at = "paused", why, None
    session.flush()
    ledger.write(session, [ledger.Line("paused", rule, made.id, number=made.number_id)])


def _refuse(session: Session, entry: _Entry, ruling: Ruling) -> None:
    detail: dict[str, Any] = {"program": entry.row.code} | dict(ruling.detail)
    ledger.write(session, [ledger.Line("refused", f"trigger.{ruling.verdict}", detail=detail)])


def _nobody(session: Session, trigger: TriggerEvent) -> None:
    """A source named somebody we do not know: a person finds out who it is."""
    trigger.verdict = "no_patient"
    ledger.write(session, [ledger.Line("refused", "trigger.no_patient", detail={"source": trigger.source})])
    opening = cases.Opening(
        kind="match",
        team="front_office",
        reason="unknown_patient",
        due="4 business hours",
        dedupe_key=f"trg:{trigger.id}",
    )
    cases.open_one(session, opening)


def _site(session: Session, code: str | None) -> UUID | None:
    if code is None:
        return None
    return session.scalar(select(Site.id).where(Site.org_id == org_of(session), Site.ehr_id == code))
