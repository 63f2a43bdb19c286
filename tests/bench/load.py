"""A client that costs little: keep-alive connections that send ready-made bytes and time the answers."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

Answer = Callable[[int, Any], None]
"""Gets the number of a request and the JSON that came back."""


def request(method: str, path: str, token: str = "", body: Any = None, key: str = "") -> bytes:
    """One HTTP/1.1 request, ready to be sent."""
    payload = b"" if body is None else to_json(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: shop", f"Content-Length: {len(payload)}"]
    lines += ["Content-Type: application/json"] if payload else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Idempotency-Key: {key}"] if key else []
    return "\r\n".join([*lines, "", ""]).encode() + payload


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        assert self._answer
        self._received = b""
        self._answer.set_result((int(head[9:12]), body))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _content_length(head: bytes) -> int:
    _, found, after = head.lower().partition(b"content-length: ")
    return int(after.partition(b"\r\n")[0]) if found else 0


@dataclass
class Run:
    """What a series of requests took, in seconds."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, share: float) -> float:
        """The wait that `share` of the requests did not exceed, in milliseconds."""
        ordered = sorted(self.waits)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds


async def drive(port: int, requests: Iterable[bytes], connections: int, answered: Answer | None = None) -> Run:
    """Sends the requests over so many connections; raises when one is refused."""
    run, numbered = Run(), iter(enumerate(requests))
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)]
    started = time.perf_counter()
    await asyncio.gather(*(_work(connection, numbered, run, answered) for connection in opened))
    run.seconds = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return run


async def _work(
    connection: Connection, requests: Iterator[tuple[int, bytes]], run: Run, answered: Answer | None
) -> None:
    for number, asked in requests:
        started = time.perf_counter()
        status, body = await connection.send(asked)
        run.waits.append(time.perf_counter() - started)
        if status >= 400:
            raise RuntimeError(f"{asked[:200]!r} was answered {status}: {body[:500]!r}")
        if answered:
            answered(number, from_json(body))
