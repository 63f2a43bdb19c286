"""Stand-ins and readers of the Redis Stream, for tests."""

import json
from typing import Any

from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from redis.asyncio import Redis

from commerce.adapters.redis import LazyRedis


class StandIn(LazyRedis):
    """fakeredis with scripts, as if it were a server."""

    def __init__(self) -> None:
        super().__init__("")
        self.embedded = False
        self._patient: Redis | None = FakeRedis(server=FakeServer())
        self._quick: Redis | None = self._patient


async def entries(redis: LazyRedis, stream: str) -> list[dict[str, Any]]:
    found: list[Any] = await redis().xrange(stream)  # type: ignore[assignment]  # typed for every protocol at once
    told = [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in found]
    return [entry | {"data": json.loads(entry["data"])} for entry in told]
