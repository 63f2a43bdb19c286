"""Start-up, and turns of the chat with the built-in planner."""

import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from agent.settings import AgentSettings
from api.server import Settings, build_app
from api.settings import ApiSettings
from evals.world import HandClock, fresh_world, world_settings
from tests.api.processes import Server
from tests.worlds import ADA

TURNS = {"turn without a tool": "hello", "turn with a search": "show me mugs under $15"}


async def measure(rounds: int) -> dict[str, float]:
    """Seconds from a process's start to its first 200 on a shop that is there, and CPU milliseconds of turns."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        await (await fresh_world(data, HandClock())).close()
        starts = [_start(data) for _ in range(rounds)]
        return {f"start to healthy, s (best of {rounds})": min(starts)} | await _turns(data, rounds)


def _start(data: Path) -> float:
    server = Server(data, {"API_LOG_LEVEL": "ERROR"})
    started = time.perf_counter()
    with server:
        return time.perf_counter() - started


async def _turns(data: Path, rounds: int) -> dict[str, float]:
    app = build_app(Settings(world_settings(data), AgentSettings(), ApiSettings()), demo=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http,
    ):
        session = (await http.post("/v1/sessions", json=ADA)).json()
        http.headers["Authorization"] = f"Bearer {session['access_token']}"
        thread = (await http.post("/v1/chat/threads")).json()["thread"]
        path = f"/v1/chat/threads/{thread}/turns"
        return {
            f"{name}, CPU ms": await _cpu_ms(partial(_post, http, path, said), rounds) for name, said in TURNS.items()
        }


async def _post(http: httpx.AsyncClient, path: str, said: str) -> None:
    (await http.post(path, json={"text": said})).raise_for_status()


async def _cpu_ms(work: Callable[[], Awaitable[Any]], rounds: int, turns: int = 12) -> float:
    """The best series, so that the rest of the machine counts least."""
    await work()
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(turns):
            await work()
        best = min(best, (time.process_time() - started) / turns * 1000)
    return best
