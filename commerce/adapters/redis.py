"""Redis: limits, events and streams. What is true is in the database; whatever is here may be gone at any time."""

from redis.asyncio import Redis


class LazyRedis:
    """Opened when it is first asked for: the embedded stand-in takes a while to load."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Redis | None = None

    def __call__(self) -> Redis:
        if self._opened is None:
            self._opened = open_redis(self._url)
        return self._opened

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()


def open_redis(url: str) -> Redis:
    """Redis, or a stand-in inside this process when no address is given."""
    if url:
        return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=30, health_check_interval=30)
    from fakeredis import FakeServer  # heavy, and only needed in embedded mode
    from fakeredis.aioredis import FakeRedis

    stand_in: Redis = FakeRedis(server=FakeServer())
    return stand_in
