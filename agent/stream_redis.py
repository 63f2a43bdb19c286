"""The same events in a Redis Stream, where they are there for every process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from loguru import logger
from redis.exceptions import RedisError

from commerce.errors import RedisAway

from .stream import KEPT_SECONDS, LAST, LONGEST, Sent, facts_of


class Redis(Protocol):
    """What the log needs of it."""

    def __call__(self) -> Any:
        """A patient client, for reads that block."""

    async def ask(self, question: Callable[[Any], Awaitable[Any]]) -> Any:
        """Puts a quick question that a hanging Redis can't hold up. Raises RedisAway."""


class RedisLog:
    """With a Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def write(self, turn: str, event: dict[str, Any]) -> None:
        try:
            await self._redis.ask(lambda redis: _add(redis, turn, event))
        except RedisAway as failed:
            logger.warning("an event of {} could not be kept: {}", turn, failed)

    async def last_id(self, turn: str) -> str:
        try:
            newest = await self._redis.ask(lambda redis: redis.xrevrange(_key(turn), count=1))
        except RedisAway:
            return "0"
        return newest[0][0].decode() if newest else "0"

    async def forget(self, turn: str) -> None:
        """While Redis is away they stay, and go by themselves later."""
        with suppress(RedisAway):
            await self._redis.ask(
                lambda redis: redis.delete(_key(turn), f"{_key(turn)}:heard")
            )  # in one slot of a cluster

    async def mark_heard(self, turn: str, seconds: float) -> None:
        with suppress(RedisAway):
            await self._redis.ask(lambda redis: redis.set(f"{_key(turn)}:heard", 1, px=max(1, int(seconds * 1000))))

    async def is_heard(self, turn: str) -> bool:
        try:
            return bool(await self._redis.ask(lambda redis: redis.exists(f"{_key(turn)}:heard")))
        except RedisAway:
            return True

    async def read(self, turn: str, after: str, patience: float) -> AsyncIterator[Sent | None]:
        while True:
            found = await self._later(turn, after, patience)
            if not found:
                yield None
            for _, entries in found:
                for at, (entry_id, fields) in enumerate(entries, 1):
                    after, kind = entry_id.decode(), fields[b"type"].decode()
                    yield Sent(after, kind, fields[b"facts"].decode(), at < len(entries))
                    if kind in LAST:
                        return

    async def _later(self, turn: str, after: str, patience: float) -> Any:
        try:
            return await self._redis().xread({_key(turn): after}, block=int(patience * 1000), count=100)
        except RedisError as failed:
            raise RedisAway(str(failed)) from failed


async def _add(redis: Any, turn: str, event: dict[str, Any]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        pipe.xadd(_key(turn), {"type": event["type"], "facts": facts_of(event)}, maxlen=LONGEST)
        pipe.expire(_key(turn), KEPT_SECONDS)
        await pipe.execute()


def _key(turn: str) -> str:
    return f"domtok:turn:{{{turn}}}"
