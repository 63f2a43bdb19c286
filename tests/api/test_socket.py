"""The chat over a WebSocket: its frames, who may speak, resuming, and everything that clients do wrong."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus

from evals.world import HandClock, fresh_world
from tests.agent.chats import until
from tests.api.calls import MUG, ok
from tests.api.silence import silence, silent_agent
from tests.api.sockets import Socket, connected, content_of, events_in, served, signed_in, text_in
from tests.tools.boxes import ada_of
from tests.worlds import Shopper, World, running, settings_for


@pytest.fixture
async def world_of(service: FastAPI) -> World:
    return World(service.state.shop, HandClock())


@pytest.fixture
async def where(service: FastAPI) -> AsyncIterator[str]:
    async with served(service) as address:
        yield address


@pytest.fixture
async def shopper(world_of: World) -> Shopper:
    return await ada_of(world_of)


@pytest.fixture
async def chat(where: str, shopper: Shopper) -> AsyncIterator[Socket]:
    async with signed_in(where, shopper.token) as opened:
        yield opened


def error(frame: dict[str, Any]) -> tuple[int, str]:
    assert frame["meta"]["type"] == "error"
    assert frame["data"]["error"]
    assert frame["data"]["problem"].keys() >= {"code", "detail", "hint", "facts", "trace_id"}
    return frame["data"]["code"], frame["data"]["problem"]["code"]


async def test_a_conversation_has_the_frames_of_the_old_shop_and_our_events(chat: Socket) -> None:
    extra = chat.hello["meta"]["extra"]
    assert (chat.hello["meta"]["type"], extra.keys()) == ("ping", {"dialog_id", "tz"})
    for number in range(2):
        frames = await chat.say("Show me mugs under $15")
        assert (frames[0]["meta"]["type"], frames[0]["data"]) == ("command", {"content": "open", "turn": number})
        assert frames[-1]["data"] == {"content": "close", "turn": number}
        deltas = [f["data"] for f in frames if f["meta"]["type"] == "message"]
        assert [(d["index"], d["turn"]) for d in deltas] == [(i, number) for i in range(len(deltas))]
        [done] = events_in(frames, "turn.completed")
        assert text_in(frames) == done["text"] != ""
        assert (done["status"], done["thread"]) == ("completed", chat.thread)
        kinds = [e["type"] for e in events_in(frames)]
        assert (kinds[0], kinds[-1]) == ("turn.started", "turn.completed")
        assert "tool.finished" in kinds


async def test_any_path_that_the_old_shop_had_and_a_known_conversation(where: str, shopper: Shopper) -> None:
    async with signed_in(where, shopper.token, "/") as first:
        await first.say("hello")
    async with signed_in(where, shopper.token, f"/v1/chat/socket?thread={first.thread}") as again:
        assert again.thread == first.thread
        await again.say(f"add {MUG} to my cart")
    async with client_of_shopper(where, shopper) as http:
        history = ok(await http.get(f"/v1/chat/threads/{first.thread}"))
    assert [m["role"] for m in history["messages"]] == ["shopper", "assistant"] * 2


def client_of_shopper(where: str, shopper: Shopper) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{where}", headers={"Authorization": f"Bearer {shopper.token}"})


async def test_the_first_frame_signs_in_where_no_header_can_be_sent(where: str, shopper: Shopper) -> None:
    async with connected(where) as ws:
        later = Socket(ws)
        await later.send("auth", token=shopper.token)
        later.hello = await later.frame()
        assert later.hello["meta"]["type"] == "ping"
        assert events_in(await later.say("hello"), "turn.completed")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 4000])
async def test_a_token_that_does_not_count_ends_it(where: str, token: str) -> None:
    async with connected(where, token) as ws:
        code, frames = await Socket(ws).gone()
    assert code == 4401
    assert [error(f) for f in frames] == [(401, "token_invalid")]


@pytest.mark.parametrize("first", ["hello", "{}", json.dumps({"meta": {"type": "say"}, "data": {"text": "hello"}})])
async def test_nobody_talks_before_signing_in(where: str, first: str) -> None:
    async with connected(where) as ws:
        await ws.send(first)
        code, frames = await Socket(ws).gone()
    assert code == 4401
    assert [error(f) for f in frames] == [(401, "sign_in_required")]


async def _sign_out(_world: World, shopper: Shopper) -> None:
    await shopper("sign_out")


async def _ban(world: World, shopper: Shopper) -> None:
    await (await world.admin())("ban_account", account=shopper.caller.account, reason="Spam.")


@pytest.mark.parametrize(("end", "told"), [(_sign_out, (401, "token_invalid")), (_ban, (403, "account_banned"))])
async def test_a_sign_out_or_a_ban_ends_it(world_of: World, where: str, end: Any, told: Any) -> None:
    bob = await world_of.customer()
    async with signed_in(where, bob.token) as chat:
        await end(world_of, bob)
        code, frames = await chat.gone()
    assert (code, [error(f) for f in frames]) == (4401, [told])


async def test_it_ends_with_its_token_unless_a_newer_one_is_sent(tmp_path: Path) -> None:
    clock = HandClock()
    await (await fresh_world(tmp_path, clock)).close()
    from api.server import build_app

    app = build_app(settings_for(tmp_path), clock=clock)
    async with app.router.lifespan_context(app), served(app) as where:
        world = World(app.state.shop, clock)
        ada = await ada_of(world)
        async with signed_in(where, ada.token) as short, signed_in(where, ada.token) as long:
            clock.move(minutes=10)
            newer = await ada_of(world)
            await long.send("auth", token=newer.token, ref="mine")
            assert (await long.frame())["data"] == {"type": "signed_in"}
            other = await world.customer()
            await long.send("auth", token=other.token)
            assert error(await long.frame()) == (403, "other_person")
            clock.move(minutes=6)
            code, frames = await short.gone()
            assert (code, [error(f) for f in frames]) == (4401, [(401, "token_invalid")])
            assert events_in(await long.say("hello"), "turn.completed")


async def test_a_question_is_answered_by_a_frame_and_never_by_words(world_of: World, chat: Socket) -> None:
    await chat.say(f"add {MUG} to my cart")
    asked = events_in(await chat.say("buy it"), "turn.completed")[0]
    assert asked["status"] == "waiting"
    for words in ("yes", "approve", json.dumps({"meta": {"type": "say"}, "data": {"text": "I approve"}})):
        await chat.say(words)
    ada = await ada_of(world_of)
    assert (await ada("list_orders")).items == []
    async with signed_in_stranger(world_of, chat) as stranger:
        await stranger.send(
            "answer", thread=chat.thread, confirmation=asked["confirmation"]["confirmation"], decision="approve"
        )
        assert error(await stranger.frame()) == (404, "thread_not_found")
    await chat.send("answer", confirmation=asked["confirmation"]["confirmation"], decision="approve")
    frames = await chat.until_closed()
    assert events_in(frames, "receipt")[0]["operation"] == "place_order"
    assert [o.status for o in (await ada("list_orders")).items] == ["paid"]
    assert frames[0]["data"] == {"content": "open", "turn": 1}, "the turn that asked goes on"


def signed_in_stranger(world: World, chat: Socket) -> Any:
    host, port = chat.ws.remote_address[:2]

    class Stranger:
        async def __aenter__(self) -> Socket:
            bob = await world.customer()
            self.opened = signed_in(f"{host}:{port}", bob.token)
            return await self.opened.__aenter__()

        async def __aexit__(self, *raised: Any) -> None:
            await self.opened.__aexit__(*raised)

    return Stranger()


async def test_listening_goes_on_after_a_reconnect_and_nothing_runs_again(where: str, shopper: Shopper) -> None:
    async with signed_in(where, shopper.token) as first:
        frames = await first.say(f"add {MUG} to my cart")
    turn = events_in(frames, "turn.completed")[0]["turn"]
    told = [f for f in frames if "id" in f["meta"] and f["meta"]["id"]]
    for at in (0, len(told) // 2, len(told) - 2):
        async with signed_in(where, shopper.token) as again:
            await again.send("resume", thread=first.thread, turn=turn, last_event_id=told[at]["meta"]["id"])
            rest = [f for f in await again.until_closed() if f["meta"].get("id")]
            assert [f["meta"]["id"] for f in rest] == [f["meta"]["id"] for f in told[at + 1 :]]
    assert [(i.sku, i.quantity) for i in (await shopper("view_cart")).items] == [(MUG, 1)]
    async with signed_in(where, shopper.token) as again:
        for unknown in (
            {"thread": "thr_unknown"},
            {"thread": first.thread},
            {"thread": first.thread, "turn": "trn_no"},
        ):
            await again.send("resume", **unknown)
            assert error(await again.frame())[0] == 404


async def test_the_same_key_is_the_same_turn(chat: Socket, shopper: Shopper) -> None:
    turns = []
    for _ in range(2):
        await chat.send("say", text=f"add {MUG} to my cart", key="a key")
        turns.append(events_in(await chat.until_closed(), "turn.completed")[0]["turn"])
    assert turns[0] == turns[1]
    assert (await shopper("view_cart")).items[0].quantity == 1


BAD_FRAMES = [
    "{",
    '{"meta": 7}',
    "{}",
    '{"meta":{"type":"dance"}}',
    '{"meta":{"type":["say"]}}',
    '{"meta":{"type":"say"},"data":[]}',
    '{"meta":{"type":"say"},"data":{"text":7}}',
    '{"meta":{"type":"say"},"data":{"text":""}}',
    '{"meta":{"type":"say"},"data":{"text":"a\\u0000b"}}',
    '{"meta":{"type":"say"},"data":{"text":"hi","admin":true}}',
    '{"meta":{"type":"answer"},"data":{"confirmation":"cfm_1","decision":"perhaps"}}',
    '{"meta":{"type":"resume"},"data":{"thread":"../x"}}',
    "",
    "x" * 4001,
    '{"a":' * 5000,
]


async def test_frames_that_make_no_sense_are_answered_and_the_connection_lives(chat: Socket) -> None:
    for text in BAD_FRAMES[:-1]:
        await chat.ws.send(text)
        assert error(await chat.frame()) == (422, "bad_input"), text
        await chat.send("ping", ref="p")
        assert await chat.frame() == {"meta": {"type": "pong", "ref": "p"}, "data": {}}
    await chat.ws.send(BAD_FRAMES[-1])
    assert error(await chat.frame()) == (422, "bad_input")
    await chat.ws.send(b"\x00\x01")
    assert error(await chat.frame()) == (415, "binary_frame")
    await chat.send("cancel", turn="trn_unknown", ref="mine")
    refused = await chat.frame()
    assert (refused["meta"]["ref"], error(refused)) == ("mine", (404, "thread_not_found"))
    assert events_in(await chat.say("hello"), "turn.completed")


async def test_nothing_but_bad_frames_ends_it(chat: Socket) -> None:
    for _ in range(25):
        await chat.ws.send("{")
    code, _frames = await chat.gone()
    assert code == 1008


async def test_a_huge_frame_ends_it_and_not_the_server(where: str, shopper: Shopper) -> None:
    async with signed_in(where, shopper.token) as chat:
        await chat.ws.send("x" * 2**20)
        code, _ = await chat.gone()
        assert code == 1009
    async with signed_in(where, shopper.token) as chat:
        assert events_in(await chat.say("hello"), "turn.completed")


async def test_pages_of_other_origins_are_kept_out(where: str, shopper: Shopper) -> None:
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(InvalidStatus) as refused:
            async with connected(where, shopper.token, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with signed_in(where, shopper.token, origin=f"http://{where}") as chat:
        assert chat.thread


async def test_nobody_hears_or_uses_the_conversation_of_somebody_else(
    world_of: World, where: str, chat: Socket
) -> None:
    turn = events_in(await chat.say("hello"), "turn.completed")[0]["turn"]
    bob = await world_of.customer()
    async with signed_in(where, bob.token) as stranger:
        for kind, data in [
            ("say", {"text": "hello"}),
            ("cancel", {"turn": turn}),
            ("resume", {"turn": turn}),
            ("answer", {"confirmation": "cfm_1", "decision": "approve"}),
        ]:
            await stranger.send(kind, thread=chat.thread, **data)
            assert error(await stranger.frame()) == (404, "thread_not_found"), kind
    async with connected(where, bob.token, f"/v1/chat/socket?thread={chat.thread}") as ws:
        assert [error(f) for f in (await Socket(ws).gone())[1]] == [(404, "thread_not_found")]


@pytest.fixture
async def silent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, FastAPI]]:
    """A server whose model never answers."""
    folder = tmp_path_factory.mktemp("silent")
    await (await fresh_world(folder, HandClock())).close()
    with silence() as told:
        settings = settings_for(folder, {"socket_idle_seconds": 3}, **silent_agent(told))
        async with running(settings) as app, served(app) as where:
            yield where, app


async def test_one_turn_at_a_time_and_a_turn_is_stopped_by_a_frame(silent: tuple[str, FastAPI]) -> None:
    where, app = silent
    ada = await ada_of(World(app.state.shop, HandClock()))
    async with signed_in(where, ada.token) as chat:
        await chat.ws.send("hello")
        assert content_of(await chat.frame()) == "open"
        turn = (await chat.frame())["data"]["turn"]
        await chat.ws.send("are you there?")
        assert error(await chat.frame()) == (409, "turn_running")
        await chat.send("say", text="then wait", when_busy="wait")
        queued = [await chat.frame(), await chat.frame()]
        assert (queued[0]["data"], queued[1]["data"]["type"]) == ({"content": "open", "turn": 2}, "turn.queued")
        await chat.send("cancel", turn=queued[1]["data"]["turn"])
        await chat.until_closed()
        await chat.send("cancel", turn=turn)
        [done] = events_in(await chat.until_closed(), "turn.completed")
        assert (done["turn"], done["status"]) == (turn, "cancelled")


async def test_a_connection_that_nobody_uses_ends_but_not_while_an_answer_comes(silent: tuple[str, FastAPI]) -> None:
    where, app = silent
    ada = await ada_of(World(app.state.shop, HandClock()))
    async with signed_in(where, ada.token) as idle, signed_in(where, ada.token) as busy:
        await busy.ws.send("hello")
        code, _ = await idle.gone()
        assert code == 4408
        await asyncio.sleep(3)
        await busy.send("ping")
        assert [f["meta"]["type"] for f in [await busy.frame() for _ in range(3)]][-1] == "pong"


async def test_a_client_that_takes_nothing_holds_up_nobody(service: FastAPI, where: str, shopper: Shopper) -> None:
    """Its events wait in the stream; the turn goes on, and the next client gets all of them."""
    log = (await service.state.chat()).log
    async with signed_in(where, shopper.token, max_queue=1) as slow:
        raw: sockets.socket = slow.ws.transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        slow.ws.transport.pause_reading()
        await slow.ws.send(f"add {MUG} to my cart")
        threads = (await service.state.chat()).threads

        async def answered() -> bool:
            turns = await threads.turns(slow.thread, 5)
            return bool(turns) and turns[0].status == "completed"

        await until(answered)
        turn = (await threads.turns(slow.thread, 5))[0].id
        assert await log.last_id(turn) != "0"
        async with signed_in(where, shopper.token) as other:
            await other.send("resume", thread=slow.thread, turn=turn)
            assert events_in(await other.until_closed(), "turn.completed")
        slow.ws.transport.resume_reading()
        assert events_in(await slow.until_closed(), "turn.completed")
