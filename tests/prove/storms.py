"""Many requests at the same moment, over connections of their own, spread over several server processes."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httpx

from tests.prove.sites import Buyer, Process, Site
from tests.prove.stores import PATIENCE


@dataclass(frozen=True)
class Shot:
    """A request that somebody will send."""

    who: Buyer
    path: str
    key: str
    body: dict[str, Any] | None = None


@contextmanager
def servers(site: Site, count: int) -> Iterator[list[Process]]:
    """Several processes over one database; they stop politely at the end, which must go well."""
    with ExitStack() as stack:
        found = [stack.enter_context(site.server()) for _ in range(count)]
        for server in found:
            server.launch()
        for server in found:
            server.until_healthy()
        yield found
        assert [server.stop() for server in found] == [0] * count


def fired(running: Sequence[Process], shots: Sequence[Shot]) -> list[httpx.Response]:
    """All at once: every connection is open before the first request goes out."""

    async def fire() -> list[httpx.Response]:
        async with asyncio.TaskGroup() as group:
            go = asyncio.Event()
            tasks = [
                group.create_task(_one(server.url, shot, go))
                for server, shot in zip(cycle(running), shots, strict=False)
            ]
            await asyncio.sleep(0.5)
            go.set()
        return [task.result() for task in tasks]

    return asyncio.run(fire())


async def _one(url: str, shot: Shot, go: asyncio.Event) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=shot.who.headers) as http:
        await http.get("/healthz")
        await go.wait()
        return await http.post(f"/v1{shot.path}", json=shot.body or {}, headers={"Idempotency-Key": shot.key})
