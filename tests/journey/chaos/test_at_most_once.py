"""The proof of at most once: whoever dies, whenever, no patient is texted twice and no text is lost in silence."""

import random
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.journey.chaos.conftest import Scale
from tests.journey.chaos.families import Child
from tests.journey.chaos.judge import judge, settled
from tests.journey.chaos.orders import Order
from tests.journey.chaos.stage import Stage

pytestmark = pytest.mark.chaos
SEED = 20261122
LATENCY_S = 0.25
BULK, DELIVERY = Order("worker", lane="bulk"), Order("worker", lane="delivery")


def measured(line: str) -> None:
    """For people: `make chaos ARGS=-rP` shows it."""
    sys.stdout.write(f"{line}\n")


def walk(stage: Stage, order: Order, prepare: Callable[[], object], *, most: int) -> list[str]:
    """Kill a worker at its first boundary, the next at its second, and so on until one outlives its work; where each died."""
    died_at: list[str] = []
    for n in range(1, most + 1):
        prepare()
        stage.forgive()
        stage.flush()
        worker = stage.start(replace(order, die_at=n))
        if not stage.dies(worker, order.lane):
            worker.kill()
            break
        assert worker.signal == 9, stage.log()
        died_at.append(worker.passed()[-1])
    return died_at


def recover(stage: Stage, order: Order = DELIVERY) -> float:
    """Careloop as it runs when nobody disturbs it, until everything has ended one way or another; the seconds it took."""
    for one in (Order("clock"), BULK, order):
        stage.start(one)
    return stage.until(lambda: settled(stage))


def test_a_worker_that_dies_at_any_boundary_of_planning_loses_and_doubles_nothing(theatre: Stage, scale: Scale) -> None:
    died_at = walk(theatre, BULK, lambda: theatre.enroll(scale.batch), most=scale.boundaries)

    took = recover(theatre)

    verdict = judge(theatre)
    measured(f"planning: {len(died_at)} kills, recovered in {took:.1f} s: {verdict}")
    assert verdict.faults == {}
    assert set(died_at) == {"before commit", "after commit"}
    assert verdict.texts == len(theatre.phones)


def test_a_worker_that_dies_at_any_boundary_of_sending_loses_and_doubles_nothing(theatre: Stage, scale: Scale) -> None:
    def prepare() -> None:
        theatre.enroll(scale.batch)
        theatre.plan()

    died_at = walk(theatre, DELIVERY, prepare, most=scale.boundaries)

    took = recover(theatre)
    theatre.start_web()
    theatre.provider("POST", "redeliver", order="reverse")

    verdict = judge(theatre)
    measured(f"sending: {len(died_at)} kills, recovered in {took:.1f} s: {verdict}")
    assert verdict.faults == {}
    assert set(died_at) == {"before commit", "after commit", "before POST", "after POST"}


def test_a_worker_that_dies_at_any_boundary_of_looking_up_loses_and_doubles_nothing(
    theatre: Stage, scale: Scale
) -> None:
    def prepare() -> None:
        """Two attempts whose answers never came: one text was sent, the other was not."""
        theatre.enroll(2)
        theatre.plan()
        theatre.leave_unanswered(post=1)

    died_at = walk(theatre, DELIVERY, prepare, most=scale.boundaries)

    took = recover(theatre)

    verdict = judge(theatre)
    measured(f"looking up: {len(died_at)} kills, recovered in {took:.1f} s: {verdict}")
    assert verdict.faults == {}
    assert verdict.texts == verdict.arrived


def test_random_kills_flushes_and_doubled_reversed_callbacks_lose_and_double_nothing(
    theatre: Stage, scale: Scale
) -> None:
    third = scale.enrollments // 3
    for callbacks in ("reversed", "double", "normal"):
        theatre.provider("POST", "fault", times=third + 1, callbacks=callbacks, timeout_s=LATENCY_S)
    theatre.enroll(scale.enrollments)
    theatre.start_web()
    theatre.start(Order("clock"))

    in_work = storm(theatre, scale.kills)
    took = theatre.until(lambda: settled(theatre))
    theatre.until(lambda: all_told(theatre))
    before = theatre.query(STATES)
    again = theatre.provider("POST", "redeliver", order="reverse")["delivered"]

    verdict = judge(theatre)
    measured(
        f"storm: {scale.kills} kills ({in_work} with work left), recovered in {took:.1f} s, {len(again)} webhooks again: {verdict}"
    )
    assert verdict.faults == {}
    assert {one["status"] for one in again} == {204}
    assert theatre.query(STATES) == before
    assert theatre.query(DELIVERED) == [(verdict.texts,)]
    assert in_work == scale.kills


STATES = "SELECT id, state, provider_sid, error_code FROM messages ORDER BY id"
DELIVERED = "SELECT count(*) FROM messages WHERE state = 'delivered'"


def all_told(stage: Stage) -> bool:
    """Whether every text's two status callbacks have been delivered."""
    webhooks = stage.provider("GET", "webhooks")["webhooks"]
    return len(webhooks) == 2 * len(stage.sent()) and all(one["status"] == 204 for one in webhooks)


def storm(stage: Stage, kills: int) -> int:
    """Kill one of three workers at random moments, each replaced at once, and flush Redis now and then; how many kills met work."""
    chance, pulse = random.Random(SEED), threading.Event()
    workers = [stage.start(order) for order in (BULK, DELIVERY, DELIVERY)]
    met_work = 0
    for n in range(kills):
        pulse.wait(chance.uniform(0.02, 0.45))
        at = chance.choice((0, 1, 1, 2, 2))
        met_work += not settled(stage)
        workers[at] = replaced(stage, workers[at])
        if n % 10 == 5:
            stage.flush()
    return met_work


def replaced(stage: Stage, worker: Child) -> Child:
    worker.kill()
    return stage.start(worker.order)


def test_nothing_is_claimed_after_a_stop_that_comes_in_the_middle_of_a_batch(theatre: Stage, scale: Scale) -> None:
    theatre.provider("POST", "fault", times=scale.enrollments, timeout_s=LATENCY_S)
    theatre.texts_per_second = min(20.0, scale.enrollments / 8)
    phones = theatre.enroll(scale.enrollments)
    theatre.plan()
    theatre.start_web()
    for order in (Order("clock"), DELIVERY, DELIVERY, Order("worker", lane="replies")):
        theatre.start(order)
    theatre.until(lambda: bool(theatre.sent()))

    gone = {one["to"] for one in theatre.sent()}
    still_to_come = [phone for phone in phones if phone not in gone]
    last_and_next = still_to_come[-scale.stops // 2 :] + still_to_come[: scale.stops // 2]
    for n, phone in enumerate(last_and_next):
        theatre.provider("POST", "text", from_number=phone, body="STOP" if n % 2 else "please stop texting me")
    theatre.until(lambda: settled(theatre))

    verdict = judge(theatre)
    stopped = theatre.query("SELECT count(*) FROM suppressions")[0][0]
    spared = theatre.query("SELECT count(*) FROM messages WHERE purpose = 'program' AND state = 'cancelled'")[0][0]
    measured(f"STOP: {stopped} patients stopped, {spared} texts taken back: {verdict}")
    assert verdict.faults == {}
    assert stopped == scale.stops
    assert 0 < spared <= stopped


def test_a_flush_between_commit_and_worker_delays_by_one_tick_and_loses_nothing(theatre: Stage) -> None:
    worker = theatre.start(DELIVERY)
    theatre.until(lambda: theatre.listens("delivery"))
    theatre.enroll(5)
    theatre.plan()
    theatre.flush()

    theatre.start(Order("clock"))
    took = theatre.until(lambda: settled(theatre))

    verdict = judge(theatre)
    measured(f"flush: sent {took:.1f} s after the clock started: {verdict}")
    assert verdict.faults == {}
    assert verdict.texts == 5
    assert not worker.ended.is_set()


def test_the_harness_finds_the_duplicates_of_a_build_that_sends_and_then_records(theatre: Stage, scale: Scale) -> None:
    planted = Order("worker", lane="delivery", send_then_record=True)

    def prepare() -> None:
        theatre.enroll(scale.batch)
        theatre.plan()

    died_at = walk(theatre, planted, prepare, most=8)
    recover(theatre, planted)

    verdict = judge(theatre)
    measured(f"planted defect: {len(died_at)} kills: {verdict}")
    assert len(verdict.faults["text sent twice"]) > 0
