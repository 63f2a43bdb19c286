"""Conversations over HTTP: turns as JSON and as events, resuming, history, lists, and what is refused."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.calls import MUG, customer, every, key, ok, refused
from tests.api.events import SSE, Event, events_of, hear, new_thread, say, shown

MUGS = "Show me mugs under $15"
SHAPE = {"thread", "turn", "status", "text", "receipts", "views", "confirmation", "usage"}


def path(thread: str, rest: str = "") -> str:
    return f"/v1/chat/threads/{thread}{rest}"


def outcome(events: list[Event]) -> dict[str, Any]:
    assert events[-1].type == "turn.completed"
    return events[-1].data


async def test_an_answer_has_the_documented_shape_and_shows_what_the_shop_said(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    turn = await say(ada, thread, MUGS)
    assert turn.keys() >= SHAPE
    assert (turn["thread"], turn["status"], turn["confirmation"], turn["receipts"]) == (thread, "completed", None, [])
    found = shown(turn, "search_products")["items"]
    assert found
    assert all(p["price"]["amount"] <= 1500 for p in found)
    assert turn["text"]
    assert turn["usage"].keys() >= {"model", "input_tokens", "output_tokens", "model_calls", "tool_calls", "seconds"}
    assert (turn["usage"]["model"], turn["usage"]["tool_calls"]) == ("planner", 1)
    assert ok(await ada.get(path(thread, f"/turns/{turn['turn']}"))) == turn


async def test_a_change_is_told_by_a_receipt_of_the_shop(ada: httpx.AsyncClient) -> None:
    turn = await say(ada, await new_thread(ada), f"add {MUG} to my cart")
    [receipt] = turn["receipts"]
    assert receipt.keys() == {"operation", "view", "summary"}
    assert receipt["operation"] == "add_to_cart"
    assert receipt["view"] == ok(await ada.get("/v1/cart"))
    assert MUG in receipt["summary"]


async def test_events_and_json_hold_the_same_answer(ada: httpx.AsyncClient) -> None:
    asked = await say(ada, await new_thread(ada), MUGS)
    events = await hear(ada, await new_thread(ada), MUGS)
    told = outcome(events)
    assert "".join(e.data["text"] for e in events if e.type == "message.delta") == told["text"] == asked["text"]
    assert told["views"] == asked["views"]
    assert told.keys() == asked.keys()


async def test_events_come_in_order_with_increasing_ids(ada: httpx.AsyncClient) -> None:
    events = await hear(ada, await new_thread(ada), f"add {MUG} to my cart")
    types = [e.type for e in events]
    assert (types[0], types[-1]) == ("turn.started", "turn.completed")
    assert types.count("turn.started") == types.count("turn.completed") == 1
    assert types.index("tool.started") < types.index("tool.finished") < types.index("receipt")
    assert types.index("receipt") < types.index("message.delta")
    assert [e.order for e in events] == sorted({e.order for e in events})
    finished = next(e.data for e in events if e.type == "tool.finished")
    assert finished["view"] == outcome(events)["views"][0]["view"]


async def test_resuming_gives_exactly_the_rest_and_runs_nothing_again(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    events = await hear(ada, thread, f"add {MUG} to my cart")
    where = path(thread, f"/turns/{outcome(events)['turn']}/events")
    assert events_of((await ada.get(where)).text) == events
    for at, event in enumerate(events[:-1]):
        again = await ada.get(where, headers={"Last-Event-ID": event.id})
        assert events_of(again.text) == events[at + 1 :]
    assert [(i["sku"], i["quantity"]) for i in ok(await ada.get("/v1/cart"))["items"]] == [(MUG, 1)]
    assert len(ok(await ada.get(path(thread)))["messages"]) == 2


@pytest.mark.parametrize("after", ["the last event", "99999999999999-0"])
async def test_resuming_after_the_end_ends_at_once(ada: httpx.AsyncClient, after: str) -> None:
    thread = await new_thread(ada)
    events = await hear(ada, thread, MUGS)
    last = events[-1].id if after == "the last event" else after
    where = path(thread, f"/turns/{outcome(events)['turn']}/events")
    async with asyncio.timeout(3):
        answer = await ada.get(where, headers={"Last-Event-ID": last})
    assert [e.type for e in events_of(answer.text)] in ([], ["turn.completed"])


async def test_a_client_that_leaves_neither_stops_a_turn_nor_starts_it_again(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    sending = asyncio.create_task(hear(ada, thread, f"add {MUG} to my cart"))
    for _ in range(200):
        if ok(await ada.get(path(thread)))["messages"]:
            break
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    for _ in range(400):
        history = ok(await ada.get(path(thread)))
        if history["messages"] and history["running_turn"] is None:
            break
        await asyncio.sleep(0.05)
    assert [(m["role"], m["status"]) for m in history["messages"]] == [
        ("shopper", "completed"),
        ("assistant", "completed"),
    ]
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == 1


async def test_the_same_key_is_the_same_turn_and_another_text_is_refused(ada: httpx.AsyncClient) -> None:
    thread, mine = await new_thread(ada), key()
    body = {"text": f"add {MUG} to my cart"}
    first, again = [await ada.post(path(thread, "/turns"), json=body, headers=mine) for _ in range(2)]
    assert ok(first) == ok(again)
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == 1
    other = await ada.post(path(thread, "/turns"), json={"text": "clear my cart"}, headers=mine)
    refused(other, 422, "idempotency_key_reused")


async def test_one_turn_at_a_time_in_a_conversation(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    body = {"text": f"add {MUG} to my cart"}
    answers = await asyncio.gather(*(ada.post(path(thread, "/turns"), json=body) for _ in range(5)))
    done = [a for a in answers if a.status_code == 200]
    assert done
    for busy in (a for a in answers if a.status_code != 200):
        refused(busy, 409, "turn_running")
        assert int(busy.headers["retry-after"]) >= 1
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == len(done)


async def test_the_history_holds_both_sides_in_order_with_what_was_shown(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    first, second = await say(ada, thread, MUGS), await say(ada, thread, f"add {MUG} to my cart")
    history = ok(await ada.get(path(thread)))
    assert (history["thread"], history["title"], history["running_turn"]) == (thread, MUGS, None)
    assert [(m["turn"], m["role"], m["text"]) for m in history["messages"]] == [
        (first["turn"], "shopper", MUGS),
        (first["turn"], "assistant", first["text"]),
        (second["turn"], "shopper", f"add {MUG} to my cart"),
        (second["turn"], "assistant", second["text"]),
    ]
    for message, turn in zip(history["messages"][1::2], (first, second), strict=True):
        assert (message["views"], message["receipts"]) == (turn["views"], turn["receipts"])


async def test_conversations_are_listed_by_last_use_page_by_page(ada: httpx.AsyncClient) -> None:
    made = [await new_thread(ada, f"number {i}") for i in range(5)]
    await say(ada, made[1], "hello")
    listed = await every(ada, "/v1/chat/threads", limit=2)
    assert [t["thread"] for t in listed] == [made[1], made[4], made[3], made[2], made[0]]
    assert listed[0].keys() == {"thread", "title", "created_at", "updated_at"}
    assert listed[0]["title"] == "number 1"


async def test_a_deleted_conversation_is_gone_with_everything_in_it(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    turn = (await say(ada, thread, MUGS))["turn"]
    assert ok(await ada.delete(path(thread))) == {"deleted": True}
    for rest in ("", f"/turns/{turn}", f"/turns/{turn}/events"):
        refused(await ada.get(path(thread, rest)), 404, "thread_not_found")
    refused(await ada.delete(path(thread)), 404, "thread_not_found")
    assert ok(await ada.get("/v1/chat/threads"))["items"] == []


async def test_a_conversation_of_somebody_else_does_not_exist(service: FastAPI, ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    turn = (await say(ada, thread, MUGS))["turn"]
    async with customer(service) as bob:
        mine = await new_thread(bob)
        for rest in ("", f"/turns/{turn}", f"/turns/{turn}/events"):
            theirs = refused(await bob.get(path(thread, rest)), 404, "thread_not_found")
            unknown = refused(await bob.get(path("thr_unknown", rest)), 404, "thread_not_found")
            assert theirs["detail"].replace(thread, "thr_unknown") == unknown["detail"]
        refused(await bob.post(path(thread, "/turns"), json={"text": "hello"}), 404, "thread_not_found")
        refused(await bob.delete(path(thread)), 404, "thread_not_found")
        refused(await bob.get(path(mine, f"/turns/{turn}")), 404, "turn_not_found")
    assert len(ok(await ada.get(path(thread)))["messages"]) == 2


async def test_nobody_talks_without_a_session(http: httpx.AsyncClient) -> None:
    for verb, where in [
        ("POST", "/v1/chat/threads"),
        ("GET", "/v1/chat/threads"),
        ("GET", path("thr_1")),
        ("DELETE", path("thr_1")),
        ("POST", path("thr_1", "/turns")),
        ("GET", path("thr_1", "/turns/trn_1")),
        ("GET", path("thr_1", "/turns/trn_1/events")),
        ("POST", path("thr_1", "/confirmations/cfm_1")),
    ]:
        body = {"turns": {"text": "hello"}, "cfm_1": {"decision": "approve"}}.get(where.rpartition("/")[2])
        answer = await http.request(verb, where, json=body if verb == "POST" else None)
        refused(answer, 401, "sign_in_required")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("text", ["", "x" * 4001, "a\x00b", "\x1b[2J"])
async def test_texts_that_nobody_writes_are_refused(ada: httpx.AsyncClient, text: str) -> None:
    thread = await new_thread(ada)
    for headers in ({}, SSE):
        answer = await ada.post(path(thread, "/turns"), json={"text": text}, headers=headers)
        problem = refused(answer, 422, "bad_input")
        assert problem["facts"]["problems"][0]["field"] == "text"
    assert ok(await ada.get(path(thread)))["messages"] == []


async def test_the_longest_text_is_answered(ada: httpx.AsyncClient) -> None:
    turn = await say(ada, await new_thread(ada), "mugs " * 800)
    assert turn["status"] == "completed"
    assert turn["text"]


async def test_a_conversation_is_renamed_found_and_exported(service: FastAPI, ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    await say(ada, thread, MUGS)
    renamed = ok(await ada.patch(path(thread), json={"title": "  生日 presents "}))
    assert renamed["title"] == "生日 presents"
    for query, hits in {"生日": 1, "MUGS under": 1, "teapot": 0}.items():
        assert len(ok(await ada.get("/v1/chat/threads", params={"query": query}))["items"]) == hits, query
    for title in ("", " ", "a\nb", "x" * 201):
        refused(await ada.patch(path(thread), json={"title": title}), 422, "bad_input")
    as_json = await ada.get(path(thread, "/export"))
    assert as_json.headers["content-disposition"] == f'attachment; filename="{thread}.json"'
    assert ok(as_json) == ok(await ada.get(path(thread)))
    as_text = await ada.get(path(thread, "/export"), params={"format": "markdown"})
    assert as_text.headers["content-type"].startswith("text/markdown")
    assert as_text.text.startswith("# 生日 presents\n")
    refused(await ada.get(path(thread, "/export"), params={"format": "pdf"}), 422, "bad_input")
    async with customer(service) as bob:
        refused(await bob.patch(path(thread), json={"title": "mine"}), 404, "thread_not_found")
        refused(await bob.get(path(thread, "/export")), 404, "thread_not_found")
        assert ok(await bob.get("/v1/chat/threads", params={"query": "mugs"}))["items"] == []
