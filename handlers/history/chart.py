"""The modelled EHR: visits booked, kept, missed, cancelled; free times; stays. Careloop mirrors what it says, as for real."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from handlers.history.script import Person, Script
from handlers.history.stage import Stage
from storage.visits import Holder
from workflows import appointments, booking, clinical, confirmations, discharges, patients, pre_check
from workflows.ehr_facts import AppointmentFact, ClinicalFact, SlotFact

HALF_HOUR = timedelta(minutes=30)
NOTICED_AFTER = timedelta(minutes=25)  # a visit that nobody came to is marked then
FREE_AT = (time(9, 30), time(11), time(13), time(14, 30), time(16))
AHEAD_WEEKS = 3
DOCTORS = ("prac-okafor", "prac-lindqvist", "prac-banerjee")
KIND = "Office visit"
STAYS = 0.16  # of the patients are in hospital once
CANCELLED = 0.05  # of the visits are cancelled by phone, two days before
CONFIRMED = 0.35  # of those who would miss a visit still do after they have said that they come
REBOOKED = 0.75  # the same, of a visit that they picked themselves
ADMISSION = (("http://snomed.info/sct", "32485007"),)


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
        self.zone = ZoneInfo(script.zone)
        self.visits: dict[str, Visit] = {}
        self._by_patient = {person.fact.ehr_id: person for person in people}
        self._number = 0
        self._free: dict[str, SlotFact] = {}

    def open(self) -> None:
        """The chart as of the first morning, and everything that is to come of itself."""
        with self.stage.begin() as session:
            patients.mirror_all(session, [person.fact for person in self.people])
        monday = self.script.begins.astimezone(self.zone).date()
        for week in range(AHEAD_WEEKS):
            self._free_times(monday + timedelta(weeks=week))
        for week in range(1, self.script.weeks):
            first = self._local(monday + timedelta(weeks=week), time(6))
            self.stage.later(first, partial(self._free_times, monday + timedelta(weeks=week + AHEAD_WEEKS - 1)))
        for person in self.people:
            self._foresee(person)

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

    def _foresee(self, person: Person) -> None:
        """A patient's own visits, booked ahead as clinics do, and perhaps a stay."""
        chance = self.stage.dice.of("visits", person.no)
        every = timedelta(days=chance.uniform(*self.script.every))
        at = self.script.begins + every * chance.random()
        while at < self.script.ends - timedelta(days=1):
            start = self._opening(at, chance.randrange(15))
            booked = start - timedelta(days=chance.randint(5, 18), hours=chance.randrange(5))
            self.stage.later(max(booked, self.script.begins), partial(self._book, person, start))
            at += every * chance.uniform(0.7, 1.3)
        if chance.random() < STAYS:
            whole = self.script.ends - self.script.begins
            self.stage.later(self.script.begins + whole * chance.uniform(0.05, 0.95), partial(self._admit, person))

    def _book(self, person: Person, start: datetime) -> None:
        if start <= self.stage.at:
            return
        with self.stage.begin() as session:
            visit = self._new(person, start, slot=None, risk=person.misses)
            appointments.mirror(session, visit.fact)

    def _new(self, person: Person, start: datetime, *, slot: str | None, risk: float) -> Visit:
        self._number += 1
        fact = AppointmentFact(
            ehr_id=f"appt-past-{self._number}", patient_ehr_id=person.fact.ehr_id, status="booked", start=start,
            end=start + HALF_HOUR, kind=KIND, practitioner_ehr_id=DOCTORS[self._number % len(DOCTORS)],
            location_ehr_id="main", slot_ehr_ids=(slot,) if slot else (), version="1", updated_at=self.stage.at,
        )  # fmt: skip
        visit = self.visits[fact.ehr_id] = Visit(fact, person, risk)
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

    def _admit(self, person: Person) -> None:
        chance = self.stage.dice.of("stay", person.no)
        stay = ClinicalFact(
            resource="Encounter", ehr_id=f"stay-past-{person.no}", patient_ehr_id=person.fact.ehr_id, status="in-progress",
            codes=ADMISSION, at=self.stage.at, class_code="IMP", version="1", updated_at=self.stage.at,
        )  # fmt: skip
        self._clinical([stay])
        leaves = self.stage.at + timedelta(days=chance.randint(2, 5))
        home = self._local(leaves.astimezone(self.zone).date(), time(13, 15))
        self.stage.later(home, partial(self._discharge, person, stay, informed=chance.random() < 0.9))

    def _discharge(self, person: Person, stay: ClinicalFact, *, informed: bool) -> None:
        """Home, with a visit to come and, mostly, instructions on file."""
        self._book(person, self._opening(self.stage.at + timedelta(days=8), person.no % 15))
        papers = ClinicalFact(
            resource="Observation", ehr_id=f"papers-past-{person.no}", patient_ehr_id=person.fact.ehr_id, status="final",
            codes=(pre_check.INSTRUCTIONS[0],), at=self.stage.at, version="1", updated_at=self.stage.at,
        )  # fmt: skip
        gone = replace(
            stay, status="finished", until=self.stage.at, disposition="home", version="2", updated_at=self.stage.at
        )
        self._clinical([papers, gone] if informed else [gone])

    def _clinical(self, facts: list[ClinicalFact]) -> None:
        with self.stage.begin() as session:
            discharges.notice(session, clinical.mirror(session, facts))

    def _free_times(self, monday: date) -> None:
        """A week's times that patients can still pick."""
        with self.stage.begin() as session:
            for day in range(5):
                for place, at in enumerate(FREE_AT):
                    start = self._local(monday + timedelta(days=day), at)
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

    def _opening(self, near: datetime, half_hour: int) -> datetime:
        """A half hour of the first working day from then on."""
        day = near.astimezone(self.zone).date()
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        return self._local(day, time(9 + half_hour // 2, 30 * (half_hour % 2)))

    def _local(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def _resource(fact: AppointmentFact) -> dict[str, Any]:
    actors = [f"Patient/{fact.patient_ehr_id}", f"Practitioner/{fact.practitioner_ehr_id}", "Location/loc-lakeside"]
    return {
        "resourceType": "Appointment",
        "id": fact.ehr_id,
        "status": fact.status,
        "serviceType": [{"text": fact.kind}],
        "start": fact.start.isoformat() if fact.start else None,
        "end": fact.end.isoformat() if fact.end else None,
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }
