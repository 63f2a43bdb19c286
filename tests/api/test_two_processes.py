"""Two server processes on one database and one Redis: a turn of one is heard, stopped, answered and buried by the other."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.parts import cut_off
from tests.api.calls import MUG, ok
from tests.api.events import SSE, Event, events_of
from tests.api.processes import PATIENCE, Server
from tests.api.silence import silence
from tests.api.sockets import events_in, signed_in, text_in
from tests.conftest import MYSQL, REDIS

pytestmark = pytest.mark.skipif(not (MYSQL and REDIS), reason="needs MySQL or MariaDB, and Redis")
SECRET = "a secret for these two servers alone, of forty characters and more"


@contextmanager
def two(folder: Path, url: str, **more: str) -> Iterator[tuple[Server, Server]]:
    environ = {"SHOP_DATABASE_URL": url, "SHOP_REDIS_URL": REDIS, "SHOP_SECRET": SECRET, **more}
    with ExitStack() as stack:
        servers = []
        for name in ("one", "other"):
            (folder / name).mkdir()
            servers.append(stack.enter_context(Server(folder / name, environ)))
        yield servers[0], servers[1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, mysql_url: str) -> Iterator[tuple[Server, Server]]:
    with two(tmp_path_factory.mktemp("pair"), mysql_url) as servers:
        yield servers


def turns(thread: str, rest: str = "") -> str:
    return f"/v1/chat/threads/{thread}/turns{rest}"


def hear(http: httpx.Client, thread: str, text: str) -> list[Event]:
    return events_of(http.post(turns(thread), json={"text": text}, headers=SSE).text)


def new_thread(http: httpx.Client) -> str:
    return str(ok(http.post("/v1/chat/threads"), 201)["thread"])


def token(http: httpx.Client) -> str:
    return http.headers["Authorization"].removeprefix("Bearer ")


def address(server: Server) -> str:
    return server.url.removeprefix("http://")


def test_what_one_runs_the_other_tells_from_any_event_on(pair: tuple[Server, Server]) -> None:
    one, other = pair
    with one.client() as here, other.client() as there:
        thread = new_thread(here)
        events = hear(here, thread, f"add {MUG} to my cart")
        turn = events[-1].data["turn"]
        for at, event in enumerate(events[:-1]):
            again = there.get(turns(thread, f"/{turn}/events"), headers={"Last-Event-ID": event.id})
            assert events_of(again.text) == events[at + 1 :]
        asyncio.run(_resume(address(other), token(there), thread, events))
        assert [i["quantity"] for i in ok(there.get("/v1/cart"))["items"]] == [1]


async def _resume(where: str, access: str, thread: str, events: list[Event]) -> None:
    async with signed_in(where, access) as socket:
        await socket.send("resume", thread=thread, turn=events[-1].data["turn"], last_event_id=events[1].id)
        frames = await socket.until_closed()
    told = [f["meta"]["id"] for f in frames if "id" in f["meta"]]
    assert told == [event.id for event in events[2:]]
    assert text_in(frames) == "".join(e.data["text"] for e in events[2:] if e.type == "message.delta")


def test_what_one_asks_is_answered_at_the_other(pair: tuple[Server, Server]) -> None:
    one, other = pair
    with one.client() as here, other.client() as there:
        thread = new_thread(here)
        hear(here, thread, f"add {MUG} to my cart")
        asked = hear(here, thread, "buy it")[-1].data
        assert asked["status"] == "waiting"
        done = asyncio.run(_approve(address(other), token(there), thread, asked["confirmation"]["confirmation"]))
        assert done["receipts"][0]["operation"] == "place_order"
        assert done["receipts"][0]["view"]["status"] == "paid"


async def _approve(where: str, access: str, thread: str, confirmation: str) -> dict[str, Any]:
    async with signed_in(where, access) as socket:
        await socket.send("answer", thread=thread, confirmation=confirmation, decision="approve")
        done: dict[str, Any] = events_in(await socket.until_closed(), "turn.completed")[0]
    return done


def test_what_one_runs_the_other_stops_and_buries(tmp_path: Path, mysql_url: str) -> None:
    with silence() as told, two(tmp_path, mysql_url, **told, AGENT_LEASE_SECONDS="60") as (one, other):
        asyncio.run(_stopped_by_the_other(one, other))
    with silence() as told:
        folder = tmp_path / "again"
        folder.mkdir()
        with two(folder, mysql_url, **told, AGENT_LEASE_SECONDS="3") as (one, other):
            asyncio.run(_buried_by_the_other(one, other))
            one.start()
            asyncio.run(_usable(one))


async def _stopped_by_the_other(one: Server, other: Server) -> None:
    """The lease is so long that only Redis can have carried the wish."""
    with one.client() as here, other.client() as there:
        thread = new_thread(here)
        async with signed_in(address(one), token(here), f"/v1/chat/socket?thread={thread}") as socket:
            await socket.ws.send("hello")
            await socket.frame()
            turn = (await socket.frame())["data"]["turn"]
            asked = time.monotonic()
            assert ok(there.post(turns(thread, f"/{turn}/cancel")))["status"] == "cancelled"
            assert events_in(await socket.until_closed(), "turn.completed")[0]["status"] == "cancelled"
            assert time.monotonic() - asked < 15
            assert ok(there.get(f"/v1/chat/threads/{thread}"))["running_turn"] is None


async def _buried_by_the_other(one: Server, other: Server) -> None:
    """A power cut in the middle of a turn: who listens at the other process is told, once the lease is over."""
    with one.client() as here, other.client() as there:
        thread = new_thread(here)
        async with (
            httpx.AsyncClient(base_url=one.url, headers=dict(here.headers), timeout=PATIENCE) as sender,
            signed_in(address(other), token(there)) as socket,
        ):
            async with sender.stream("POST", turns(thread), json={"text": "hello"}, headers=SSE) as answer:
                first = await anext(line async for line in answer.aiter_lines() if line.startswith("data: "))
                turn = json.loads(first.removeprefix("data: "))["turn"]
                await socket.send("resume", thread=thread, turn=turn)
                assert (await socket.frame())["data"]["content"] == "open"
                one.kill()
            frames = await socket.until_closed()
        [done] = events_in(frames, "turn.completed")
        assert (done["turn"], done["status"], done["text"]) == (turn, "failed", cut_off(""))
        started = events_of(there.get(turns(thread, f"/{turn}/events"), timeout=PATIENCE).text)
        assert [event.type for event in started] == ["turn.started", "turn.completed"]
        again = there.get(turns(thread, f"/{turn}/events"), headers={"Last-Event-ID": started[0].id}, timeout=PATIENCE)
        assert events_of(again.text) == started[1:]
        assert started[1].order > started[0].order, "clients drop what has an id that they know"
        messages = ok(there.get(f"/v1/chat/threads/{thread}"))["messages"]
        assert [(m["role"], m["status"]) for m in messages] == [("shopper", "completed"), ("assistant", "failed")]


async def _usable(server: Server) -> None:
    """After a restart the conversation is told as it stands, and goes on."""
    with server.client() as http:
        thread = ok(http.get("/v1/chat/threads"))["items"][0]["thread"]
        turn = ok(http.get(f"/v1/chat/threads/{thread}"))["messages"][0]["turn"]
        again = http.get(turns(thread, f"/{turn}/events"), headers={"Last-Event-ID": "1-0"}, timeout=PATIENCE)
        assert events_of(again.text)[-1].data["status"] == "failed"
        async with signed_in(server.url.removeprefix("http://"), token(http)) as socket:
            await socket.send("say", thread=thread, text="hello again")
            assert (await socket.frame())["data"]["content"] == "open"
            running = (await socket.frame())["data"]["turn"]
            await socket.send("cancel", thread=thread, turn=running)
            assert events_in(await socket.until_closed(), "turn.completed")[0]["status"] == "cancelled"
