"""A time that became free goes to those who would come sooner: the first who answers has it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage.tables import Enrollment, Message, Patient, Slot, WaitlistEntry
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import appointments, publishing
from workflows.ehr_facts import AppointmentFact, SlotFact

WEDNESDAY = MONDAY_NOON + timedelta(days=2)
PHONES = {"ann": "+13125550111", "ben": "+13125550112", "cora": "+13125550113", "dan": "+13125550114"}
PROGRAM = """
grammar: 1
program: waitlist
title: A time that became free
purpose: Offers a freed time.
touches: 1
trigger: {event: waitlist.offered, fresh: 4h}
goal: {appointment: booked, within: 2d}
stop_on: {patient.deceased: deceased}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 2 business hours}, on: {booked: booked}}
steps:
  offer: {ask: offer, slots: 1, wait: 2h, on: {slot: book, 2: stays, 3: closed, no_slots: stays}, silence: stays}
  book: {book: slot, on: {booked: booked, taken: gone}}
  gone: {send: gone, answer: true, then: stays}
  booked: {outcome: booked}
  stays: {outcome: handed_over}
  closed: {outcome: declined}
texts:
  offer: {en: "{clinic}: a time came free: {slots}. 2 = no.", es: "{clinic}: hay una hora: {slots}. 2 = no."}
  gone: {en: "{clinic}: sorry, that time was just taken.", es: "{clinic}: esa hora ya no queda."}
"""


@pytest.fixture
def clinic(desk: Desk) -> Desk:
    """The program is live, and Wednesday noon is busy."""
    with desk.begin() as session:
        publishing.publish(session, PROGRAM, actor="system")
        factories.a_slot(session, start=WEDNESDAY, status="busy", ehr_id="s1")
    return desk


def waits(desk: Desk, name: str, **wish: datetime | str | None) -> None:
    """The EHR's wait list has this patient."""
    with desk.begin() as session:
        known = session.scalar(select(Patient).where(Patient.ehr_id == name))
        if known is None:
            factories.a_patient(session, phone=PHONES[name], ehr_id=name, given=name)
    usual: Mapping[str, datetime | str | None] = {
        "practitioner_ehr_id": None,
        "wanted_from": None,
        "wanted_until": None,
    }
    facts = {"status": "waitlist", "version": "1"} | dict(usual) | wish
    fact = AppointmentFact(
        ehr_id=f"wait-{name}", patient_ehr_id=name, start=None, end=None, kind="visit", location_ehr_id=None,
        slot_ehr_ids=(), updated_at=None, **facts,  # type: ignore[arg-type]
    )  # fmt: skip
    with desk.begin() as session:
        appointments.mirror(session, fact)


def slot_is(desk: Desk, status: str, *, version: str) -> None:
    """The EHR says so of the slot."""
    fact = SlotFact("s1", "sched", "Dr. Okafor", WEDNESDAY, WEDNESDAY + timedelta(minutes=30), status, version)
    with desk.begin() as session:
        appointments.mirror_slot(session, fact)


def asked(desk: Desk) -> list[str]:
    with desk.begin() as session:
        found = select(Patient.ehr_id).join(Enrollment, Enrollment.patient_id == Patient.id).order_by(Enrollment.id)
        return list(session.scalars(found))


def held_by(desk: Desk) -> UUID | None:
    with desk.begin() as session:
        return session.scalars(select(Slot.held_by_enrollment)).one()


@pytest.mark.req("S14", by="workflows.waitlist:freed")
def test_a_freed_time_is_offered_to_the_first_three_and_the_first_who_answers_has_it(clinic: Desk) -> None:
    for name in PHONES:
        waits(clinic, name)

    slot_is(clinic, "free", version="2")

    assert asked(clinic) == ["ann", "ben", "cora"]
    assert len({body for purpose, body in clinic.planned() if purpose == "program"}) == 1
    with clinic.begin() as session:
        session.execute(update(Message).values(state="delivered", sent_at=MONDAY_NOON + timedelta(minutes=10)))
    clinic.text("1", sid="SMben", phone=PHONES["ben"])
    first = held_by(clinic)
    clinic.text("1", sid="SMann", phone=PHONES["ann"])
    assert held_by(clinic) == first is not None
    assert sum("that time was just taken" in body for _, body in clinic.planned()) == 1


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        ({"wanted_until": WEDNESDAY - timedelta(days=1)}, False),
        ({"wanted_from": WEDNESDAY + timedelta(hours=1)}, False),
        ({"practitioner_ehr_id": "somebody else"}, False),
        ({"practitioner_ehr_id": "Dr. Okafor", "wanted_from": MONDAY_NOON, "wanted_until": WEDNESDAY}, True),
    ],
)
def test_only_a_wish_that_fits_is_asked(clinic: Desk, wish: dict[str, datetime | str], fits: bool) -> None:
    waits(clinic, "ann", **wish)

    slot_is(clinic, "free", version="2")

    assert asked(clinic) == (["ann"] if fits else [])


def test_who_said_no_to_any_sooner_visit_or_left_the_list_is_not_asked_again(clinic: Desk) -> None:
    waits(clinic, "ann")
    waits(clinic, "ben")
    slot_is(clinic, "free", version="2")
    with clinic.begin() as session:
        session.execute(update(Message).values(state="delivered", sent_at=MONDAY_NOON + timedelta(minutes=10)))
    clinic.text("3", sid="SMann", phone=PHONES["ann"])
    clinic.text("2", sid="SMben", phone=PHONES["ben"])
    waits(clinic, "ben", status="cancelled", version="2")

    slot_is(clinic, "busy", version="3")
    slot_is(clinic, "free", version="4")

    assert asked(clinic) == ["ann", "ben"]
    with clinic.begin() as session:
        assert session.scalar(select(WaitlistEntry.ended_at).where(WaitlistEntry.ended_at.is_not(None)))


def test_a_slot_read_late_or_free_all_along_is_not_freed(clinic: Desk) -> None:
    waits(clinic, "ann")
    with clinic.begin() as session:
        session.execute(update(Slot).values(ehr_version="7"))

    slot_is(clinic, "free", version="7")
    slot_is(clinic, "free", version="8")

    assert asked(clinic) == []
