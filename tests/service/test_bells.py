"""Doorbells: what a ring leaves for the lane's worker."""

from redis import Redis

from handlers.bells import Bells, Ringer
from tests.databases import Bells as Valkey
from tests.theatre import wait_until


def test_a_lane_rung_many_times_from_a_thread_of_its_own_waits_once(valkey: Valkey) -> None:
    valkey.flush()
    with Redis.from_url(valkey.url) as redis:
        bells = Bells(redis)
        ringer = Ringer(bells)

        for _ in range(50):
            ringer.ring({"safety", "actions"})

        wait_until(lambda: [bells.queue(lane).count for lane in ("safety", "actions")] == [1, 1])
        bells.answered("safety")
        ringer.ring({"safety"})
        wait_until(lambda: bells.queue("safety").count == 2)
        assert bells.queue("actions").count == 1
    valkey.flush()
