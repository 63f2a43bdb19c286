"""What the service weighs: its memory at rest and at work, and what a turn leaves on disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx

from .model import AFTER_ANOTHER, RELEASE, WAIT
from .rivals import GRAPH, OURS, Rival, service
from .saying import listen, say

STREAMS = 128
WARM = 5.0
"""Seconds until a server has loaded what it loads when it has a moment."""
FILES = {OURS: "domtok.sqlite", GRAPH: "graph.sqlite"}


async def measure(model_url: str) -> dict[str, float]:
    found: dict[str, float] = {}
    async with service("SQLite", "") as rival:  # embedded, with the planner, as it comes
        found["memory when it answers, MB"] = memory_kb(rival.process) / 1024
        await asyncio.sleep(WARM)
        found["memory with the chat loaded, MB"] = memory_kb(rival.process) / 1024
    async with _served(model_url) as rival:
        found["memory with the client of models loaded, MB"] = memory_kb(rival.process) / 1024
        found["memory of an active turn with its stream, kB"] = await _active_turn(rival)
    async with _served(model_url) as rival:
        found["memory of an idle stream, kB"] = await _idle_stream(rival)
    return found


def memory_kb(process: int) -> int:
    """Resident, shared libraries included, as operators see it."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@asynccontextmanager
async def _served(model_url: str) -> AsyncIterator[Rival]:
    async with service("SQLite", model_url, AGENT_IDLE_SECONDS="60") as rival:
        await asyncio.sleep(WARM)
        for _ in range(3):
            await say(rival, await rival.new_thread(), AFTER_ANOTHER, streamed=True)
        yield rival


async def _active_turn(rival: Rival) -> float:
    threads = [await rival.new_thread() for _ in range(STREAMS)]
    before = memory_kb(rival.process)
    async with _waiting(rival, threads):
        return (memory_kb(rival.process) - before) / STREAMS


async def _idle_stream(rival: Rival) -> float:
    """Of so many that listen to the same turn, which waits for its model."""
    thread, mine = await rival.new_thread(), {"Authorization": f"Bearer {rival.token}"}
    async with _waiting(rival, [thread]), httpx.AsyncClient(headers=mine, timeout=60) as http:
        shown = (await http.get(f"http://127.0.0.1:{rival.port}/v1/chat/threads/{thread}")).raise_for_status().json()
        before = memory_kb(rival.process)
        listening = [asyncio.create_task(listen(rival, thread, shown["running_turn"])) for _ in range(STREAMS)]
        await asyncio.sleep(2)
        spent = (memory_kb(rival.process) - before) / STREAMS
    await asyncio.gather(*listening)
    return spent


@asynccontextmanager
async def _waiting(rival: Rival, threads: Sequence[str]) -> AsyncIterator[None]:
    saying = [asyncio.create_task(say(rival, thread, WAIT, streamed=True)) for thread in threads]
    await asyncio.sleep(3)
    yield
    await say(rival, await rival.new_thread(), RELEASE, streamed=True)
    await asyncio.gather(*saying)


async def stored(competing: Sequence[Rival], turns: int) -> dict[str, float]:
    """Kilobytes that a turn of three calls leaves, on average over a conversation of so many turns."""
    found: dict[str, float] = {}
    for rival in competing:
        if rival.name in FILES:
            thread, before = await rival.new_thread(), _used_kb(rival.folder / FILES[rival.name])
            for _ in range(turns):
                await say(rival, thread, AFTER_ANOTHER, streamed=True)
            spent = (_used_kb(rival.folder / FILES[rival.name]) - before) / turns
            found[f"{rival.name}, kB stored per turn, of {turns} turns"] = spent
    return found


def _used_kb(file: Path) -> float:
    with closing(sqlite3.connect(file)) as db:
        size, pages, free = (db.execute(f"PRAGMA {about}").fetchone()[0] for about in ABOUT)
    return float(size * (pages - free) / 1024)


ABOUT = ("page_size", "page_count", "freelist_count")
