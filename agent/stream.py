"""The events of a turn, kept for a while: whoever listens reads from there, from the start or from any event on. The turn itself
neither waits for listeners nor stops with them. In a Redis Stream they are there for every process; see also `stream_here`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from loguru import logger
from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import RedisError

KEPT_SECONDS = 3600
LONGEST = 10_000
LAST = {"turn.completed", "error"}
"""Events after which nothing comes until the shopper acts."""


Ask = Callable[[Callable[[Any], Awaitable[Any]]], Awaitable[Any]]


@dataclass(frozen=True)
class Sent:
    """An event as it was kept."""

    id: str
    type: str
    facts: str
    """The rest of it, as JSON."""
    more: bool = field(default=False, compare=False)
    """Another one is there already."""

    @cached_property
    def event(self) -> dict[str, Any]:
        return {"type": self.type, **json.loads(self.facts)}


def facts_of(event: dict[str, Any]) -> str:
    return to_json({name: value for name, value in event.items() if name != "type"}, fallback=str).decode()


class EventLog:
    """Written by the turn, read by its listeners."""

    def __init__(self, redis: Redis, ask: Ask | None = None) -> None:
        """`ask`: puts a quick question that a hanging Redis can't hold up; without it, the one Redis is asked."""
        self._redis: Any = redis  # its answers are typed for every protocol at once
        self._ask: Ask = ask or (lambda question: question(self._redis))

    async def write(self, turn: str, event: dict[str, Any]) -> None:
        """A lost event is no lost turn: its outcome is in the database."""
        try:
            await self._ask(lambda redis: _add(redis, turn, event))
        except RedisError as failed:
            logger.warning("an event of {} could not be kept: {}", turn, failed)

    async def last_id(self, turn: str) -> str:
        try:
            newest = await self._ask(lambda redis: redis.xrevrange(_key(turn), count=1))
        except RedisError:
            return "0"
        return newest[0][0].decode() if newest else "0"

    async def forget(self, turn: str) -> None:
        """Takes the events away; without Redis they go by themselves."""
        with suppress(RedisError):
            await self._ask(lambda redis: redis.delete(_key(turn), f"{_key(turn)}:heard"))  # in one slot of a cluster

    async def mark_heard(self, turn: str, seconds: float) -> None:
        """Somebody listens, and counts as listening for so long."""
        with suppress(RedisError):
            await self._ask(lambda redis: redis.set(f"{_key(turn)}:heard", 1, px=max(1, int(seconds * 1000))))

    async def is_heard(self, turn: str) -> bool:
        """Whether somebody listens, in any process. While Redis can't say, somebody may."""
        try:
            return bool(await self._ask(lambda redis: redis.exists(f"{_key(turn)}:heard")))
        except RedisError:
            return True

    async def read(self, turn: str, after: str, patience: float) -> AsyncIterator[Sent | None]:
        """Events after the one named, until the turn stands still. None: nothing came for `patience` seconds."""
        while True:
            found = await self._redis.xread({_key(turn): after}, block=int(patience * 1000), count=100)
            if not found:
                yield None
            for _, entries in found:
                for at, (entry_id, fields) in enumerate(entries, 1):
                    after, kind = entry_id.decode(), fields[b"type"].decode()
                    yield Sent(after, kind, fields[b"facts"].decode(), at < len(entries))
                    if kind in LAST:
                        return


async def _add(redis: Any, turn: str, event: dict[str, Any]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        pipe.xadd(_key(turn), {"type": event["type"], "facts": facts_of(event)}, maxlen=LONGEST)
        pipe.expire(_key(turn), KEPT_SECONDS)
        await pipe.execute()


def is_later(event_id: str, other: str) -> bool:
    return numbers(event_id) > numbers(other)


def next_id(event_id: str) -> str:
    """Of what is told behind an event and was not kept; no event that comes later has it."""
    at, number = [*numbers(event_id), 0][:2]
    return f"{at}-{number + 1}"


def numbers(event_id: str) -> list[int]:
    return [int(part) for part in event_id.split("-")]


def _key(turn: str) -> str:
    return f"domtok:turn:{{{turn}}}"
