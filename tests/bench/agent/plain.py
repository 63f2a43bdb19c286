"""The least that a turn can cost: a loop written by hand over httpx, with the shop's tools and no framework. It knows no
sign-in, no limits and no history but a list in memory; who is cut off is cut off."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, StreamingResponse

from tests.bench.agent.peer import Peer, run, system_prompt
from tools import Toolbox

WINDOW = 60
Message = dict[str, Any]


class Loop:
    def __init__(self, box: Toolbox, url: str) -> None:
        self._box = box
        self._url = f"{url}/chat/completions"
        self._http = httpx.AsyncClient(timeout=60)
        self._tools = [spec.as_function() for spec in box.specs]
        self._system: Message = {"role": "system", "content": system_prompt()}
        self._threads: dict[str, list[Message]] = defaultdict(list)

    async def turn(self, thread: str, text: str) -> AsyncIterator[tuple[str, Any]]:
        messages = self._threads[thread]
        messages.append({"role": "user", "content": text})
        yield "turn.started", {"text": text}
        while True:
            said, calls = "", list[Message]()
            async for delta in self._asked(_window(messages)):
                if delta.get("content"):
                    said += delta["content"]
                    yield "message.delta", {"text": delta["content"]}
                for piece in delta.get("tool_calls") or ():
                    _take(calls, piece)
            messages.append({"role": "assistant", "content": said} | ({"tool_calls": calls} if calls else {}))
            if not calls:
                break
            for call in calls:
                name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
                yield "tool.started", {"operation": name, "arguments": arguments}
                result = await self._box.call(name, arguments, f"{thread}-{len(messages)}")
                yield "tool.finished", {"operation": name, "view": result.view, "refusal": result.refusal}
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result.text})
        yield "turn.completed", {"text": said}

    async def _asked(self, messages: list[Message]) -> AsyncIterator[Message]:
        body = {"model": "m", "messages": [self._system, *messages], "tools": self._tools, "stream": True}
        async with self._http.stream("POST", self._url, json=body) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    for choice in json.loads(line[6:])["choices"]:
                        yield choice["delta"]


def _take(calls: list[Message], piece: Message) -> None:
    if piece["index"] == len(calls):
        calls.append({"id": piece["id"], "type": "function", "function": {"name": "", "arguments": ""}})
    told, call = piece["function"], calls[piece["index"]]["function"]
    call["name"] += told.get("name") or ""
    call["arguments"] += told.get("arguments") or ""


def _window(messages: list[Message]) -> list[Message]:
    """From a shopper's message on."""
    newest = messages[-WINDOW:]
    return newest[next(i for i, m in enumerate(newest) if m["role"] == "user") :]


def build(peer: Peer) -> FastAPI:
    app, loop = FastAPI(), Loop(peer.box, peer.model_url)

    @app.post("/v1/chat/threads/{thread}/turns", response_model=None)
    async def turn(request: Request, thread: str) -> JSONResponse | StreamingResponse:
        text = (await request.json())["text"]
        if "event-stream" in request.headers["accept"]:
            return StreamingResponse(sse(loop.turn(thread, text)), media_type="text/event-stream")
        views, said = [], ""
        async for kind, told in loop.turn(thread, text):
            said = told["text"] if kind == "turn.completed" else said
            views += [told["view"]] if kind == "tool.finished" else []
        return JSONResponse({"text": said, "views": views})

    return app


async def sse(events: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[str]:
    async for kind, told in events:
        yield f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"


if __name__ == "__main__":
    run(build)
