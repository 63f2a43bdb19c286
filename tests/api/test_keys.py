"""Idempotency keys over HTTP: the same request sent again has one effect and one answer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from commerce.audit import audit
from commerce.operation import CATALOG, Effect, Operation, Who
from evals.world import HandClock
from tests.api.calls import MUG, available, customer, key, ok, placed, quoted, refused, with_address, with_method
from tests.api.routes import GOOD
from tests.worlds import ADDRESS, World, client_of


class Names(dict[str, str]):
    """What stands in a path; what nobody asks about here is unknown."""

    def __missing__(self, name: str) -> str:
        return f"{name}_unknown"


COMMITS = [o for o in CATALOG.values() if o.effect is Effect.COMMIT]


@pytest.mark.parametrize("operation", COMMITS, ids=lambda o: o.name)
async def test_what_moves_money_or_goods_needs_a_key(
    service: FastAPI, ada: httpx.AsyncClient, operation: Operation[Any, Any]
) -> None:
    order, checkout = await placed(ada), await quoted(ada)
    admin = await World(service.state.shop, HandClock()).admin()
    path = f"/v1{operation.path}".format_map(Names(order=order, checkout=checkout, sku=MUG))
    async with client_of(service, token=admin.token) as staff:
        asking = staff if operation.who in {Who.MERCHANT, Who.ADMIN} else ada
        answer = await asking.post(path, json=GOOD.get(operation.name, {}))
    problem = refused(answer, 422, "idempotency_key_required")
    assert "Idempotency-Key" in problem["hint"]
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "awaiting_payment"
    assert len(ok(await ada.get("/v1/orders"))["items"]) == 1


async def test_the_same_request_with_the_same_key_gets_the_same_bytes_and_has_one_effect(
    service: FastAPI, ada: httpx.AsyncClient
) -> None:
    before = await available(ada)
    await _twice(ada, "/v1/cart/items", {"sku": MUG, "quantity": 2})
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == 2
    checkout = (await _twice(ada, "/v1/checkouts", {})).json()["checkout"]
    order = (await _twice(ada, f"/v1/checkouts/{checkout}/place", {})).json()["order"]
    assert [o["order"] for o in ok(await ada.get("/v1/orders"))["items"]] == [order]
    await _twice(ada, f"/v1/orders/{order}/pay", {"payment_method": await with_method(ada)})
    assert await available(ada) == before - 2
    cancelled = (await _twice(ada, f"/v1/orders/{order}/cancel", {"reason": "twice"})).json()
    assert [e["type"] for e in cancelled["events"]].count("refunded") == 1
    assert await available(ada) == before
    await _twice(ada, "/v1/account/addresses", ADDRESS)
    await _twice(ada, "/v1/account/payment-methods", {"token": "tok_succeeds"})
    assert len(ok(await ada.get("/v1/account/addresses"))["items"]) == 3
    assert await audit(service.state.shop.database) == []


async def _twice(http: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> httpx.Response:
    mine = key()
    first = await http.post(path, json=body, headers=mine)
    again = await http.post(path, json=body, headers=mine)
    assert first.is_success, first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    return first


async def test_a_declined_payment_is_repeated_and_not_tried_again(ada: httpx.AsyncClient) -> None:
    order, mine = await placed(ada), key()
    body = {"payment_method": await with_method(ada, "tok_declines")}
    told = [
        refused(await ada.post(f"/v1/orders/{order}/pay", json=body, headers=mine), 409, "payment_declined")
        for _ in range(2)
    ]
    assert told[0]["detail"] == told[1]["detail"]
    events = [e["type"] for e in ok(await ada.get(f"/v1/orders/{order}"))["events"]]
    assert events == ["placed", "payment_declined"]


async def test_another_body_under_a_used_key_is_refused(ada: httpx.AsyncClient) -> None:
    mine = key()
    ok(await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 1}, headers=mine))
    refused(
        await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 2}, headers=mine), 422, "idempotency_key_reused"
    )
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == 1
    order, mine = await placed(ada), key()
    ok(await ada.post(f"/v1/orders/{order}/cancel", json={"reason": "a"}, headers=mine))
    refused(
        await ada.post(f"/v1/orders/{order}/cancel", json={"reason": "b"}, headers=mine), 422, "idempotency_key_reused"
    )


async def test_a_key_belongs_to_its_shopper_its_operation_and_its_resource(
    service: FastAPI, ada: httpx.AsyncClient
) -> None:
    mine = key()
    one, other = await placed(ada), await placed(ada)
    for order in (one, other):
        assert ok(await ada.post(f"/v1/orders/{order}/cancel", headers=mine))["order"] == order
    ok(await ada.post("/v1/cart/items", json={"sku": MUG}, headers=mine))
    async with customer(service) as bob:
        await with_address(bob)
        ok(await bob.post("/v1/cart/items", json={"sku": MUG, "quantity": 5}, headers=mine))
        assert ok(await bob.get("/v1/cart"))["items"][0]["quantity"] == 5
    assert ok(await ada.get("/v1/cart"))["items"][0]["quantity"] == 1


async def test_a_refused_request_can_be_mended_and_sent_with_its_key_again(ada: httpx.AsyncClient) -> None:
    mine = key()
    refused(await ada.post("/v1/checkouts", headers=mine), 409, "cart_empty")
    ok(await ada.post("/v1/cart/items", json={"sku": MUG}))
    ok(await ada.post("/v1/checkouts", headers=mine), 201)


@pytest.mark.parametrize("wrong", ["", "k" * 201])
async def test_a_key_has_between_one_and_two_hundred_characters(ada: httpx.AsyncClient, wrong: str) -> None:
    answer = await ada.post("/v1/cart/items", json={"sku": MUG}, headers={"Idempotency-Key": wrong})
    assert refused(answer, 422, "bad_input")["facts"]["problems"][0]["field"] == "Idempotency-Key"
    ok(await ada.post("/v1/cart/items", json={"sku": MUG}, headers={"Idempotency-Key": "k" * 200}))


@pytest.mark.parametrize("paid", [False, True])
async def test_twenty_at_once_place_one_order(service: FastAPI, ada: httpx.AsyncClient, paid: bool) -> None:
    before, mine = await available(ada), key()
    checkout = await quoted(ada, payment_method=await with_method(ada) if paid else None)
    path = f"/v1/checkouts/{checkout}/place"
    answers = await asyncio.gather(*(ada.post(path, headers=mine) for _ in range(20)))
    done = [a for a in answers if a.status_code == 200]
    assert len({a.content for a in done}) == 1
    for running in (a for a in answers if a.status_code != 200):
        refused(running, 409, "still_running")
        assert int(running.headers["retry-after"]) >= 1
    assert (await ada.post(path, headers=mine)).content == done[0].content
    assert len(ok(await ada.get("/v1/orders"))["items"]) == 1
    assert await available(ada) == before - 1
    assert await audit(service.state.shop.database) == []


async def test_twenty_at_once_pay_an_order_once_whatever_their_keys(service: FastAPI, ada: httpx.AsyncClient) -> None:
    order, body = await placed(ada), {"payment_method": await with_method(ada)}
    path = f"/v1/orders/{order}/pay"
    answers = await asyncio.gather(*(ada.post(path, json=body, headers=key()) for _ in range(20)))
    assert [a.status_code for a in answers].count(200) == 1
    assert {a.json()["code"] for a in answers if a.status_code != 200} <= {"payment_in_progress", "order_not_payable"}
    events = [e["type"] for e in ok(await ada.get(f"/v1/orders/{order}"))["events"]]
    assert events == ["placed", "paid"]
    assert await audit(service.state.shop.database) == []
