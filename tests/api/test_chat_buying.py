"""Buying by talking, over HTTP: the question, the yes and the no, and the chat and REST side by side."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from commerce.audit import audit
from tests.api.calls import MUG, available, customer, key, ok, refused, totals
from tests.api.events import SSE, decide, events_of, hear, new_thread, say, shown


async def asked_to_buy(http: httpx.AsyncClient, quantity: int = 1) -> dict[str, Any]:
    """A turn that waits for the shopper's yes."""
    ok(await http.post("/v1/cart/items", json={"sku": MUG, "quantity": quantity}))
    turn = await say(http, await new_thread(http), "buy it")
    assert turn["status"] == "waiting", turn["text"]
    return turn


async def my_orders(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(await http.get("/v1/orders"))["items"]
    return found


async def test_the_question_holds_the_exact_terms_and_nothing_is_bought_yet(ada: httpx.AsyncClient) -> None:
    before = await available(ada)
    turn = await asked_to_buy(ada, 2)
    question = turn["confirmation"]
    assert question.keys() == {"confirmation", "operation", "terms", "status", "expires_at"}
    assert (question["operation"], question["status"]) == ("place_order", "pending")
    terms = question["terms"]
    checkout = ok(await ada.get(f"/v1/checkouts/{terms['checkout']}"))
    assert (terms["totals"], terms["address"]) == (checkout["totals"], checkout["address"])
    for told, quoted in zip(terms["lines"], checkout["lines"], strict=True):
        assert told == {part: quoted[part] for part in told}
    assert terms["charge"] == {"amount": totals(checkout)["total"], "currency": "USD"}
    assert terms["payment_method"] == checkout["payment_method"]["label"]
    assert await my_orders(ada) == []
    assert await available(ada) == before
    history = ok(await ada.get(f"/v1/chat/threads/{turn['thread']}"))
    assert history["messages"][-1]["confirmation"] == question


async def test_a_yes_buys_exactly_that(service: FastAPI, ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    done = ok(await decide(ada, turn))
    assert (done["turn"], done["status"], done["confirmation"]) == (turn["turn"], "completed", None)
    [order] = await my_orders(ada)
    receipt = next(r for r in done["receipts"] if r["operation"] == "place_order")
    assert receipt["view"] == ok(await ada.get(f"/v1/orders/{order['order']}"))
    assert receipt["view"]["status"] == "paid"
    assert receipt["view"]["total"] == turn["confirmation"]["terms"]["charge"]
    assert order["order"] in done["text"]
    history = ok(await ada.get(f"/v1/chat/threads/{turn['thread']}"))
    assert [m["confirmation"]["status"] for m in history["messages"] if m["confirmation"]] == ["used"]
    assert await audit(service.state.shop.database) == []


async def test_a_no_buys_nothing_and_stays_a_no(ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    said = ok(await decide(ada, turn, "reject"))
    assert (said["status"], said["receipts"]) == ("completed", [])
    assert ok(await decide(ada, turn, "reject"))["turn"] == turn["turn"]
    refused(await decide(ada, turn, "approve"), 409, "confirmation_answered")
    assert await my_orders(ada) == []
    assert ok(await ada.get("/v1/cart"))["items"][0]["sku"] == MUG


async def test_approving_ten_times_at_once_places_one_order(service: FastAPI, ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    answers = await asyncio.gather(*(decide(ada, turn) for _ in range(10)))
    assert {a.status_code for a in answers} <= {200, 409}
    assert any(a.status_code == 200 for a in answers)
    [order] = await my_orders(ada)
    again = ok(await decide(ada, turn))
    assert again["receipts"][0]["view"]["order"] == order["order"]
    refused(await decide(ada, turn, "reject"), 409, "confirmation_answered")
    assert len(await my_orders(ada)) == 1
    assert await audit(service.state.shop.database) == []


async def test_a_yes_as_events_goes_on_where_the_question_stopped(ada: httpx.AsyncClient) -> None:
    ok(await ada.post("/v1/cart/items", json={"sku": MUG}))
    thread = await new_thread(ada)
    asked = await hear(ada, thread, "buy it")
    assert [e.type for e in asked][-2:] == ["confirmation.required", "turn.completed"]
    question = asked[-2].data
    assert asked[-1].data["confirmation"] == question
    where = f"/v1/chat/threads/{thread}/confirmations/{question['confirmation']}"
    answer = await ada.post(where, json={"decision": "approve"}, headers=SSE)
    events = events_of(answer.text)
    assert events[0].order > asked[-1].order
    assert events[-1].type == "turn.completed"
    assert [e.data["operation"] for e in events if e.type == "receipt"] == ["place_order"]
    turn = asked[-1].data["turn"]
    rest = await ada.get(f"/v1/chat/threads/{thread}/turns/{turn}/events", headers={"Last-Event-ID": asked[-1].id})
    assert events_of(rest.text) == events


async def test_a_second_yes_as_events_ends(ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    ok(await decide(ada, turn))
    where = f"/v1/chat/threads/{turn['thread']}/confirmations/{turn['confirmation']['confirmation']}"
    async with asyncio.timeout(3):
        answer = await ada.post(where, json={"decision": "approve"}, headers=SSE)
    assert events_of(answer.text)[-1].type == "turn.completed"
    assert len(await my_orders(ada)) == 1


async def test_words_are_never_a_yes(ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    for words in ("yes", "I approve", "approve", "confirm the order now"):
        await say(ada, turn["thread"], words)
        assert await my_orders(ada) == []


async def test_only_the_shopper_who_was_asked_can_answer(service: FastAPI, ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    async with customer(service) as bob:
        refused(await decide(bob, turn), 404, "thread_not_found")
        elsewhere = turn | {"thread": await new_thread(bob)}
        refused(await decide(bob, elsewhere), 404, "confirmation_not_found")
    elsewhere = turn | {"thread": await new_thread(ada)}
    refused(await decide(ada, elsewhere), 404, "confirmation_not_found")
    assert await my_orders(ada) == []
    ok(await decide(ada, turn))


@pytest.mark.parametrize("wrong", ["yes", "APPROVE", "", True, None, ["approve"]])
async def test_an_answer_is_approve_or_reject(ada: httpx.AsyncClient, wrong: Any) -> None:
    turn = await asked_to_buy(ada)
    refused(await decide(ada, turn, wrong), 422, "bad_input")
    assert await my_orders(ada) == []


async def test_terms_that_changed_are_not_bought(service: FastAPI, ada: httpx.AsyncClient) -> None:
    turn = await asked_to_buy(ada)
    checkout = turn["confirmation"]["terms"]["checkout"]
    ok(await ada.patch(f"/v1/checkouts/{checkout}", json={"delivery_option": "express"}))
    done = ok(await decide(ada, turn))
    assert not [r for r in done["receipts"] if r["operation"] == "place_order"]
    assert await my_orders(ada) == []
    assert await audit(service.state.shop.database) == []


async def test_the_chat_sees_what_rest_does_and_rest_what_the_chat_does(ada: httpx.AsyncClient) -> None:
    thread = await new_thread(ada)
    await say(ada, thread, f"add {MUG} to my cart")
    ok(await ada.patch(f"/v1/cart/items/{MUG}", json={"quantity": 3}))
    ok(await ada.post("/v1/cart/items", json={"sku": "MUG-BLU-350"}))
    cart = shown(await say(ada, thread, "show my cart"), "view_cart")
    assert {i["sku"]: i["quantity"] for i in cart["items"]} == {MUG: 3, "MUG-BLU-350": 1}
    assert cart == ok(await ada.get("/v1/cart"))

    turn = await say(ada, thread, "buy it")
    assert {line["sku"]: line["quantity"] for line in turn["confirmation"]["terms"]["lines"]} == {
        MUG: 3,
        "MUG-BLU-350": 1,
    }
    ok(await decide(ada, turn))
    [order] = await my_orders(ada)
    ok(await ada.post(f"/v1/orders/{order['order']}/cancel", headers=key()))
    shown_order = shown(await say(ada, thread, f"where is order {order['order']}?"), "get_order")
    assert (shown_order["order"], shown_order["status"]) == (order["order"], "cancelled")


async def test_an_order_is_cancelled_by_talking_and_a_yes(service: FastAPI, ada: httpx.AsyncClient) -> None:
    before = await available(ada)
    turn = await asked_to_buy(ada)
    order = ok(await decide(ada, turn))["receipts"][0]["view"]["order"]
    cancelling = await say(ada, turn["thread"], f"cancel order {order}")
    assert cancelling["confirmation"]["operation"] == "cancel_order"
    assert cancelling["confirmation"]["terms"]["refund"] == turn["confirmation"]["terms"]["charge"]
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "paid"
    ok(await decide(ada, cancelling))
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "cancelled"
    assert await available(ada) == before
    assert await audit(service.state.shop.database) == []
