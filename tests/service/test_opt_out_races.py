"""STOP at any instant ends every future send; two workers at once never send a number more than it may have."""

import random
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.outbox import Lane
from storage.tables import Attempt, Enrollment, Message
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import enrollments, sending
from workflows.sending import Fate, Outcome, Ready

ACTS = ("advance", "claim", "settle", "sweep", "hour", "miss", "reply")


def play(desk: Desk, act: str, taken: list[Ready], dice: random.Random, patients: list[UUID]) -> None:
    """One thing that happens in a clinic's day."""
    if act == "claim":
        taken += desk.claim(Lane.DELIVERY, Lane.REPLIES)
    elif act == "settle" and taken:
        item = taken.pop()
        fate = dice.choice([Fate.ACCEPTED, Fate.NOT_SENT, Fate.UNKNOWN])
        with desk.begin() as session:
            sending.settle(session, [Outcome(item.attempt_id, fate, sid=f"SM{item.attempt_id.hex}")])
    elif act == "hour":
        with desk.begin() as session:
            desk.at(session.info["now"] + timedelta(hours=dice.choice([1, 9, 25])))
    elif act == "miss":
        desk.missed(dice.choice(patients), start=MONDAY_NOON)
    elif act == "reply":
        desk.text(dice.choice(["2", "maybe", "hello"]), sid=f"SM{dice.random()}")
    else:
        with desk.begin() as session:
            enrollments.advance(session) if act == "advance" else sending.sweep(session)


@pytest.mark.req("R3")
@pytest.mark.parametrize("seed", range(3))
def test_after_stop_at_any_instant_nothing_is_begun_for_the_number(desk: Desk, seed: int) -> None:
    dice = random.Random(seed)
    first = desk.patient()
    patients = [first, desk.sharing(first)]
    desk.missed(first)
    taken: list[Ready] = []
    for act in dice.choices(ACTS, k=dice.randrange(0, 8)):
        play(desk, act, taken, dice, patients)

    desk.text("STOP", sid="SMSTOP", carrier_did="STOP")
    with desk.begin() as session:
        before = set(session.scalars(select(Attempt.id)))
        assert set(session.scalars(select(Enrollment.state))) == {"ended"}
    for act in dice.choices(ACTS, k=8):
        play(desk, act, taken, dice, patients)

    with desk.begin() as session:
        assert set(session.scalars(select(Attempt.id))) == before


@pytest.mark.req("T6")
def test_two_workers_at_once_send_one_number_one_text(desk: Desk) -> None:
    first = desk.patient(ehr_id="pt-1")
    for patient in (first, desk.sharing(first), desk.sharing(first)):
        desk.missed(patient)
    both, taken = threading.Barrier(2), list[Ready]()

    def work() -> None:
        both.wait(5)
        for _ in range(3):
            taken.extend(desk.claim())

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert [item.to for item in taken] == [PHONE]
    with desk.begin() as session:
        assert session.scalars(select(Message.state)).all().count("sending") == 1
