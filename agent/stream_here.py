"""The same events inside this process, where it is the only one: at a tenth of what a stand-in for Redis costs, and within bounds."""

import asyncio
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from .stream import KEPT_SECONDS, LAST, LONGEST, Sent, facts_of, numbers

MOST_BYTES = 32 * 2**20
"""Of all events together; those of the turns that were written to longest ago go first, and the outcomes of those are read
from the database."""
BESIDE = 400
"""What an event takes beside its text."""


@dataclass
class Kept:
    """The events of one turn."""

    sent: list[Sent] = field(default_factory=list)
    places: list[list[int]] = field(default_factory=list)
    """Their ids, to be looked for."""
    size: int = 0
    at: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def after(self, event_id: str) -> list[Sent]:
        return self.sent[bisect_right(self.places, numbers(event_id)) :]


class LocalLog:
    """Without a Redis."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._last = [0, 0]
        self._turns: OrderedDict[str, Kept] = OrderedDict()
        self._heard_until: dict[str, float] = {}

    async def write(self, turn: str, event: dict[str, Any]) -> None:
        self._last = max([time.time_ns() // 1_000_000, 0], [self._last[0], self._last[1] + 1])
        kind, facts = event["type"], facts_of(event)
        kept = self._turns.setdefault(turn, Kept())
        self._turns.move_to_end(turn)
        kept.sent.append(Sent(f"{self._last[0]}-{self._last[1]}", kind, facts))
        kept.places.append(self._last)
        self._count(kept, BESIDE + len(facts))
        if len(kept.sent) > LONGEST:
            self._count(kept, -BESIDE - len(kept.sent.pop(0).facts))
            kept.places.pop(0)
        kept.at = time.monotonic()
        kept.news.set()
        self._let_go()

    def _count(self, kept: Kept, size: int) -> None:
        kept.size += size
        self._bytes += size

    def _let_go(self) -> None:
        since = time.monotonic() - KEPT_SECONDS
        while len(self._turns) > 1:
            oldest = next(iter(self._turns.values()))
            if oldest.at > since and self._bytes <= self._most_bytes:
                return
            self._bytes -= self._turns.popitem(last=False)[1].size

    async def last_id(self, turn: str) -> str:
        kept = self._turns.get(turn)
        return kept.sent[-1].id if kept and kept.sent else "0"

    async def forget(self, turn: str) -> None:
        self._heard_until.pop(turn, None)
        if kept := self._turns.pop(turn, None):
            self._bytes -= kept.size

    async def mark_heard(self, turn: str, seconds: float) -> None:
        self._heard_until = {t: until for t, until in self._heard_until.items() if until > time.monotonic()}
        self._heard_until[turn] = time.monotonic() + seconds

    async def is_heard(self, turn: str) -> bool:
        return self._heard_until.get(turn, 0.0) > time.monotonic()

    async def read(self, turn: str, after: str, patience: float) -> AsyncIterator[Sent | None]:
        while True:
            found = await self._later(turn, after, patience)
            if not found:
                yield None
            for at, sent in enumerate(found, 1):
                after = sent.id
                yield Sent(sent.id, sent.type, sent.facts, at < len(found))
                if sent.type in LAST:
                    return

    async def _later(self, turn: str, after: str, patience: float) -> list[Sent]:
        """Waits for a while when there is nothing."""
        kept = self._turns.setdefault(turn, Kept(at=time.monotonic()))
        if found := kept.after(after):
            return found
        kept.news.clear()
        try:
            async with asyncio.timeout(patience):
                await kept.news.wait()
        except TimeoutError:
            return []
        return kept.after(after)
