"""A clinic with its programs and teams on a Monday noon, and what these tests do to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import messages, numbers
from storage.db import Database, now
from storage.outbox import Lane
from storage.tables import Appointment, Case, Decision, Enrollment, Message, PatientNumber
from tests import factories, scenes
from tests.business_clock import reset, set_business_time
from tests.databases import Database as Urls
from tests.factories import MONDAY_NOON
from tests.kept import door
from workflows import consent, inbound, publishing, sending, surroundings, triggers
from workflows.sending import Fate, Outcome, Ready

PHONE = "+13125550101"
DESK = "desk"
ORIGIN = "https://care.example"


@dataclass
class Desk:
    """The organisation, and business time standing where the test puts it."""

    db: Database
    org: UUID
    owner_url: str
    superuser_url: str = ""

    def begin(self) -> AbstractContextManager[Session]:
        return self.db.begin(org=self.org)

    def at(self, when: datetime) -> None:
        """Business time is this from now on."""
        set_business_time(self.owner_url, when)

    def patient(self, **facts: Any) -> UUID:
        """A patient; `facts` as `factories.a_patient` takes them."""
        with self.begin() as session:
            return factories.a_patient(session, **facts).id

    def sharing(self, patient_id: UUID, **facts: Any) -> UUID:
        """Another patient who gave the same number."""
        with self.begin() as session:
            other = factories.a_patient(session, phone=None, **facts).id
            numbers_of = select(PatientNumber.number_id).where(PatientNumber.patient_id == patient_id)
            number_id = session.scalars(numbers_of).one()
            session.add(PatientNumber(org_id=self.org, patient_id=other, number_id=number_id))
            return other

    def consent(self, phone: str, *, scope: str = "care texts", how: str = "intake form") -> None:
        """The holder of a number agrees."""
        with self.begin() as session:
            number = numbers.add(session, phone)
            at = now(session)
            consent.record(session, number, who="patient", given_at=at, how=how, wording="form-2026", scope=scope)

    def settings(self, **sending: Any) -> None:
        """The organisation's rules about texts."""
        with self.begin() as session:
            surroundings.organisation_of(session).settings = {"sending": sending}

    def missed(self, patient_id: UUID, *, start: datetime = MONDAY_NOON) -> UUID | None:
        """The patient missed a visit; the enrollment that came of it."""
        with self.begin() as session:
            patient = factories.patient_of(session, patient_id)
            visit = factories.an_appointment(session, patient, start=start)
            started = triggers.record(session, heard(patient_id, visit, key=str(patient_id), at=start))
            return started[0] if started else None

    def enrolled(self, **facts: Any) -> UUID:
        """A new patient in the missed-visit program."""
        found = self.missed(self.patient(**facts))
        assert found is not None
        return found

    def text(self, body: str, *, sid: str = "SM1", phone: str = PHONE, **facts: Any) -> bool:
        """A text comes in."""
        with self.begin() as session:
            return inbound.receive(session, inbound.Arrived(sid=sid, from_number=phone, body=body, **facts))

    def claim(self, *lanes: Lane) -> list[Ready]:
        """What may leave now."""
        found: list[Ready] = []
        for lane in lanes or (Lane.DELIVERY,):
            with self.begin() as session:
                found += sending.claim(session, lane)
        return found

    def arrive(self) -> list[Ready]:
        """What may leave now leaves, and reaches the phone at once."""
        ready = self.claim(Lane.REPLIES, Lane.DELIVERY)
        with self.begin() as session:
            accepted = [Outcome(one.attempt_id, Fate.ACCEPTED, sid=f"SM{one.attempt_id.hex}") for one in ready]
            sending.settle(session, accepted)
            for one in ready:
                sending.hear(session, messages.get(session, one.message_id), status="delivered", code="", meaning=None)
        return ready

    def enrollment(self, enrollment_id: UUID) -> Enrollment:
        with self.begin() as session:
            return session.scalars(select(Enrollment).where(Enrollment.id == enrollment_id)).one()

    def cases(self) -> list[Case]:
        with self.begin() as session:
            return list(session.scalars(select(Case).order_by(Case.number)))

    def planned(self) -> list[tuple[str, str]]:
        """(purpose, body) of texts that have not been given up."""
        with self.begin() as session:
            rows = session.scalars(
                select(Message)
                .where(Message.direction == "out", Message.state.not_in(("cancelled", "refused")))
                .order_by(Message.id)
            )
            return [(row.purpose, messages.body(session, row)) for row in rows]

    def states(self) -> list[tuple[str, str | None]]:
        """(state, rule) of the texts out, in the order they were planned."""
        with self.begin() as session:
            rows = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id))
            return [(row.state, row.rule) for row in rows]

    def held_until(self, place: int) -> datetime | None:
        """When the text planned as number `place` is looked at again."""
        with self.begin() as session:
            rows = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id))
            return list(rows)[place].hold_until

    def rules(self) -> list[str]:
        """The whole ledger: "verdict rule"."""
        with self.begin() as session:
            return [f"{line.verdict} {line.rule}" for line in session.scalars(select(Decision).order_by(Decision.id))]

    def suppressed(self, phone: str = PHONE) -> bool:
        with self.begin() as session:
            number = numbers.find(session, phone)
            return number is not None and bool(numbers.suppressed(session, [number.id]))


def heard(
    patient_id: UUID, visit: Appointment | None, *, key: str = "one", at: datetime = MONDAY_NOON, kind: str = "noshow"
) -> triggers.Heard:
    """What the EHR said."""
    return triggers.Heard(
        source="ehr", external_id=key, kind=f"appointment.{kind}", occurred_at=at, owner="ehr",
        patient_id=patient_id, appointment_id=visit.id if visit else None, context={},
    )  # fmt: skip


def _furnish(db: Database) -> None:
    with db.begin(org=factories.an_organisation(db)) as session:
        factories.a_site(session)
        factories.all_teams(session)
        publishing.publish_built_in(session, actor="system")


@contextmanager
def opened(urls: Urls) -> Iterator[Desk]:
    """Open for one test."""
    set_business_time(urls.owner_url, MONDAY_NOON + timedelta(minutes=10))
    db = door(urls.app_url, origin=ORIGIN)
    assert db.orgs() == [], "a desk is the first organisation of its database"
    if scenes.saved(urls, DESK):
        scenes.play(urls, DESK)
    else:
        _furnish(db)
        scenes.save(urls, DESK)
    try:
        yield Desk(db, db.orgs()[0], urls.owner_url, urls.superuser_url)
    finally:
        reset(urls.owner_url)
