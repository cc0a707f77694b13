"""A new time: held here, settled once, given back when the EHR says no."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from storage import messages, visits
from storage.tables import Appointment, Case, Message, OutboxRow, Slot
from storage.visits import Holder
from tests import factories
from tests.databases import Database
from tests.factories import MONDAY_NOON
from tests.page_scene import Scene, a_case, clinic
from workflows import booking


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        made.claimed()
        yield made


def slots(scene: Scene) -> list[UUID]:
    with scene.db.begin(org=scene.org) as session:
        return list(session.scalars(select(Slot.id).order_by(Slot.start_at)))


def choose(scene: Scene, slot: UUID, *, name: str = "Dana", case: UUID | None = None) -> Case:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return booking.choose(session, case or scene.case_id, slot, by=who)


def settle(scene: Scene) -> None:
    """The EHR has it."""
    with scene.db.begin(org=scene.org) as session:
        slot = session.scalars(select(Slot).order_by(Slot.start_at).limit(1)).one()
        visit = session.scalar(select(Appointment).where(Appointment.ehr_id == "new"))
        if visit is None:
            patient = factories.patient_of(session, scene.patient_id)
            visit = factories.an_appointment(session, patient, status="booked", start=slot.start_at, ehr_id="new")
        booking.booked(session, Holder("case", scene.case_id), appointment=visit, actor="ehr")


def confirmations(scene: Scene) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        return [
            messages.body(session, row)
            for row in session.scalars(select(Message).where(Message.purpose == "booking").order_by(Message.id))
        ]


@pytest.mark.req("S127")
def test_the_slots_near_what_was_asked_are_offered_in_order(scene: Scene) -> None:
    who = scene.who("Dana")
    with scene.db.begin(org=scene.org) as session:
        factories.a_slot(session, start=MONDAY_NOON - timedelta(hours=1))
        factories.a_slot(session, start=MONDAY_NOON + timedelta(hours=26), status="busy")
        _, offered = booking.choices(session, scene.case_id, by=who)

    assert [slot.start_at - MONDAY_NOON for slot in offered] == [timedelta(hours=h) for h in (25, 27, 49)]


def test_choosing_holds_the_slot_and_promises_the_booking_once(scene: Scene) -> None:
    slot = slots(scene)[0]

    case = choose(scene, slot)

    assert (case.state, case.booking_slot_id) == ("booking", slot)
    with scene.db.begin(org=scene.org) as session:
        assert session.scalars(select(OutboxRow.key).where(OutboxRow.topic == "ehr.book")).all() == [str(scene.case_id)]
    with pytest.raises(Refused, match="being booked right now"):
        choose(scene, slots(scene)[1])


def test_a_slot_another_case_holds_is_just_taken(scene: Scene) -> None:
    slot = slots(scene)[0]
    with scene.db.begin(org=scene.org) as session:
        other = a_case(session, key="two", patient_id=scene.patient_id).id
        session.execute(update(Case).where(Case.id == other).values(owner_id=scene.staff["Mia"], state="claimed"))
    choose(scene, slot)

    with pytest.raises(Refused, match="That time was just taken"):
        choose(scene, slot, name="Mia", case=other)


@pytest.mark.parametrize(
    "gone", [{"status": "busy"}, {"start_at": MONDAY_NOON - timedelta(minutes=1)}], ids=["busy", "past"]
)
def test_a_slot_that_is_gone_is_not_held(scene: Scene, gone: dict[str, object]) -> None:
    slot = slots(scene)[0]
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Slot).where(Slot.id == slot).values(**gone))

    with pytest.raises(Refused, match="That time was just taken"):
        choose(scene, slot)

    assert scene.row().state == "claimed"


@pytest.mark.req("S36")
def test_settling_twice_confirms_once_and_closes_once(scene: Scene) -> None:
    choose(scene, slots(scene)[0])

    settle(scene)
    settle(scene)

    assert (scene.row().state, scene.row().disposition) == ("closed", "booked")
    assert confirmations(scene) == [
        "Lakeside Clinic: you are set for Tue Nov 24, 1:00 pm. Reply 2 if that does not work."
    ]


def test_a_booked_slot_is_offered_to_nobody_even_before_the_ehr_is_read_again(scene: Scene) -> None:
    slot = slots(scene)[0]
    choose(scene, slot)

    settle(scene)

    with scene.db.begin(org=scene.org) as session:
        assert slot not in [free.id for free in visits.free_slots(session, near=None)]


def test_a_booking_the_ehr_refuses_goes_back_to_its_owner_with_the_slot_free(scene: Scene) -> None:
    slot = slots(scene)[0]
    choose(scene, slot)

    with scene.db.begin(org=scene.org) as session:
        booking.failed(session, Holder("case", scene.case_id), reason="conflict", manual=False)

    row = scene.row()
    assert (row.state, row.owner_id, row.booking_slot_id, row.booked_for) == (
        "claimed",
        scene.staff["Dana"],
        None,
        None,
    )
    assert confirmations(scene) == []
    assert choose(scene, slot).state == "booking"


def test_a_refusal_that_comes_after_the_settling_changes_nothing(scene: Scene) -> None:
    choose(scene, slots(scene)[0])
    settle(scene)

    with scene.db.begin(org=scene.org) as session:
        assert booking.failed(session, Holder("case", scene.case_id), reason="conflict", manual=True) is None
        assert booking.plan(session, Holder("case", scene.case_id)) is None

    assert scene.row().disposition == "booked"


@pytest.mark.parametrize("kind", ["red_flag", "missing_contact", "wrong_number"])
def test_cases_that_are_not_about_a_time_offer_none(scene: Scene, kind: str) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Case).where(Case.id == scene.case_id).values(kind=kind))

    with pytest.raises(Refused, match="has no patient to book for"):
        choose(scene, slots(scene)[0])
