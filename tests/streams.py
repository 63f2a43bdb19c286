"""A stand-in for Redis and a reader of its stream, for tests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from commerce.errors import RedisAway

T = TypeVar("T")


class StandIn:
    """A client that is there already, as if a server stood behind it; fakeredis, unless one is given."""

    embedded = False

    def __init__(self, client: Redis | None = None) -> None:
        self._client: Redis = client or FakeRedis(server=FakeServer())

    def __call__(self) -> Redis:
        return self._client

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        try:
            return await question(self._client)
        except RedisError as failed:
            raise RedisAway(str(failed)) from failed

    async def close(self) -> None:
        await self._client.aclose()


async def entries(redis: Callable[[], Any], stream: str) -> list[dict[str, Any]]:
    found: list[Any] = await redis().xrange(stream)
    told = [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in found]
    return [entry | {"data": json.loads(entry["data"])} for entry in told]
