"""Rows as the app would have left them, for what figures make of them: each is placed at a moment of the clinic's wall clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage.db import new_id, org_of, vault
from storage.tables import (
    Appointment,
    Case,
    CaseEvent,
    Enrollment,
    Message,
    PatientNumber,
    ProgramRow,
    ReadingRow,
    Team,
    TriggerEvent,
)
from tests import factories
from tests.service.desk import Desk
from workflows.kpis import engine
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period

CHICAGO = ZoneInfo(factories.ZONE)
TODAY = datetime(2026, 12, 31, 12, tzinfo=CHICAGO)
_next = count(1)


def at(said: str) -> datetime:
    """ "11-03 09:00" of 2026 on the clinic's wall clock."""
    return datetime.strptime(f"2026-{said}", "%Y-%m-%d %H:%M").replace(tzinfo=CHICAGO).astimezone(UTC)


@dataclass(frozen=True)
class Run:
    """One enrollment and those it is about."""

    id: UUID
    patient_id: UUID
    number_id: UUID


@dataclass
class Ledger:
    """Writes rows into the desk's organisation."""

    desk: Desk

    def run(self, started: str, *, program: str = "no_show", event: str = "appointment.noshow", **facts: Any) -> Run:
        """An enrollment of a new patient; `facts` are columns of enrollments, `of` another run's patient, `context` its trigger's."""
        of, context, person = facts.pop("of", None), facts.pop("context", {}), facts.pop("person", {})
        with self.desk.begin() as session:
            patient, number = (of.patient_id, of.number_id) if of else self._patient(session, person)
            row, live = session.execute(
                select(ProgramRow.id, ProgramRow.live_version_id).where(ProgramRow.code == program)
            ).one()
            trigger = TriggerEvent(
                org_id=org_of(session), source="ehr", external_id=f"t{next(_next)}", kind=event, occurred_at=at(started),
                received_at=at(started), owner="ehr", patient_id=patient, appointment_id=facts.get("appointment_id"),
                context=context, verdict="enrolled",
            )  # fmt: skip
            session.add(trigger)
            session.flush()
            usual: dict[str, Any] = {"state": "waiting", "owner": "ehr", "source": "ehr"}
            if "outcome" in facts:
                facts |= {"state": "ended", "ended_at": at(facts.pop("ended"))}
            made = Enrollment(
                org_id=org_of(session), program_id=row, version_id=live, patient_id=patient, number_id=number,
                trigger_event_id=trigger.id, started_at=at(started), **(usual | facts),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return Run(made.id, patient, number)

    def text(self, run: Run, sent: str, *, state: str = "delivered", step: str = "first", **facts: Any) -> UUID:
        """A text of the run that left."""
        facts = {"provider_sid": f"SM{next(_next)}"} | facts
        return self._message(run, at(sent), direction="out", purpose="program", state=state, step=step, **facts)

    def reply(self, run: Run, when: str, *intents: str, **read: Any) -> UUID:
        """A text of the patient, as it was read."""
        message = self._message(run, at(when), direction="in", purpose="inbound", state="received")
        usual: dict[str, Any] = {
            "engine": "1", "urgency": "none", "confidence": 1.0, "review": False, "opt_out": False, "evidence": b"",
        }  # fmt: skip
        with self.desk.begin() as session:
            reading = new_id(session)
            row = {"id": reading, "message_id": message, "intents": list(intents), "read_at": at(when)}
            row["evidence"] = vault(session).seal("[]", "readings.evidence", reading)
            session.execute(insert(ReadingRow).values(org_id=org_of(session), **(usual | read | row)))
        return message

    def case(self, run: Run | None, opened: str, *, kind: str = "reschedule", calls: Sequence[str] = ()) -> UUID:
        """A case, with calls as "11-03 09:00 reached"."""
        with self.desk.begin() as session:
            team = session.scalars(select(Team.id).where(Team.code == "patient_access")).one()
            case = Case(
                org_id=org_of(session), kind=kind, priority="normal", reason="reply", team_id=team, opened_at=at(opened),
                due_at=at(opened) + timedelta(hours=4), dedupe_key=f"c{next(_next)}",
                enrollment_id=run.id if run else None, patient_id=run.patient_id if run else None,
            )  # fmt: skip
            session.add(case)
            session.flush()
            for said in calls:
                when, _, how = said.rpartition(" ")
                event = CaseEvent(org_id=org_of(session), case_id=case.id, at=at(when), what="call_logged", detail=how)
                session.add(event)
            return case.id

    def visit(self, run: Run, start: str, *, status: str = "noshow", booked: str | None = None, **facts: Any) -> UUID:
        """A visit of the run's patient; `booked` is when we heard of it."""
        with self.desk.begin() as session:
            patient = factories.patient_of(session, run.patient_id)
            visit = factories.an_appointment(session, patient, status=status, start=at(start), **facts)
            if booked:
                self._heard(session, visit, at(booked))
            return visit.id

    def figure(self, kpi: str, *, by: str = "", group: str = "", **asked: Any) -> Figure:
        """That figure of November (or what is asked), after a refresh on the last day of the year."""
        found = self.figures(kpi, by=by, **asked)
        return next(one for one in found if one.group == group)

    def figures(self, *kpis: str, now: datetime = TODAY, fresh: bool = True, **asked: Any) -> list[Figure]:
        """Those figures, after a refresh."""
        self.desk.at(now)
        period = asked.pop("period", Period(at("10-25 12:00").date(), at("12-31 12:00").date()))
        with self.desk.begin() as session:
            if fresh:
                engine.refresh(session)
            return engine.figures(session, Asked(period, kpis=kpis, **asked))

    def _patient(self, session: Session, person: dict[str, Any]) -> tuple[UUID, UUID]:
        patient = factories.a_patient(session, phone=f"+1312555{next(_next):04}", **person)
        number = session.scalars(select(PatientNumber.number_id).where(PatientNumber.patient_id == patient.id)).one()
        return patient.id, number

    def _message(self, run: Run, when: datetime, **facts: Any) -> UUID:
        with self.desk.begin() as session:
            row = new_id(session)
            usual: dict[str, Any] = {
                "patient_id": run.patient_id, "number_id": run.number_id, "enrollment_id": run.id, "created_at": when, "state_at": when,
                "dedupe_key": f"m{next(_next)}", "body": vault(session).seal("ok", "messages.body", row),
                "sent_at": when if facts["direction"] == "out" else None,
            }  # fmt: skip
            session.execute(insert(Message).values(org_id=org_of(session), id=row, **(usual | facts)))
            return row

    @staticmethod
    def _heard(session: Session, visit: Appointment, when: datetime) -> None:
        session.add(
            TriggerEvent(
                org_id=org_of(session),
                source="ehr",
                external_id=f"b{next(_next)}",
                kind="appointment.booked",
                occurred_at=when,
                received_at=when,
                owner="ehr",
                patient_id=visit.patient_id,
                appointment_id=visit.id,
                context={},
                verdict="no_program",
            )
        )
        session.flush()
