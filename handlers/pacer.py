"""How fast texts may leave: a bucket of segments an organisation, refilled by machine time. Replies and safety go first (K3)."""

from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from storage.outbox import Lane

TAKE = """
local now = redis.call('TIME'); local at = now[1] + now[2] / 1000000
local rate, burst, want, urgent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local left = tonumber(redis.call('HGET', KEYS[1], 'left') or burst)
local since = tonumber(redis.call('HGET', KEYS[1], 'at') or at)
left = math.min(burst, left + (at - since) * rate)
local granted = want
if not urgent then granted = math.max(0, math.min(want, math.floor(left))) end
redis.call('HSET', KEYS[1], 'left', tostring(left - granted), 'at', tostring(at))
redis.call('EXPIRE', KEYS[1], 600)
return granted
"""


class Pacer:
    """Grants segments before texts are claimed; what was not used is given back."""

    def __init__(self, redis: Redis, *, segments_per_second: float) -> None:
        self._take = redis.register_script(TAKE)
        self._rate = segments_per_second
        self._burst = max(1.0, segments_per_second)

    def take(self, org: UUID, lane: Lane, want: int) -> int:
        """How many segments may leave now: all of them for replies and safety, what the bucket holds for the rest.

        Without Redis the safe answer is one: texts go on, slowly.
        """
        urgent = lane in (Lane.SAFETY, Lane.REPLIES)
        try:
            return int(self._take(keys=[f"pace:{org}"], args=[self._rate, self._burst, want, "1" if urgent else "0"]))
        except RedisError:
            return min(want, 1)

    def give_back(self, org: UUID, unused: int) -> None:
        """Return segments that nothing was sent with (or, negative, charge what texts cost beyond one each)."""
        if unused:
            try:
                self._take(keys=[f"pace:{org}"], args=[self._rate, self._burst, -unused, "1"])
            except RedisError:
                return
