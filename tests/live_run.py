"""The modelled patients and staff of a simulation, played against the real services on PostgreSQL: same seed, same program, same starts."""

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from integrations.channels.errors import Where, meaning
from storage import messages, numbers, visits
from storage.db import now
from storage.outbox import Lane
from storage.tables import Case, Enrollment, Message, PatientNumber, Slot
from storage.visits import Holder
from tests import factories
from tests.service.desk import Desk, heard
from workflows import booking, cases, closing, enrollments, sending, staff, triggers
from workflows.inbound import Arrived, receive
from workflows.sending import Fate, Outcome
from workflows.simulation import behaviour
from workflows.simulation.behaviour import Behaviour, Dice, Text
from workflows.simulation.people import Person
from workflows.simulation.run import BOOKING

DEAD = "30005"
FREE_TIMES = 360  # every two hours of a month: a modelled clinic always has some


class LiveRun:
    """What the simulation decides by itself (deliveries, replies, closings) happens here as it would outside, in order of time."""

    def __init__(self, desk: Desk, model: Behaviour, dice: Dice) -> None:
        self.desk, self.model, self.dice = desk, model, dice
        self.sent: list[tuple[int, str, datetime]] = []
        self._people: dict[UUID, Person] = {}
        self._queue: list[tuple[datetime, int, int, Callable[[], object]]] = []
        self._order = 0
        self._cases: dict[int, int] = {}
        self._seen: set[UUID] = set()
        self._booking: set[UUID] = set()
        self._right: set[str | None] = set()
        with desk.begin() as session:
            self.clerk = staff.of_id(session, factories.a_member_of_staff(session, role="manager").id)
            for n in range(FREE_TIMES):
                factories.a_slot(session, start=now(session) + timedelta(hours=2 * n))

    def enrol(self, people: Iterable[Person], starts: Callable[[Person], datetime]) -> None:
        """Everybody's missed visit is told at the time of the start."""
        for person in people:
            patient, at = self._patient(person), starts(person)
            self._people[patient] = person
            self._at(at, person, partial(self._start, patient, at))

    def play(self) -> list[tuple[int, str, datetime]]:
        """Until nothing more happens: (patient, step, instant) of each text that left."""
        with psycopg.connect(self.desk.owner_url, autocommit=True) as clock:
            while (at := self._next()) is not None:
                clock.execute("UPDATE careloop.business_clock SET anchor_business = %s", [at])
                while self._queue and self._queue[0][0] <= at:
                    heapq.heappop(self._queue)[-1]()
                self._work(at)
        return self.sent

    def _at(self, when: datetime, person: Person, what: Callable[[], object]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (when, person.no, self._order, what))

    def _next(self) -> datetime | None:
        with self.desk.begin() as session:
            wake = session.scalar(select(func.min(Enrollment.wake_at)))
            held = session.scalar(select(func.min(Message.hold_until)).where(Message.state == "held"))
        times = [at for at in (wake, held, self._queue[0][0] if self._queue else None) if at is not None]
        return min(times, default=None)

    def _patient(self, person: Person) -> UUID:
        known = {one.number: patient for patient, one in self._people.items()}
        with self.desk.begin() as session:
            if person.number is not None and person.number in known:
                made = factories.a_patient(session, phone=None, language=person.language)
                first = select(PatientNumber.number_id).where(PatientNumber.patient_id == known[person.number])
                number_id = session.scalars(first).one()
                session.add(PatientNumber(org_id=self.desk.org, patient_id=made.id, number_id=number_id))
            else:
                made = factories.a_patient(
                    session,
                    phone=person.number,
                    language=person.language,
                    consented=person.consented,
                    textable="unknown",
                )
            return made.id

    def _start(self, patient_id: UUID, at: datetime) -> None:
        with self.desk.begin() as session:
            patient = factories.patient_of(session, patient_id)
            visit = factories.an_appointment(session, patient, start=at)
            triggers.record(session, heard(patient_id, visit, key=str(patient_id), at=at))

    def _work(self, at: datetime) -> None:
        """What the workers do at one instant: timers, then texts, until there is nothing more to do."""
        busy = True
        while busy:
            with self.desk.begin() as session:
                busy = bool(enrollments.advance(session))
            self._staff(at)
            self._book(at)
            with self.desk.begin() as session:
                busy = bool(sending.sweep(session)) or busy
            for lane in (Lane.REPLIES, Lane.DELIVERY):
                busy = self._send(lane, at) or busy

    def _send(self, lane: Lane, at: datetime) -> bool:
        with self.desk.begin() as session:
            ready = sending.claim(session, lane)
        with self.desk.begin() as session:
            accepted = [Outcome(one.attempt_id, Fate.ACCEPTED, sid=f"SM{one.attempt_id.hex}") for one in ready]
            sending.settle(session, accepted)
            texts = [messages.get(session, one.message_id) for one in ready]
        for text in texts:
            self._left(text, at)
        return bool(ready)

    def _left(self, text: Message, at: datetime) -> None:
        if text.step is None or text.patient_id is None:
            return  # an answer of the organisation's own words: no step of a program
        person = self._people[text.patient_id]
        whose = Text(person.no, text.step, text.touch or 0)
        self.sent.append((person.no, text.step, at))
        arrives = at + behaviour.delivery(self.model, self.dice, whose)
        dead = person.dead and person.number not in self._right
        self._at(arrives, person, lambda: self._arrived(text.id, dead=dead))
        reply = None if dead else behaviour.reply(self.model, self.dice, whose)
        if reply is not None:
            self._at(arrives + reply.after, person, lambda: self._said(person, reply.say, text.id))

    def _arrived(self, message_id: UUID, *, dead: bool) -> None:
        with self.desk.begin() as session:
            message = messages.get(session, message_id)
            if dead:
                means = meaning(DEAD, Where.CALLBACK).action.value
                sending.hear(session, message, status="undelivered", code=DEAD, meaning=means)
            else:
                sending.hear(session, message, status="delivered", code="", meaning=None)

    def _said(self, person: Person, words: str, text_id: UUID) -> None:
        with self.desk.begin() as session:
            receive(session, Arrived(sid=f"SM{text_id.hex}r", from_number=person.number or "", body=words))

    def _staff(self, at: datetime) -> None:
        """Cases that a program opened get their closing, at the time the model says."""
        with self.desk.begin() as session:
            found = select(Case).where(Case.enrollment_id.is_not(None), Case.step.is_not(None)).order_by(Case.number)
            new = [case for case in session.scalars(found) if case.id not in self._seen]
        for case in new:
            self._seen.add(case.id)
            assert case.patient_id is not None
            person = self._people[case.patient_id]
            self._cases[person.no] = number = self._cases.get(person.no, 0) + 1
            how, after = behaviour.closing(self.model, self.dice, patient=person.no, kind=case.kind, number=number)
            self._at(at + after, person, partial(self._close, person, case.id, how))

    def _book(self, at: datetime) -> None:
        """The EHR takes the times that patients picked, and is read back a moment later."""
        with self.desk.begin() as session:
            held = select(Slot.held_by_enrollment).where(Slot.held_by_enrollment.is_not(None), Slot.status == "free")
            asked = [one for one in session.scalars(held) if one is not None and one not in self._booking]
            patients = [session.get_one(Enrollment, (self.desk.org, one)).patient_id for one in asked]
        for enrollment, patient in zip(asked, patients, strict=True):
            self._booking.add(enrollment)
            self._at(at + BOOKING, self._people[patient], partial(self._booked, enrollment, patient))

    def _booked(self, enrollment: UUID, patient_id: UUID) -> None:
        holder = Holder("enrollment", enrollment)
        with self.desk.begin() as session:
            slot = visits.held(session, holder)
            assert slot is not None
            patient = factories.patient_of(session, patient_id)
            visit = factories.an_appointment(session, patient, status="booked", start=slot.start_at)
            booking.booked(session, holder, appointment=visit, actor="patient")

    def _close(self, person: Person, case_id: UUID, how: str) -> None:
        with self.desk.begin() as session:
            case = cases.get(session, case_id)
            if case.state == "open":
                if (case.kind, how) == ("missing_contact", behaviour.RIGHT) and case.number_id is not None:
                    numbers.lock(session, case.number_id).textable = "unknown"
                    self._right.add(person.number)
                cases.claim(session, case_id, by=self.clerk)
                closing.close(session, case_id, how, by=self.clerk)
