"""WebSocket clients, and a server in this process for them to call."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.processes import free_port

PATIENCE = 20.0


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application, whose lifespan runs already, on a port of this machine: `host:port`."""
    port = free_port()
    config = uvicorn.Config(
        app, "127.0.0.1", port, lifespan="off", log_config=None, access_log=False, ws_max_size=app.state.max_body_bytes
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    server.force_exit = True
    await task


@dataclass
class Socket:
    """A client that has signed in."""

    ws: ClientConnection
    hello: dict[str, Any] = field(default_factory=dict)

    @property
    def thread(self) -> str:
        return str(self.hello["meta"]["extra"]["dialog_id"])

    async def send(self, kind: str, ref: str | None = None, **data: Any) -> None:
        await self.ws.send(json.dumps({"meta": {"type": kind, "id": ref}, "data": data}))

    async def frame(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.ws.recv(), PATIENCE))
        return found

    async def until_closed(self) -> list[dict[str, Any]]:
        """All frames of a turn, with the one that closes it."""
        found = []
        while True:
            found.append(await self.frame())
            if content_of(found[-1]) == "close":
                return found

    async def say(self, text: str) -> list[dict[str, Any]]:
        await self.ws.send(text)
        return await self.until_closed()

    async def gone(self) -> tuple[int | None, list[dict[str, Any]]]:
        """The close code, and what was sent before it."""
        frames = []
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                async for text in self.ws:
                    frames.append(json.loads(text))
        return self.ws.close_code, frames


def content_of(frame: dict[str, Any]) -> str | None:
    content: str | None = frame["data"].get("content") if frame["meta"]["type"] == "command" else None
    return content


def events_in(frames: list[dict[str, Any]], kind: str = "") -> list[dict[str, Any]]:
    return [f["data"] for f in frames if f["meta"]["type"] == "event" and kind in ("", f["data"]["type"])]


def text_in(frames: list[dict[str, Any]]) -> str:
    return "".join(f["data"]["delta"] for f in frames if f["meta"]["type"] == "message")


@asynccontextmanager
async def connected(
    where: str, token: str = "", path: str = "/v1/chat/socket", **more: Any
) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(f"ws://{where}{path}", additional_headers=headers, proxy=None, **more) as ws:
        yield ws


@asynccontextmanager
async def signed_in(where: str, token: str, path: str = "/v1/chat/socket", **more: Any) -> AsyncIterator[Socket]:
    async with connected(where, token, path, **more) as ws:
        socket = Socket(ws)
        socket.hello = await socket.frame()
        yield socket
