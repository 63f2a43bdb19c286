"""The assistant over a streaming connection: one shopping trip, said and heard as events."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from tests.api.calls import MUG, available, ok, refused
from tests.api.events import SSE, Event, events_of, hear, new_thread
from tests.worlds import ADA, client_of


def _types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def _text(events: list[Event]) -> str:
    return "".join(str(event.data["text"]) for event in events if event.type == "message.delta")


async def _answer(http: httpx.AsyncClient, thread: str, asked: Event, decision: str) -> list[Event]:
    where = f"/v1/chat/threads/{thread}/confirmations/{asked.data['confirmation']}"
    answer = await http.post(where, json={"decision": decision}, headers=SSE)
    assert answer.status_code == 200, answer.text
    return events_of(answer.text)


async def test_a_shopping_trip_is_talked_from_finding_to_cancelling(service: FastAPI, ada: httpx.AsyncClient) -> None:
    thread, before = await new_thread(ada), await available(ada)
    found = await hear(ada, thread, "find a red mug under $15")
    assert _types(found)[0] == "turn.started"
    assert _types(found)[-1] == "turn.completed"
    assert {"tool.started", "tool.finished", "message.delta"} <= set(_types(found))
    assert "Red enamel mug" in _text(found)
    await hear(ada, thread, f"add two {MUG}")
    priced = await hear(ada, thread, "use coupon WELCOME10 and give me a quote")
    assert "$28.37" in _text(priced)
    asked = await hear(ada, thread, "buy it")
    assert _types(asked)[-2:] == ["confirmation.required", "turn.completed"]
    assert ok(await ada.get("/v1/orders"))["items"] == []
    refusing = await _answer(ada, thread, asked[-2], "reject")
    assert "receipt" not in _types(refusing)
    assert ok(await ada.get("/v1/orders"))["items"] == []
    asked = await hear(ada, thread, "buy it")
    bought = await _answer(ada, thread, asked[-2], "approve")
    receipt = next(event.data for event in bought if event.type == "receipt")
    assert (receipt["operation"], receipt["view"]["status"], receipt["view"]["total"]["amount"]) == (
        "place_order",
        "paid",
        2837,
    )
    assert await available(ada) == before - 2
    listed = await hear(ada, thread, "show my orders")
    assert receipt["view"]["order"] in _text(listed)
    asked = await hear(ada, thread, "cancel my order")
    await _answer(ada, thread, asked[-2], "approve")
    assert ok(await ada.get(f"/v1/orders/{receipt['view']['order']}"))["status"] == "cancelled"
    assert await available(ada) == before
    assert await audit(service.state.shop.database) == []


async def test_one_answer_at_a_time_and_a_dropped_listener_hears_the_rest_without_a_second_run(
    service: FastAPI,
) -> None:
    async with client_of(service, **ADA) as http:
        thread = await new_thread(http)
        first = asyncio.create_task(hear(http, thread, "find mugs"))
        turns: list[Any] = []
        while not turns:
            await asyncio.sleep(0.01)
            turns = [m for m in ok(await http.get(f"/v1/chat/threads/{thread}"))["messages"] if m["turn"]]
        whole = await first
        again = await http.get(
            f"/v1/chat/threads/{thread}/turns/{turns[0]['turn']}/events", headers=SSE | {"Last-Event-ID": whole[1].id}
        )
        assert [(e.id, e.type) for e in events_of(again.text)] == [(e.id, e.type) for e in whole[2:]]
        started = [e for e in whole if e.type == "tool.started"]
        assert len(started) == 1


async def test_it_remembers_after_a_new_sign_in(service: FastAPI) -> None:
    async with client_of(service, **ADA) as http:
        thread = await new_thread(http)
        await hear(http, thread, "find a red mug under $15")
    async with client_of(service, **ADA) as http:
        said = _text(await hear(http, thread, "tell me more about the first one"))
        assert "Red enamel mug" in said
        history = ok(await http.get(f"/v1/chat/threads/{thread}"))["messages"]
        assert len(history) == 4


async def test_somebody_else_hears_and_answers_nothing_of_it(service: FastAPI, ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    await hear(ada, thread, f"add two {MUG}")
    asked = await hear(ada, thread, "buy it")
    where = f"/v1/chat/threads/{thread}/confirmations/{asked[-2].data['confirmation']}"
    async with client_of(service) as stranger:
        token = ok(await stranger.post("/v1/sessions/guest"), 201)["access_token"]
        stranger.headers["Authorization"] = f"Bearer {token}"
        refused(await stranger.get(f"/v1/chat/threads/{thread}"), 404, "thread_not_found")
        assert (await stranger.post(where, json={"decision": "approve"})).status_code == 404
    assert ok(await ada.get("/v1/orders"))["items"] == []


async def test_it_shops_in_chinese(service: FastAPI, ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    assert "红色搪瓷杯" in _text(await hear(ada, thread, "帮我找红色的搪瓷杯"))
    await hear(ada, thread, f"加两个 {MUG}")
    asked = await hear(ada, thread, "下单")
    assert _types(asked)[-2] == "confirmation.required"
    done = await _answer(ada, thread, asked[-2], "approve")
    assert "receipt" in _types(done)
    assert await audit(service.state.shop.database) == []
