"""Benchmarks: start, requests and turns of the whole service in one process, beside a bare JSON echo in the same run.

`make bench` prints them. CPU is of this process alone; quote ratios of one run, since machines differ and are shared.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from loguru import logger
from rich.console import Console
from rich.table import Table

from agent.settings import AgentSettings
from api.server import Settings, build_app
from api.settings import ApiSettings
from evals.world import HandClock, fresh_world, world_settings

ROUNDS = 60
Work = Callable[[], Awaitable[Any]]


async def cpu_ms(work: Work, rounds: int = ROUNDS) -> float:
    """The best of five series, so that the rest of the machine counts least."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(rounds // 5):
            await work()
        best = min(best, (time.process_time() - started) / (rounds // 5) * 1000)
    return best


def bare_echo() -> FastAPI:
    async def echo(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    return echo  # type: ignore[return-value]


def start_seconds(folder: Path) -> float:
    """From the start of the process to its first 200, on a shop that is there already."""
    port = "8399"
    command = [sys.executable, "-m", "api.cli", "serve", "--demo", "--data", str(folder), "--port", port]
    started = time.perf_counter()
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": os.environ | {"API_LOG_LEVEL": "ERROR"},
    }
    server = subprocess.Popen(command, **quiet)
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).raise_for_status()
                return time.perf_counter() - started
            except httpx.HTTPError:
                time.sleep(0.01)
            if time.perf_counter() - started > 60:
                raise TimeoutError("the server did not start")
    finally:
        server.terminate()
        server.wait()


class Shopping:
    """One signed-in shopper's requests."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.thread = ""
        self.keys = 0

    async def sign_in(self) -> None:
        answer = await self.http.post("/v1/sessions", json={"email": "ada@example.com", "password": "demo-shopper"})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self.thread = (await self.http.post("/v1/chat/threads")).json()["thread"]

    async def product(self) -> None:
        (await self.http.get("/v1/products/red-enamel-mug")).raise_for_status()

    async def search(self) -> None:
        (await self.http.get("/v1/products", params={"query": "mug", "limit": 20})).raise_for_status()

    async def add(self) -> None:
        (await self.http.post("/v1/cart/items", json={"sku": "MUG-BLU-350", "quantity": 1})).raise_for_status()
        (await self.http.request("DELETE", "/v1/cart")).raise_for_status()

    async def buy_and_cancel(self) -> None:
        (await self.http.post("/v1/cart/items", json={"sku": "MUG-RED-350", "quantity": 1})).raise_for_status()
        checkout = (await self.http.post("/v1/checkouts")).json()["checkout"]
        order = (await self._commit(f"/v1/checkouts/{checkout}/place", {}))["order"]
        await self._commit(f"/v1/orders/{order}/cancel", {"reason": "bench"})

    async def _commit(self, path: str, body: dict[str, str]) -> Any:
        self.keys += 1
        return (
            (await self.http.post(path, json=body, headers={"Idempotency-Key": str(self.keys)}))
            .raise_for_status()
            .json()
        )

    async def small_talk(self) -> None:
        (await self.http.post(f"/v1/chat/threads/{self.thread}/turns", json={"text": "hello"})).raise_for_status()

    async def search_turn(self) -> None:
        (
            await self.http.post(f"/v1/chat/threads/{self.thread}/turns", json={"text": "show me mugs under $15"})
        ).raise_for_status()


async def measure(folder: Path) -> Table:
    table = Table("what", "CPU ms", "× echo")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_echo()), base_url="http://echo") as http:
        echo = await cpu_ms(lambda: http.get("/"), 300)
    table.add_row("bare JSON echo", f"{echo:.2f}", "1.0")
    settings = Settings(world_settings(folder), AgentSettings(), ApiSettings())
    app = build_app(settings, demo=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http,
    ):
        shopping = Shopping(http)
        await shopping.sign_in()
        rows: dict[str, Work] = {
            "product": shopping.product,
            "search of 20": shopping.search,
            "add to cart and clear it": shopping.add,
            "add, quote, place, cancel": shopping.buy_and_cancel,
            "turn without a tool": shopping.small_talk,
            "turn with a search": shopping.search_turn,
        }
        for name, work in rows.items():
            await work()
            spent = await cpu_ms(work)
            table.add_row(name, f"{spent:.2f}", f"{spent / echo:.1f}")
    return table


async def main() -> None:
    logger.remove()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        await (await fresh_world(data, HandClock())).close()
        starts = [start_seconds(data) for _ in range(3)]
        table = await measure(data)
    table.add_section()
    table.add_row("start to healthy, s (best of 3)", f"{min(starts):.2f}", "")
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
