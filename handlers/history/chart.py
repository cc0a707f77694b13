"""The modelled EHR: visits booked, kept, missed, cancelled, and free times. Careloop mirrors what it says, as for real."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from handlers.history.diary import Diary
from handlers.history.script import Person, Script
from handlers.history.stage import Stage
from storage import feeds
from storage.visits import Holder
from workflows import appointments, booking, confirmations, patients
from workflows.ehr_facts import AppointmentFact, SlotFact

HALF_HOUR = timedelta(minutes=30)
NOTICED_AFTER = timedelta(minutes=25)  # a visit that nobody came to is marked then
FREE_AT = (time(9, 30), time(11), time(13), time(14, 30), time(16))
AHEAD_WEEKS = 3
DOCTORS = ("prac-okafor", "prac-lindqvist", "prac-banerjee")
KIND = "Office visit"
CANCELLED = 0.05  # of the visits are cancelled by phone, two days before
CONFIRMED = 0.35  # of those who would miss a visit still do after they have said that they come
REBOOKED = 0.45  # the same, of a visit that they picked themselves


@dataclass(slots=True)
class Visit:
    """One appointment as the EHR has it now."""

    fact: AppointmentFact
    person: Person
    risk: float
    confirmed: bool = False


class Chart:
    """What happens in the EHR, in order of time."""

    def __init__(self, stage: Stage, script: Script, people: Sequence[Person]) -> None:
        self.stage, self.script, self.people = stage, script, people
        self.diary = Diary(stage, script, self.enter)
        self.visits: dict[str, Visit] = {}
        self._by_patient = {person.fact.ehr_id: person for person in people}
        self._coming: dict[int, set[str]] = {person.no: set() for person in people}
        self._number = 0
        self._free: dict[str, SlotFact] = {}

    def open(self) -> None:
        """The chart as of the first morning, with the visits of the months before, and everything that is to come of itself."""
        monday = self.stage.at.astimezone(self.diary.zone).date()
        with self.stage.begin(ids=len(self.people)) as session:
            patients.mirror_all(session, [person.fact for person in self.people])
            earlier = [self._earlier(person, *visit) for person in self.people for visit in self.diary.earlier(person)]
            appointments.mirror_quietly(session, earlier)
        for week in range(AHEAD_WEEKS):
            self._free_times(monday + timedelta(weeks=week))
        for week in range(1, self.script.weeks):
            first = self.diary.local(monday + timedelta(weeks=week), time(6))
            self.stage.later(first, partial(self._free_times, monday + timedelta(weeks=week + AHEAD_WEEKS - 1)))

    def close(self) -> None:
        """What is still free is taken: from here on the clinic has the times that its EHR has."""
        with self.stage.begin() as session:
            for fact in self._free.values():
                if fact.start > self.stage.at:
                    appointments.mirror_slot(session, replace(fact, status="busy", version="2"))

    def recent(self, span: timedelta) -> list[dict[str, Any]]:
        """Visits since then and those to come, as FHIR Appointments: for the EHR that the story goes on with."""
        facts = [visit.fact for visit in self.visits.values()]
        return [_resource(fact) for fact in facts if fact.start and fact.start >= self.stage.at - span]

    def book(self, session: Session, holder: Holder, by: str | None) -> None:
        """A time that somebody picked here is booked there and read back; the visit it replaces is cancelled."""
        plan = booking.plan(session, holder)
        if plan is None:
            return
        person = self._by_patient[plan.patient_ehr_id]
        visit = self._new(person, plan.start, slot=plan.slot_ehr_id, risk=person.misses * REBOOKED)
        self._free.pop(plan.slot_ehr_id, None)
        row = appointments.mirror(session, visit.fact, booked_by=holder)
        if row is None:
            return
        booking.booked(session, holder, appointment=row, actor=f"staff:{by}" if by else "patient")
        old = self.visits.get(plan.old_appointment or "")
        if old is not None and old.fact.status == "booked":
            self._tell(session, old, "cancelled")

    def confirm(self, session: Session, enrollment_id: UUID) -> None:
        """A patient said that they come: the EHR shows it."""
        known = confirmations.visit_of(session, enrollment_id)
        if known is None:
            return
        visit = self.visits.get(known[0])
        if visit is None or visit.fact.status != "booked":
            confirmations.not_written(session, enrollment_id, reason="visit_over", by_hand=False)
            return
        visit.confirmed = True
        confirmations.written(session, enrollment_id, known[0])

    def enter(self, person: Person, start: datetime) -> None:
        """A visit is booked in the EHR, at the patient's own wish."""
        if start <= self.stage.at:
            return
        with self.stage.begin() as session:
            visit = self._new(person, start, slot=None, risk=person.misses)
            appointments.mirror(session, visit.fact)

    def _earlier(self, person: Person, start: datetime, missed: bool) -> AppointmentFact:
        fact = self._fact(person, start, slot=None)
        return replace(fact, status="noshow" if missed else "fulfilled", version="2", updated_at=start + HALF_HOUR)

    def _fact(self, person: Person, start: datetime, *, slot: str | None) -> AppointmentFact:
        self._number += 1
        return AppointmentFact(
            ehr_id=f"appt-past-{self._number}", patient_ehr_id=person.fact.ehr_id, status="booked", start=start,
            end=start + HALF_HOUR, kind=KIND, practitioner_ehr_id=DOCTORS[self._number % len(DOCTORS)],
            location_ehr_id=person.site, slot_ehr_ids=(slot,) if slot else (), version="1", updated_at=self.stage.at,
        )  # fmt: skip

    def _new(self, person: Person, start: datetime, *, slot: str | None, risk: float) -> Visit:
        fact = self._fact(person, start, slot=slot)
        visit = self.visits[fact.ehr_id] = Visit(fact, person, risk)
        self._coming[person.no].add(fact.ehr_id)
        chance = self.stage.dice.of("cancels", self._number)
        if slot is None and chance.random() < CANCELLED:
            self.stage.later(start - timedelta(days=2), partial(self._over, visit, "cancelled"))
        self.stage.later(start + NOTICED_AFTER, partial(self._due, visit, self._number))
        return visit

    def _due(self, visit: Visit, number: int) -> None:
        risk = visit.risk * (CONFIRMED if visit.confirmed else 1)
        if self.stage.dice.of("misses", number).random() < risk:
            self._over(visit, "noshow")
        else:
            self.stage.after(HALF_HOUR, partial(self._over, visit, "fulfilled"))

    def _over(self, visit: Visit, status: str) -> None:
        with self.stage.begin() as session:
            self._tell(session, visit, status)

    def _tell(self, session: Session, visit: Visit, status: str) -> None:
        if visit.fact.status != "booked":
            return
        version = str(int(visit.fact.version or "1") + 1)
        visit.fact = replace(visit.fact, status=status, version=version, updated_at=self.stage.at)
        appointments.mirror(session, visit.fact)
        coming = self._coming[visit.person.no]
        coming.discard(visit.fact.ehr_id)
        if not coming:
            self.diary.over(visit.person, missed=status != "fulfilled")

    def _free_times(self, monday: date) -> None:
        """A week's times that patients can still pick; its visits were read again, as each few minutes."""
        with self.stage.begin() as session:
            feeds.seen(session, "Appointment", ())
            for day in range(5):
                for place, at in enumerate(FREE_AT):
                    start = self.diary.local(monday + timedelta(days=day), at)
                    doctor = DOCTORS[(day + place) % len(DOCTORS)]
                    fact = SlotFact(
                        f"slot-past-{start:%Y%m%dT%H%MZ}",
                        f"sched-{doctor[5:]}",
                        doctor,
                        start,
                        start + HALF_HOUR,
                        "free",
                        "1",
                    )
                    self._free[fact.ehr_id] = fact
                    appointments.mirror_slot(session, fact, practitioner=doctor)


def _resource(fact: AppointmentFact) -> dict[str, Any]:
    actors = [
        f"Patient/{fact.patient_ehr_id}",
        f"Practitioner/{fact.practitioner_ehr_id}",
        f"Location/{fact.location_ehr_id}",
    ]
    return {
        "resourceType": "Appointment",
        "id": fact.ehr_id,
        "status": fact.status,
        "serviceType": [{"text": fact.kind}],
        "start": fact.start.isoformat() if fact.start else None,
        "end": fact.end.isoformat() if fact.end else None,
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }
