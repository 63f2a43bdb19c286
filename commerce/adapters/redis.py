"""Redis over the network; see `shared`."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..errors import RedisAway

T = TypeVar("T")
QUICK_SECONDS = 0.25
"""How long a request may be held up by Redis."""
AWAY_SECONDS = 2.0
"""After a failure nobody asks again for this long, so that a hanging Redis holds up few requests and not all."""


class LazyRedis:
    """Two clients, opened when they are first asked for: a patient one for reads that block, and a quick one."""

    embedded = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._patient: Redis | None = None
        self._quick: Redis | None = None
        self._away_until = 0.0

    def __call__(self) -> Redis:
        if self._patient is None:
            self._patient = open_redis(self._url)
        return self._patient

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        if time.monotonic() < self._away_until:
            raise RedisAway("Redis was away a moment ago")
        try:
            return await question(self._opened_quick())
        except RedisError as failed:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise RedisAway(str(failed)) from failed

    def _opened_quick(self) -> Redis:
        if self._quick is None:
            self._quick = open_redis(self._url, QUICK_SECONDS)
        return self._quick

    async def close(self) -> None:
        for client in {self._patient, self._quick} - {None}:
            assert client is not None
            await client.aclose()


def open_redis(url: str, timeout: float = 30.0) -> Redis:
    """A failed command is sent once more, on a new connection, because an idle one may have been closed."""
    once_more = Retry(NoBackoff(), 1)
    wait = min(timeout, 2.0)
    return Redis.from_url(
        url, socket_connect_timeout=wait, socket_timeout=timeout, health_check_interval=30, retry=once_more
    )
