"""What tests of launches share: a check-in after discharge, and what the card of a case says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import sync
from storage.tables import Case, Enrollment, Organisation, ProgramRow, TriggerEvent
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import publishing, triggers

CHECK_IN = """
grammar: 1
program: check_in
title: After the hospital
purpose: Asks how it goes at home. A care message.
trigger: {{event: encounter.discharged, fresh: 48h{trigger}}}
{extra}
goal: {{appointment: booked, within: 14d}}
stop_on: {{patient.deceased: deceased}}
touch_blocked: {{case: {{kind: call_task, team: patient_access, due: 4 business hours}}}}
steps:
  hello: {{ask: hello, context: {context}, wait: 2d, on: {{1: done}}, silence: done}}
  done: {{outcome: completed}}
texts:
  hello:
    en: "{{clinic}}: how is it at home? Reply 1 for fine."
    es: "{{clinic}}: ¿cómo va en casa? Responda 1 si bien."
"""


def alone(session: Session) -> None:
    """The program for discharges that comes with Careloop stays out of the way."""
    session.execute(update(ProgramRow).where(ProgramRow.code == "discharge").values(live_version_id=None))


def publish(desk: Desk, extra: str = "", *, context: str = "symptom_checkin", trigger: str = "") -> None:
    """Make the check-in live, with more lines at its top and more in its trigger."""
    said = CHECK_IN.format(extra=extra, context=context, trigger=f", {trigger}" if trigger else "")
    with desk.begin() as session:
        alone(session)
        publishing.publish(session, said, actor="test")


def discharged(
    desk: Desk, patient: UUID | None, *, key: str = "stay-1", at: datetime = MONDAY_NOON, **facts: Any
) -> str:
    """The EHR (or whom `facts` name) says that the patient went home; the trigger's verdict."""
    usual: dict[str, Any] = {"source": "ehr", "owner": "ehr", "appointment_id": None, "context": {}}
    said = usual | facts
    with desk.begin() as session:
        triggers.record(
            session,
            triggers.Heard(external_id=key, kind="encounter.discharged", occurred_at=at, patient_id=patient, **said),
        )
        found = triggers.said_before(session, said["source"], key)
        assert found is not None
        return found.verdict


def only_enrollment(desk: Desk) -> Enrollment:
    with desk.begin() as session:
        return session.scalars(select(Enrollment)).one()


def piloted(desk: Desk, **terms: Any) -> None:
    """The organisation's pilot is not off: these terms, or the usual ones."""
    with desk.begin() as session:
        session.execute(update(Organisation).values(settings={"pilot": terms}))


def verdicts(desk: Desk) -> list[str]:
    with desk.begin() as session:
        return list(session.scalars(select(TriggerEvent.verdict).order_by(TriggerEvent.id)))


def card(desk: Desk, kind: str) -> str:
    """All the words on the newest card of a kind."""
    with desk.begin() as session:
        case = session.scalars(select(Case).where(Case.kind == kind).order_by(Case.number.desc()).limit(1)).one()
        return str(sync.plan(session, case.id).message)
