"""Doorbells: a ring tells a lane's worker to look into PostgreSQL. Lost, doubled or flushed, it does no harm: the clock rings again."""

from collections.abc import Iterable
from threading import Condition, Thread

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from core import clock, log

MEMORY_S = 5  # a bell that was rung and not answered is rung again after this
JOB_TIMEOUT_S = 60
RINGER_RESTS_S = 0.01  # under a flood of clicks one ring is enough for many
FAILURE_TTL_S = 300
JOB = "handlers.jobs.attend"


class Bells:
    """One queue a lane, at most one waiting ring each."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues: dict[str, Queue] = {}

    def ring(self, lanes: Iterable[str]) -> None:
        """Ring after a commit: an unreachable Redis is logged, never raised, since the data is safe and the clock rings too."""
        for lane in lanes:
            try:
                if self._redis.set(f"bell:{lane}", "1", nx=True, ex=MEMORY_S):
                    self.queue(lane).enqueue(
                        JOB, lane, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=FAILURE_TTL_S
                    )
            except RedisError as error:
                log.get().warning("bell.unheard", lane=lane, error=type(error).__name__)

    def answered(self, lane: str) -> None:
        """The worker is at the door: from now on a new ring is a new job."""
        try:
            self._redis.delete(f"bell:{lane}")
        except RedisError as error:
            log.get().warning("bell.unheard", lane=lane, error=type(error).__name__)

    def queue(self, lane: str) -> Queue:
        """The RQ queue of a lane; JSON, so that nothing but a lane's name can be in it."""
        if lane not in self._queues:
            self._queues[lane] = Queue(lane, connection=self._redis, serializer=JSONSerializer)
        return self._queues[lane]


class Ringer:
    """Rings on a thread of its own, so that nobody who was just served waits for Redis. Lanes asked for meanwhile are rung once."""

    def __init__(self, bells: Bells) -> None:
        self._bells = bells
        self._lanes: set[str] = set()
        self._asked = Condition()
        Thread(target=self._run, name="ringer", daemon=True).start()

    def ring(self, lanes: Iterable[str]) -> None:
        """Ring in a moment; a process that ends before it did leaves that to the clock."""
        with self._asked:
            self._lanes.update(lanes)
            self._asked.notify()

    def _run(self) -> None:
        while True:
            with self._asked:
                self._asked.wait_for(lambda: self._lanes)
                lanes, self._lanes = sorted(self._lanes), set()
            self._bells.ring(lanes)
            clock.pause(RINGER_RESTS_S)
