"""A small OpenAI-compatible endpoint on loopback: real HTTP, streamed chunks, and every way of going wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Answer:
    """What is sent for one request; the connection closes behind it."""

    body: bytes
    status: str = "200 OK"
    kind: str = "text/event-stream"
    chunked: bool = False
    """With HTTP's own chunks, and never their end: the client can see that it was cut."""


@dataclass
class Endpoint:
    """Plays its answers one after another, the last one again and again."""

    answers: list[Answer]
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        self.requests.append(json.loads(await reader.readexactly(length)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        framing = "Transfer-Encoding: chunked\r\n" if answer.chunked else ""
        writer.write(
            f"HTTP/1.1 {answer.status}\r\nContent-Type: {answer.kind}\r\n{framing}Connection: close\r\n\r\n".encode()
        )
        body = answer.body
        writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n" if answer.chunked else body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def endpoint(*answers: Answer) -> AsyncIterator[Endpoint]:
    serving = Endpoint(list(answers))
    server = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield serving
    finally:
        server.close()
        await server.wait_closed()


def chunk(delta: dict[str, Any], finish: str | None = None, usage: dict[str, int] | None = None) -> bytes:
    choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
    about = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(about | {"choices": choices, "usage": usage}).encode() + b"\n\n"


def usage(read: int, written: int) -> bytes:
    return chunk({}, usage={"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written})


def text_chunks(text: str) -> bytes:
    return b"".join(chunk({"role": "assistant", "content": text[i : i + 4]}) for i in range(0, len(text), 4))


def call_chunks(calls: Sequence[tuple[str, dict[str, Any]]], prefix: str) -> bytes:
    """Each call's name first, then its arguments in fragments."""
    found = b""
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        head = {"index": index, "id": f"{prefix}_{index}", "type": "function", "function": function}
        found += chunk({"role": "assistant", "content": None, "tool_calls": [head]})
        written = json.dumps(arguments)
        for i in range(0, len(written), 5):
            found += chunk({"tool_calls": [{"index": index, "function": {"arguments": written[i : i + 5]}}]})
    return found


def said(text: str) -> Answer:
    return Answer(text_chunks(text) + chunk({}, "stop") + usage(100, 10) + DONE)


def called(prefix: str, *calls: tuple[str, dict[str, Any]]) -> Answer:
    return Answer(call_chunks(calls, prefix) + chunk({}, "tool_calls") + usage(100, 10) + DONE)
