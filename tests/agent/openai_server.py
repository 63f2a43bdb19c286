"""A small OpenAI-compatible endpoint on loopback: real HTTP, streamed chunks, and every way of going wrong, by name."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

DONE = b"data: [DONE]\n\n"
addresses = count(1)
"""In each address: clients are cached by it, and ports come again."""


@dataclass(frozen=True)
class Answer:
    """What is sent for one request; the connection closes behind it."""

    body: bytes
    status: str = "200 OK"
    kind: str = "text/event-stream"
    chunked: bool = False
    """With HTTP's own chunks, and never their end: the client can see that it was cut."""
    headers: str = ""
    silent: bool = False
    """Nothing comes, not even a status, until the client has gone."""
    stalls: bool = False
    """Nothing comes behind the body until the client has gone."""
    gate: asyncio.Event | None = None
    """Waited for behind the body, before the rest."""
    rest: bytes = b""
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set behind the body."""


Playing = Answer | Callable[[dict[str, Any]], Answer]
"""An answer, or how to answer to what was asked."""


@dataclass
class Endpoint:
    """Plays its answers one after another, the last one again and again."""

    answers: list[Playing]
    requests: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """The requests as they came."""
    heads: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
            body = await reader.readexactly(length)
            asked = json.loads(body)
        except asyncio.IncompleteReadError:  # the client gave up before it had asked
            writer.close()
            return
        self.heads.append(head)
        self.requests.append(asked)
        self.bodies.append(body)
        playing = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            await self._play(playing if isinstance(playing, Answer) else playing(asked), reader, writer)
        except ConnectionError:
            pass  # the client has had enough
        finally:
            writer.close()

    async def _play(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer.silent:
            await reader.read()
            return
        framing = "Transfer-Encoding: chunked\r\n" if answer.chunked else ""
        head = f"HTTP/1.1 {answer.status}\r\nContent-Type: {answer.kind}\r\n{answer.headers}{framing}Connection: close\r\n\r\n"
        writer.write(head.encode())
        body = answer.body
        writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n" if answer.chunked else body)
        await writer.drain()
        answer.sent.set()
        if answer.gate:
            await answer.gate.wait()
            writer.write(answer.rest)
            await writer.drain()
        if answer.stalls:
            await reader.read()


@asynccontextmanager
async def endpoint(*answers: Playing) -> AsyncIterator[Endpoint]:
    serving = Endpoint(list(answers))
    server = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{next(addresses)}/v1"
    try:
        yield serving
    finally:
        server.close()
        await server.wait_closed()


def closed_port() -> str:
    """The address of an endpoint that is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/{next(addresses)}/v1"


NOWHERE = "http://no-such-host.invalid/v1"


def chunk(delta: dict[str, Any], finish: str | None = None, usage: dict[str, Any] | None = None) -> bytes:
    choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
    about = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(about | {"choices": choices, "usage": usage}).encode() + b"\n\n"


def usage(read: int, written: int, cached: int = 0) -> bytes:
    told: dict[str, Any] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return chunk({}, usage=told | {"prompt_tokens_details": {"cached_tokens": cached}})


def text_chunks(text: str) -> bytes:
    return b"".join(chunk({"role": "assistant", "content": text[i : i + 4]}) for i in range(0, len(text), 4))


def head_of(name: str, index: int | None = 0, call: str | None = "a_0", arguments: str = "") -> bytes:
    """The first piece of a call, with or without index and id."""
    piece: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    piece |= {} if index is None else {"index": index}
    piece |= {} if call is None else {"id": call}
    return chunk({"role": "assistant", "content": None, "tool_calls": [piece]})


def more_of(arguments: str, index: int | None = 0) -> bytes:
    """A further piece."""
    piece: dict[str, Any] = {"function": {"arguments": arguments}} | ({} if index is None else {"index": index})
    return chunk({"tool_calls": [piece]})


def call_chunks(calls: Sequence[tuple[str, dict[str, Any]]], prefix: str) -> bytes:
    """Each call's name first, then its arguments in fragments."""
    found = b""
    for index, (name, arguments) in enumerate(calls):
        found += head_of(name, index, f"{prefix}_{index}")
        written = json.dumps(arguments)
        found += b"".join(more_of(written[i : i + 5], index) for i in range(0, len(written), 5))
    return found


def said(text: str, finish: str = "stop", read: int = 100, written: int = 10) -> Answer:
    return Answer(text_chunks(text) + chunk({}, finish) + usage(read, written) + DONE)


def called(prefix: str, *calls: tuple[str, dict[str, Any]], first: str = "", finish: str = "tool_calls") -> Answer:
    """`first`: what is said before the calls."""
    return Answer(text_chunks(first) + call_chunks(calls, prefix) + chunk({}, finish) + usage(100, 10) + DONE)


def pieces(*chunks: bytes, finish: str = "tool_calls") -> Answer:
    return Answer(b"".join(chunks) + chunk({}, finish) + usage(100, 10) + DONE)


def error(status: str, headers: str = "", **more: str) -> Answer:
    body = json.dumps({"error": {"message": "boom"} | more}).encode()
    return Answer(body, status, "application/json", headers=headers)


HALF_A_CALL = head_of("add_to_cart") + more_of('{"sku": "MUG-RED-350", "quantity": 1')

PASSING = {
    "429": error("429 Too Many Requests"),
    "429 with Retry-After": error("429 Too Many Requests", "Retry-After: 0\r\n"),
    "500": error("500 Internal Server Error"),
    "502": error("502 Bad Gateway"),
    "503": error("503 Service Unavailable"),
    "503 as HTML": Answer(b"<html>boom</html>", "503 Service Unavailable", "text/html"),
    "HTML": Answer(b"<html>boom</html>", kind="text/html"),
    "malformed SSE": Answer(b"data: {this is no JSON\n\n" + DONE),
    "no UTF-8": Answer(b'data: {"id": "\xff\xfe"}\n\n' + DONE),
    "an error in the stream": Answer(b'data: {"error": {"message": "boom"}}\n\n'),
    "nothing at all": Answer(b""),
    "silent": Answer(b"", silent=True),
    "slow to the first byte": Answer(b"", stalls=True),
    "stalled in mid-stream": Answer(text_chunks("Half a sentence"), stalls=True),
    "closed in mid-stream": Answer(text_chunks("Half a sentence"), chunked=True),
    "closed quietly": Answer(text_chunks("Half a sentence")),
    "closed in a call": Answer(HALF_A_CALL, chunked=True),
    "closed quietly in a call": Answer(HALF_A_CALL),
}
"""What may be over the next time."""
STALLING = {kind for kind, answer in PASSING.items() if answer.silent or answer.stalls}
"""What only time-outs end."""

LASTING = {
    "400": error("400 Bad Request"),
    "401": error("401 Unauthorized"),
    "403": error("403 Forbidden"),
    "404": error("404 Not Found"),
    "429 for too long": error("429 Too Many Requests", "Retry-After: 3600\r\n"),
    "an alien answer": Answer(b'data: {"choices": 7}\n\n' + DONE),
}
"""What is not worth trying again."""
