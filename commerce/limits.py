"""Limits: how often somebody may do something, as token buckets that all processes share through Redis.

A bucket holds a minute's worth and fills steadily. Where there is no Redis, or it is away, each process keeps buckets of
its own: the limit is then less exact, and nobody is turned away or let through for good because of it.
"""

import hashlib
import math
from collections.abc import Callable
from datetime import datetime

from .errors import RedisAway, TooManyRequests
from .shared import NAMESPACE, Shared

MINUTE = 60.0
MOST_BUCKETS = 20_000
TAKE = """
local full, now = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1]) or full, tonumber(held[2]) or now
tokens = math.min(full, tokens + math.max(0, now - at) * full / 60)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) * 60 / full end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(math.max(at, now)))
redis.call('EXPIRE', KEYS[1], 61)
return tostring(wait)
"""
"""Fills the bucket for the time that went by, takes a token if there is one, and says how many seconds to wait if not."""


class Buckets:
    """The same buckets inside this process."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, float]] = {}

    def take(self, key: str, full: int, now: float) -> float:
        """Seconds to wait; 0 when a token was taken."""
        tokens, at = self._held.get(key, (float(full), now))
        tokens = min(full, tokens + max(0.0, now - at) * full / MINUTE)
        wait = 0.0 if tokens >= 1 else (1 - tokens) * MINUTE / full
        self._held[key] = (tokens if wait else tokens - 1, max(at, now))
        if len(self._held) > MOST_BUCKETS:
            self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        """Those that are full again; if that is not enough, the oldest."""
        recent = {key: held for key, held in self._held.items() if now - held[1] < MINUTE}
        newest = sorted(recent.items(), key=lambda item: item[1][1])[-MOST_BUCKETS // 2 :]
        self._held = dict(newest)


class Limits:
    """What operations and surfaces ask before they do what may be done so often only."""

    def __init__(self, redis: Shared, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._own = Buckets()

    async def take(self, name: str, who: str, per_minute: int) -> None:
        """Takes one of `who`'s tokens for `name`; refuses (429, Retry-After) when none is left. `who` is whatever tells
        people apart (an account, an address); it is stored as a hash."""
        wait = await self._take(key_of(name, who), per_minute, self._clock().timestamp())
        if wait > 0:
            raise TooManyRequests(retry_after=math.ceil(wait))

    async def _take(self, key: str, full: int, now: float) -> float:
        if self._redis.embedded:
            return self._own.take(key, full, now)
        try:
            return float(await self._redis.ask(lambda redis: redis.eval(TAKE, 1, key, full, repr(now))))
        except RedisAway:
            return self._own.take(key, full, now)


def key_of(name: str, who: str) -> str:
    return f"{NAMESPACE}:limit:{name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
