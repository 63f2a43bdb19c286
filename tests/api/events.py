"""Server-sent events as a client reads them."""

import json
from typing import Any, NamedTuple

import httpx

from tests.api.calls import ok

SSE = {"Accept": "text/event-stream"}


class Event(NamedTuple):
    id: str
    type: str
    data: dict[str, Any]

    @property
    def order(self) -> tuple[int, int]:
        at, _, number = self.id.partition("-")
        return int(at), int(number or 0)


def events_of(text: str) -> list[Event]:
    found = []
    for block in text.split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines() if not line.startswith(":")]
        parts = {name: value for name, _, value in lines}
        if "data" in parts:
            found.append(Event(parts.get("id", ""), parts.get("event", ""), json.loads(parts["data"])))
    return found


async def new_thread(http: httpx.AsyncClient, title: str = "") -> str:
    return str(ok(await http.post("/v1/chat/threads", json={"title": title}), 201)["thread"])


async def say(http: httpx.AsyncClient, thread: str, text: str) -> dict[str, Any]:
    """A turn as JSON."""
    turn: dict[str, Any] = ok(await http.post(f"/v1/chat/threads/{thread}/turns", json={"text": text}))
    return turn


async def hear(http: httpx.AsyncClient, thread: str, text: str) -> list[Event]:
    """A turn as events."""
    answer = await http.post(f"/v1/chat/threads/{thread}/turns", json={"text": text}, headers=SSE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return events_of(answer.text)


async def decide(http: httpx.AsyncClient, turn: dict[str, Any], decision: str = "approve") -> httpx.Response:
    path = f"/v1/chat/threads/{turn['thread']}/confirmations/{turn['confirmation']['confirmation']}"
    return await http.post(path, json={"decision": decision})


def shown(turn: dict[str, Any], operation: str) -> dict[str, Any]:
    """The last view of an operation that a turn shows."""
    found: list[dict[str, Any]] = [v["view"] for v in turn["views"] if v["operation"] == operation]
    assert found, turn
    return found[-1]
