"""Saying something to a rival, and what came back when: over a connection of its own, read to its end."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import to_json

from .rivals import Rival


class Event(NamedTuple):
    id: str
    kind: str
    told: dict[str, Any]


class Heard(NamedTuple):
    first: float
    """Milliseconds until the first event, or the answer's beginning."""
    whole: float
    body: bytes

    def events(self) -> list[Event]:
        return [_event(block) for block in self.body.decode().split("\n\n") if block.strip() and block[0] != ":"]


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
    return Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))


async def say(rival: Rival, thread: str, text: str, *, streamed: bool) -> Heard:
    return await _ask(rival, "POST", f"/v1/chat/threads/{thread}/turns", {"text": text}, streamed=streamed)


async def listen(rival: Rival, thread: str, turn: str) -> Heard:
    """All events of a turn, once more."""
    return await _ask(rival, "GET", f"/v1/chat/threads/{thread}/turns/{turn}/events", None, streamed=True)


async def _ask(rival: Rival, method: str, path: str, body: Any, *, streamed: bool) -> Heard:
    reader, writer = await asyncio.open_connection("127.0.0.1", rival.port, limit=1 << 20)
    started = time.perf_counter()
    writer.write(_request(rival, method, path, body, "text/event-stream" if streamed else "application/json"))
    head = await reader.readuntil(b"\r\n\r\n")
    received = b"" if streamed else await reader.read(1)
    while streamed and b"event:" not in received and (more := await reader.read(1 << 16)):
        received += more
    first = time.perf_counter()
    received += await reader.read()
    ended = time.perf_counter()
    writer.close()
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{rival.name} answered {head[:60]!r} to {path}: {received[:500]!r}")
    chunked = b"transfer-encoding: chunked" in head.lower()
    whole = b"".join(_chunks(received)) if chunked else received
    return Heard((first - started) * 1000, (ended - started) * 1000, whole)


def _request(rival: Rival, method: str, path: str, body: Any, accept: str) -> bytes:
    payload = b"" if body is None else to_json(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: shop", f"Accept: {accept}", "Connection: close"]
    lines += [f"Authorization: Bearer {rival.token}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(payload)}", "", ""]).encode() + payload


def _chunks(body: bytes) -> Iterator[bytes]:
    at = 0
    while size := int(body[at : (end := body.index(b"\r\n", at))], 16):
        yield body[end + 2 : end + 2 + size]
        at = end + 4 + size
