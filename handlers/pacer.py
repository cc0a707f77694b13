"""How fast texts and cards may leave: buckets refilled by machine time. Replies and safety go first (K3)."""

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
TURN = """
local now = redis.call('TIME'); local at = now[1] + now[2] / 1000000
local rate, burst, urgent, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[4])
local wait = math.max(0, redis.call('PTTL', KEYS[3]) / 1000)
if wait == 0 and rate > 0 then
  local left = tonumber(redis.call('HGET', KEYS[1], 'left') or burst)
  local since = tonumber(redis.call('HGET', KEYS[1], 'at') or at)
  left = math.min(burst, left + (at - since) * rate)
  if urgent or left >= 1 + kept then left = left - 1 else wait = (1 + kept - left) / rate end
  redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', tostring(at))
  redis.call('EXPIRE', KEYS[1], 600)
end
if wait > 0 and not urgent then
  local turn = math.max(at + wait, tonumber(redis.call('GET', KEYS[2]) or 0) + 1 / math.max(rate, 1))
  wait = turn - at
  redis.call('SET', KEYS[2], string.format('%.6f', turn), 'PX', math.ceil(wait * 1000) + 1000)
end
return tostring(wait)
"""
POST_BURST = 3
KEPT = 2
"""Of those, what only urgent posts may take: Slack would ask a red flag to wait for an ordinary card that came just before."""


class Pacer:
    """Grants segments before texts are claimed; what was not used is given back."""

    def __init__(self, redis: Redis, *, segments_per_second: float, posts_per_second: float = 1.0) -> None:
        self._redis = redis
        self._turn = redis.register_script(TURN)
        self._posts = posts_per_second
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

    def turn(self, org: UUID, what: str, *, urgent: bool) -> float:
        """Seconds until this may be asked of Slack; 0 is now. `what` is "post:CHANNEL", once a second each, or a method without a pace.

        An urgent post waits for nobody but Slack itself, and the others in its channel then wait longer. Who waits is told a turn of
        their own, so that they do not all come back at once. Without Redis nobody waits: Slack says when it is too much.
        """
        rate = self._posts if what.startswith("post:") else 0
        burst = max(POST_BURST, self._posts)
        keys = [f"slack:{part}:{org}:{what}" for part in ("left", "line", "hold")]
        try:
            return float(self._turn(keys=keys, args=[rate, burst, "1" if urgent else "0", KEPT]))
        except RedisError:
            return 0.0

    def hold(self, org: UUID, what: str, seconds: float) -> None:
        """Slack asked to wait: nobody asks the same of it before."""
        try:
            self._redis.set(f"slack:hold:{org}:{what}", 1, px=max(1, int(seconds * 1000)))
        except RedisError:
            return
