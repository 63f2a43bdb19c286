"""The events of a turn, kept for a while: whoever listens reads from there, from the start or from any event on. The turn itself
neither waits for listeners nor stops with them. Kept in Redis for every process (`stream_redis`), or in this one (`stream_here`)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from pydantic_core import to_json

KEPT_SECONDS = 3600
LONGEST = 10_000
LAST = {"turn.completed", "error"}
"""Events after which nothing comes until the shopper acts."""


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


class EventLog(Protocol):
    """Written by the turn, read by its listeners."""

    async def write(self, turn: str, event: dict[str, Any]) -> None:
        """A lost event is no lost turn: its outcome is in the database."""

    async def last_id(self, turn: str) -> str:
        """`0` where there is no event."""

    async def forget(self, turn: str) -> None:
        """Takes the events away."""

    async def mark_heard(self, turn: str, seconds: float) -> None:
        """Somebody listens, and counts as listening for so long."""

    async def is_heard(self, turn: str) -> bool:
        """Whether somebody listens, in any process. While that can't be known, somebody may."""

    def read(self, turn: str, after: str, patience: float) -> AsyncIterator[Sent | None]:
        """Events after the one named, until the turn stands still. None: nothing came for `patience` seconds. Raises
        RedisAway."""


def is_later(event_id: str, other: str) -> bool:
    return numbers(event_id) > numbers(other)


def next_id(event_id: str) -> str:
    """Of what is told behind an event and was not kept; no event that comes later has it."""
    at, number = [*numbers(event_id), 0][:2]
    return f"{at}-{number + 1}"


def numbers(event_id: str) -> list[int]:
    return [int(part) for part in event_id.split("-")]
