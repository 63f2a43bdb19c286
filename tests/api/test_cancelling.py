"""Stopping a turn over HTTP, in the terminal and on the page."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from evals.world import HandClock, fresh_world
from tests.agent.chats import until
from tests.api.calls import customer, ok, refused
from tests.api.events import hear, new_thread, say
from tests.api.processes import PATIENCE, Server, environment
from tests.api.silence import silence, silent_agent
from tests.api.test_page import browsing
from tests.api.test_page import say as say_on_page
from tests.worlds import ADA, client_of, running, settings_for

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """A shop whose model never answers."""
    await (await fresh_world(tmp_path, HandClock())).close()
    with silence() as told:
        async with running(settings_for(tmp_path, **silent_agent(told))) as app:
            yield app


async def running_turn(http: httpx.AsyncClient, thread: str) -> str:
    async def found() -> str | None:
        turn: str | None = ok(await http.get(f"/v1/chat/threads/{thread}"))["running_turn"]
        return turn

    await until(found)
    return str(await found())


async def test_a_stopped_turn_tells_its_listener_and_leaves_the_conversation_free(silent: FastAPI) -> None:
    async with client_of(silent, **ADA) as ada:
        thread = await new_thread(ada)
        heard = asyncio.create_task(hear(ada, thread, "hello"))
        turn = await running_turn(ada, thread)
        where = f"/v1/chat/threads/{thread}/turns/{turn}/cancel"
        async with customer(silent) as bob:
            refused(await bob.post(where), 404, "thread_not_found")
        stopped = ok(await ada.post(where))
        assert (stopped["turn"], stopped["status"]) == (turn, "cancelled")
        assert ok(await ada.post(where)) == stopped
        last = (await heard)[-1]
        assert (last.type, last.data) == ("turn.completed", stopped)
        again = asyncio.create_task(hear(ada, thread, "again"))
        other = await running_turn(ada, thread)
        assert other != turn
        ok(await ada.post(f"/v1/chat/threads/{thread}/turns/{other}/cancel"))
        assert (await again)[-1].data["status"] == "cancelled"


async def test_a_message_waits_in_line_where_it_asks_to(silent: FastAPI) -> None:
    async with client_of(silent, **ADA) as ada:
        thread = await new_thread(ada)
        turns = f"/v1/chat/threads/{thread}/turns"
        first = asyncio.create_task(ada.post(turns, json={"text": "one"}))
        running = await running_turn(ada, thread)
        refused(await ada.post(turns, json={"text": "two", "when_busy": "refuse"}), 409, "turn_running")
        refused(await ada.post(turns, json={"text": "two", "when_busy": "perhaps"}), 422, "bad_input")
        waiting = [asyncio.create_task(ada.post(turns, json={"text": t, "when_busy": "wait"})) for t in "abcd"]
        full = await next(iter(asyncio.as_completed(waiting)))
        assert int(refused(full, 409, "queue_full")["facts"]["waiting"]) == 3
        queued = ok(await ada.get(f"/v1/chat/threads/{thread}"))["queued_turns"]
        for turn in [*reversed(queued), running]:
            assert ok(await ada.post(f"{turns}/{turn}/cancel"))["status"] == "cancelled"
        assert ok(await first)["status"] == "cancelled"
        answers = [ok(a)["status"] for a in await asyncio.gather(*waiting) if a is not full]
        assert answers == ["cancelled"] * 3


async def test_what_is_over_or_unknown_is_not_stopped(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    turn = (await say(ada, thread, "hello"))["turn"]
    refused(await ada.post(f"/v1/chat/threads/{thread}/turns/{turn}/cancel"), 409, "turn_over")
    refused(await ada.post(f"/v1/chat/threads/{thread}/turns/trn_unknown/cancel"), 404, "turn_not_found")


@pytest.fixture
def silent_shop(tmp_path: Path) -> Iterator[Server]:
    asyncio.run(_fill(tmp_path))
    with silence() as told, Server(tmp_path, told) as server:
        yield server


async def _fill(folder: Path) -> None:
    await (await fresh_world(folder, HandClock())).close()


def test_ctrl_c_in_the_terminal_stops_the_answer_and_not_the_program(silent_shop: Server) -> None:
    chat = subprocess.Popen(
        [*silent_shop.command[:3], "chat", "--data", str(silent_shop.data)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert chat.stdin
    chat.stdin.write("hello\n")
    chat.stdin.flush()
    with silent_shop.client() as http:
        deadline = time.monotonic() + PATIENCE
        while not _running(http):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        chat.send_signal(signal.SIGINT)
        told, _ = chat.communicate("/cart\n/quit\n", timeout=PATIENCE)
        assert chat.returncode == 0, told
        assert "stopped" in told
        assert "Subtotal" in told, "the conversation went on"
        assert _running(http) is None


def test_who_hangs_up_stops_the_answer_where_that_is_the_policy(tmp_path: Path) -> None:
    """Both ways of listening."""
    asyncio.run(_fill(tmp_path))
    with (
        silence() as told,
        Server(tmp_path, {**told, "AGENT_UNHEARD_SECONDS": "0.6"}) as server,
        server.client() as http,
    ):
        for accept in ("application/json", "text/event-stream"):
            thread = ok(http.post("/v1/chat/threads"), 201)["thread"]
            asyncio.run(_hang_up(http, thread, accept))
            assert _running(http), "it was heard until now"
            deadline = time.monotonic() + PATIENCE
            while _running(http):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert ok(http.get(f"/v1/chat/threads/{thread}"))["messages"][-1]["status"] == "cancelled"


async def _hang_up(http: httpx.Client, thread: str, accept: str) -> None:
    """Listens longer than the policy's patience, then goes."""
    headers = dict(http.headers) | {"Accept": accept}
    async with httpx.AsyncClient(base_url=http.base_url, headers=headers, timeout=PATIENCE) as hasty:
        saying = hasty.post(f"/v1/chat/threads/{thread}/turns", json={"text": "hello"})
        await asyncio.wait([speaking := asyncio.create_task(saying)], timeout=1.5)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)


def _running(http: httpx.Client) -> str | None:
    """The turn that runs in any of the shopper's conversations."""
    threads = [item["thread"] for item in ok(http.get("/v1/chat/threads"))["items"]]
    found = [ok(http.get(f"/v1/chat/threads/{thread}"))["running_turn"] for thread in threads]
    return next(filter(None, found), None)


def test_the_button_on_the_page_stops_the_answer(silent_shop: Server) -> None:
    with browsing(silent_shop) as page:
        _stop_on(page)


def _stop_on(page: "Page") -> None:
    say_on_page(page, "Show me mugs")
    page.locator("#stop").wait_for()
    assert not page.locator("#send").is_visible()
    page.locator("#stop").click()
    page.locator(".answer", has_text="This answer was stopped").wait_for()
    page.locator("#send").wait_for()
    assert not page.locator("#stop").is_visible()
    page.reload()
    page.locator(".answer", has_text="This answer was stopped").wait_for()
