"""Redis: limits, events and streams. What is true is in the database; whatever is here may be gone at any time.

Commands stay within Redis 6.2, every key begins with `domtok:` and has a time to live.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError

T = TypeVar("T")
QUICK_SECONDS = 0.25
"""How long a request may be held up by Redis."""
AWAY_SECONDS = 2.0
"""After a failure nobody asks again for this long, so that a hanging Redis holds up few requests and not all."""
NAMESPACE = "domtok"


class LazyRedis:
    """Two clients, opened when they are first asked for: a patient one for reads that block, and a quick one."""

    def __init__(self, url: str) -> None:
        self.embedded = not url
        self._url = url
        self._patient: Redis | None = None
        self._quick: Redis | None = None
        self._away_until = 0.0

    def __call__(self) -> Redis:
        if self._patient is None:
            self._patient = open_redis(self._url)
        return self._patient

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """One quick question. Raises RedisError, and at once while Redis was away a moment ago."""
        if time.monotonic() < self._away_until:
            raise RedisAway("Redis was away a moment ago")
        try:
            return await question(self._opened_quick())
        except RedisError:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise

    def _opened_quick(self) -> Redis:
        if self._quick is None:
            self._quick = self() if self.embedded else open_redis(self._url, QUICK_SECONDS)
        return self._quick

    async def close(self) -> None:
        for client in {self._patient, self._quick} - {None}:
            assert client is not None
            await client.aclose()


def open_redis(url: str, timeout: float = 30.0) -> Redis:
    """Redis, or a stand-in inside this process when no address is given. A failed command is sent once more, on a new
    connection, because an idle one may have been closed."""
    if url:
        once_more = Retry(NoBackoff(), 1)
        wait = min(timeout, 2.0)
        return Redis.from_url(
            url, socket_connect_timeout=wait, socket_timeout=timeout, health_check_interval=30, retry=once_more
        )
    from fakeredis import FakeServer  # heavy, and only needed in embedded mode
    from fakeredis.aioredis import FakeRedis

    stand_in: Redis = FakeRedis(server=FakeServer())
    return stand_in
