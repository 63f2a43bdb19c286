"""The processes that are measured beside each other, each on a shop of its own, and the model that all of them ask."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx

from commerce.seeding import seed
from commerce.shop import open_shop
from evals.world import HandClock, fresh_world, prepare, seeds, world_settings
from tests.api.processes import ROOT, environment, free_port
from tests.bench.agent.graph import OUR_CLIENT
from tests.bench.servers import fresh_database, shop_server, wait_for
from tests.worlds import ADA

OURS, PLAIN, GRAPH, GRAPH_OURS = "DomTok", "by hand", "ToolNode graph", f"ToolNode graph, {OUR_CLIENT}"
UNLIMITED = {
    "SHOP_TOOL_CALLS_PER_MINUTE": "100000000",
    "AGENT_THREAD_INPUT_TOKENS": "1000000000",
    "AGENT_THREAD_OUTPUT_TOKENS": "1000000000",
    "AGENT_SHOPPER_DAY_INPUT_TOKENS": "1000000000",
    "AGENT_SHOPPER_DAY_OUTPUT_TOKENS": "1000000000",
}
"""Limits that are looked at and not reached."""


@dataclass(frozen=True)
class Rival:
    """Somebody who answers a shopper, at a port."""

    name: str
    port: int
    process: int
    folder: Path
    token: str = ""

    async def new_thread(self) -> str:
        if self.name != OURS:
            return uuid4().hex
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=60) as http:
            answer = await http.post(f"http://127.0.0.1:{self.port}/v1/chat/threads")
        return str(answer.raise_for_status().json()["thread"])


@contextmanager
def process(module: str, port: int, *arguments: str) -> Iterator[int]:
    """`python -m tests.bench.agent.MODULE PORT …`, once it listens."""
    command = [sys.executable, "-m", f"tests.bench.agent.{module}", str(port), *arguments]
    started = subprocess.Popen(command, cwd=ROOT, env=environment())
    try:
        wait_for(port)
        yield started.pid
    finally:
        started.terminate()
        started.wait()


@contextmanager
def model() -> Iterator[str]:
    """Its address."""
    port = free_port()
    with process("model", port):
        yield f"http://127.0.0.1:{port}/v1"


@asynccontextmanager
async def service(database: str, model_url: str, **environ: str) -> AsyncIterator[Rival]:
    """`domtok serve` with the fake model, and the demo shopper signed in."""
    asked = {"AGENT_MODEL": "m", "OPENAI_BASE_URL": model_url, "OPENAI_API_KEY": "sk-bench"} if model_url else {}
    async with _shop(database) as (folder, url):
        with shop_server(folder, url, **UNLIMITED, **asked, **environ) as server:
            assert server.process
            async with httpx.AsyncClient(timeout=60) as http:
                signed_in = (await http.post(f"{server.url}/v1/sessions", json=ADA)).raise_for_status().json()
            yield Rival(OURS, server.port, server.process.pid, folder, signed_in["access_token"])
            server.stop()


@asynccontextmanager
async def rivals(database: str, model_url: str) -> AsyncIterator[list[Rival]]:
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(service(database, model_url))]
        for name, module, option in ((PLAIN, "plain", ""), (GRAPH, "graph", ""), (GRAPH_OURS, "graph", OUR_CLIENT)):
            folder, url = await stack.enter_async_context(_shop(database, suffix=str(len(found))))
            port = free_port()
            pid = stack.enter_context(process(module, port, str(folder), model_url, url, option))
            found.append(Rival(name, port, pid, folder))
        yield found


@asynccontextmanager
async def _shop(database: str, *, suffix: str = "") -> AsyncIterator[tuple[Path, str]]:
    """The folder and the database's address of a demo shop."""
    with TemporaryDirectory() as made, fresh_database(database, suffix) as url:
        folder = Path(made)
        if not url:
            await (await fresh_world(folder, HandClock())).close()
        else:
            shop = open_shop(world_settings(folder, url))
            await prepare(shop)
            await seed(shop, seeds())
            await shop.close()
        yield folder, url


async def settled() -> None:
    """Lets a server finish what an answer has left for it."""
    await asyncio.sleep(0.015)
