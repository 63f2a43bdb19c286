"""Many shoppers at once: so many streams in one process, of which no event may be lost."""

import asyncio
import time
from dataclasses import dataclass
from statistics import quantiles

from tests.bench.figures import say as say_line
from tests.bench.servers import cpu_ms

from .model import AFTER_ANOTHER, ANSWER
from .rivals import Rival
from .saying import Event, Heard, listen, say

ONCE = {"turn.started": 1, "tool.started": 3, "tool.finished": 3, "turn.completed": 1}


@dataclass(frozen=True)
class Crowd:
    """Turns of three calls, all begun at the same moment; times in milliseconds."""

    database: str
    streams: int
    per_second: float
    first: float
    """Half of them heard their first event by then."""
    slowest_first: float
    whole: float
    cpu: float
    lost: int
    """Events that a stream did not bring, or not as listening once more brings them."""


async def measure(database: str, rival: Rival, streams: int) -> Crowd:
    threads = [await rival.new_thread() for _ in range(streams)]
    before, started = cpu_ms(rival.process), time.perf_counter()
    heard = await asyncio.gather(*(say(rival, thread, AFTER_ANOTHER, streamed=True) for thread in threads))
    seconds = time.perf_counter() - started
    cpu = (cpu_ms(rival.process) - before) / streams
    lost = sum([await _lost(rival, thread, one) for thread, one in zip(threads, heard, strict=True)])
    firsts = sorted(one.first for one in heard)
    wholes = quantiles([one.whole for one in heard], n=2) if streams > 1 else [heard[0].whole]
    return Crowd(database, streams, streams / seconds, firsts[streams // 2], firsts[-1], wholes[0], cpu, lost)


async def _lost(rival: Rival, thread: str, heard: Heard) -> int:
    events = heard.events()
    missing = sum(abs(times - sum(e.kind == kind for e in events)) for kind, times in ONCE.items())
    missing += "".join(e.told["text"] for e in events if e.kind == "message.delta") != ANSWER
    again = (await listen(rival, thread, _turn_of(events))).events()
    lost = missing + len(set(_keys(again)) ^ set(_keys(events)))
    if lost:
        say_line(f"{rival.name} lost {lost} event(s); heard: {_keys(events)}; again: {_keys(again)}")
    return lost


def _turn_of(events: list[Event]) -> str:
    return str(events[0].told["turn"])


def _keys(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.id, event.kind) for event in events]
