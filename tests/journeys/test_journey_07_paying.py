"""Paying: a token once, bound to person, order and amount; a failure leaves the order to be paid; the books balance."""

import asyncio

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from tests.api.calls import MUG, available, customer, key, ok, placed, refused, with_address, with_method


async def _token(http: httpx.AsyncClient, order: str) -> str:
    return str(ok(await http.post(f"/v1/orders/{order}/payment-tokens"), 201)["payment_token"])


async def _pay(http: httpx.AsyncClient, order: str, token: str, method: str) -> httpx.Response:
    asked = {"payment_token": token, "payment_method": method}
    return await http.post(f"/v1/orders/{order}/pay-by-token", json=asked, headers=key())


async def test_an_order_is_paid_once_and_only_by_its_shopper(service: FastAPI, ada: httpx.AsyncClient) -> None:
    before, method = await available(ada), await with_method(ada)
    order = await placed(ada, 2)
    held = ok(await ada.get(f"/v1/orders/{order}"))
    token = await _token(ada, order)
    async with customer(service) as bob:
        await with_address(bob)
        mine = await with_method(bob)
        refused(await _pay(bob, order, token, mine), 404, "order_not_found")
        refused(await _pay(bob, await placed(bob), token, mine), 404, "payment_token_not_found")
    answers = await asyncio.gather(*(_pay(ada, order, token, method) for _ in range(8)))
    assert sorted({a.status_code for a in answers}) in ([200, 409], [200])
    paid = ok(await ada.get(f"/v1/orders/{order}"))
    assert (paid["status"], paid["payment"]["amount"]) == ("paid", held["total"])
    refused(await _pay(ada, order, token, method), 409, "order_not_payable")
    assert await available(ada) == before - 3
    assert await audit(service.state.shop.database) == []


async def test_a_declined_card_leaves_the_order_and_its_goods_until_another_pays(
    service: FastAPI, ada: httpx.AsyncClient
) -> None:
    before = await available(ada)
    poor, good = await with_method(ada, "tok_declines"), await with_method(ada)
    order = await placed(ada)
    refused(await _pay(ada, order, await _token(ada, order), poor), 409, "payment_declined")
    waits = ok(await ada.get(f"/v1/orders/{order}"))
    assert (waits["status"], waits["payment"]["status"]) == ("awaiting_payment", "declined")
    assert await available(ada) == before - 1
    assert ok(await _pay(ada, order, await _token(ada, order), good))["status"] == "paid"
    back = ok(await ada.post(f"/v1/orders/{order}/cancel", headers=key()))
    assert (back["status"], back["payment"]["status"]) == ("cancelled", "refunded")
    assert await available(ada, sku=MUG) == before
    assert await audit(service.state.shop.database) == []
