"""What a finished stay or treatment starts, and for whom it starts nothing (S13): programs hear of it once, staff where it is theirs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from storage import ledger
from storage.db import now, org_of
from storage.stays import STAYS
from storage.tables import ClinicalRecord, Enrollment, TriggerEvent
from workflows import cases, enrollments, patients, triggers
from workflows.clinical import Change
from workflows.effects import Event, EventKind

HISTORY = timedelta(days=30)  # older than this is the past, whatever it is; programs have tighter limits of their own
_RULES = Path(__file__).with_name("discharge_rules.yaml")
_ENDED = frozenset({"finished", "completed"})


def notice(session: Session, changes: Sequence[Change]) -> None:
    """Act on stays and treatments that ended since they were last mirrored, and on discharges taken back."""
    for change in changes:
        over = change.fact.status in _ENDED
        if over and change.was not in _ENDED and _recent(session, change):
            if change.fact.resource == "Encounter" and change.fact.class_code in STAYS:
                _discharged(session, change)
            elif change.fact.resource == "Procedure" and not _within_a_stay(session, change):
                _tell(session, change, "treatment.completed")
        elif change.was in _ENDED and not over and change.fact.resource == "Encounter":
            _taken_back(session, change)


def verdict(disposition: str | None) -> str:
    """home, facility, staff, hospice or died; "unknown" for a code that the rules do not name."""
    return "home" if disposition is None else _verdicts().get(disposition.casefold(), "unknown")


def _discharged(session: Session, change: Change) -> None:
    match verdict(change.fact.disposition):
        case "home":
            _tell(session, change, "encounter.discharged")
        case "facility":
            _line(session, change, "discharge.facility")
        case "died":
            _line(session, change, "discharge.died")
            patients.tell(session, change.patient_id, "patient.deceased")
            _case(session, change, kind="admin", team="front_office", reason="discharge_died")
        case "hospice":  # what runs was told when the stay was mirrored
            _line(session, change, "discharge.hospice")
            _case(session, change, kind="clinical", team="clinical", reason="discharge_hospice")
        case "staff":
            _line(session, change, "discharge.against_advice")
            _case(session, change, kind="clinical", team="clinical", reason="discharge_against_advice")
        case _:
            _line(session, change, "discharge.unknown")
            _case(session, change, kind="clinical", team="clinical", reason="discharge_unknown")


def _tell(session: Session, change: Change, event: str) -> None:
    fact = change.fact
    at = fact.until or fact.at or now(session)
    context: dict[str, str] = {fact.resource.lower(): fact.ehr_id}
    context |= {"class": fact.class_code} if fact.class_code else {}
    context |= {"disposition": fact.disposition} if fact.disposition else {}
    context |= {"code": "|".join(fact.codes[0])} if fact.codes else {}
    if event == "encounter.discharged":
        context["discharge_at"] = at.isoformat()
    triggers.record(
        session,
        triggers.Heard(
            source="ehr",
            external_id=f"{fact.resource}/{fact.ehr_id}:{event}:{at.isoformat()}",
            kind=event,
            occurred_at=at,
            owner="ehr",
            patient_id=change.patient_id,
            appointment_id=None,
            context=context,
        ),
    )


def _taken_back(session: Session, change: Change) -> None:
    """The patient was not discharged after all: what that discharge started is told (HL7 A13)."""
    started = (
        select(Enrollment.id)
        .join(
            TriggerEvent, (TriggerEvent.org_id == Enrollment.org_id) & (TriggerEvent.id == Enrollment.trigger_event_id)
        )
        .where(
            Enrollment.org_id == org_of(session),
            Enrollment.patient_id == change.patient_id,
            Enrollment.state != "ended",
            TriggerEvent.context["encounter"].astext == change.fact.ehr_id,
        )
    )
    for enrollment_id in list(session.scalars(started)):
        enrollments.hear(session, enrollment_id, Event(EventKind.EHR, name="encounter.reopened"))


def _within_a_stay(session: Session, change: Change) -> bool:
    """What was done during a stay is followed up when the stay ends."""
    if change.fact.within_ehr_id is None:
        return False
    found = select(ClinicalRecord.id).where(
        ClinicalRecord.org_id == org_of(session),
        ClinicalRecord.resource == "Encounter",
        ClinicalRecord.ehr_id == change.fact.within_ehr_id,
        ClinicalRecord.class_code.in_(STAYS),
    )
    return session.scalar(found) is not None


def _recent(session: Session, change: Change) -> bool:
    at = change.fact.until or change.fact.at
    return at is not None and now(session) - HISTORY <= at <= now(session) + timedelta(hours=1)


def _line(session: Session, change: Change, rule: str) -> None:
    detail = {"encounter": change.fact.ehr_id, "disposition": change.fact.disposition}
    ledger.write(session, [ledger.Line("refused", rule, detail=detail)])


def _case(session: Session, change: Change, *, kind: str, team: str, reason: str) -> None:
    cases.open_one(
        session,
        cases.Opening(
            kind=kind,
            team=team,
            reason=reason,
            due="4 business hours",
            priority="high",
            dedupe_key=f"encounter:{change.fact.ehr_id}:{reason}",
            patient_id=change.patient_id,
        ),
    )


@lru_cache(maxsize=1)
def _verdicts() -> dict[str, str]:
    rules: dict[str, list[str]] = yaml.safe_load(_RULES.read_text("utf-8"))
    found = {str(code).casefold(): name for name, codes in rules.items() for code in codes}
    if len(found) != sum(len(codes) for codes in rules.values()):
        raise Misconfigured("discharge_rules.yaml names a code twice", fix="Keep each code in one list.")
    return found
