"""An order: exact amounts, goods held, seen and changed by its owner alone, given up in time, shipped in parts."""

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from commerce.jobs import run_jobs
from tests.api.calls import MUG, available, customer, key, ok, placed, refused, totals, with_method
from tests.journeys.people import BAG, carried, merchant
from tests.prove.sites import let_it_be_late


async def test_an_order_is_exact_to_the_cent_and_holds_its_goods(service: FastAPI, ada: httpx.AsyncClient) -> None:
    before = await available(ada)
    number = await placed(ada, 2, coupon_codes=["WELCOME10"])
    order = ok(await ada.get(f"/v1/orders/{number}"))
    assert totals(order) == {"subtotal": 2598, "discount": -260, "fulfillment": 499, "total": 2837}
    line = order["lines"][0]
    net = line["total"]["amount"] - line["discount"]["amount"] + line["tax"]["amount"]
    assert net + order["fulfillments"][0]["price"]["amount"] == order["total"]["amount"]
    assert await available(ada) == before - 2
    assert [item["order"] for item in ok(await ada.get("/v1/orders", params={"words": "red mug"}))["items"]] == [number]
    async with customer(service) as bob:
        refused(await bob.get(f"/v1/orders/{number}"), 404, "order_not_found")
        refused(await bob.post(f"/v1/orders/{number}/cancel", headers=key()), 404, "order_not_found")
        refused(await bob.post(f"/v1/orders/{number}/hide", headers=key()), 404, "order_not_found")
    less = ok(await ada.post(f"/v1/orders/{number}/lines/{MUG}/cancel", json={"quantity": 1}, headers=key()))
    assert (less["total"]["amount"], less["status"]) == (2837 - 1169, "awaiting_payment")
    refused(await ada.post(f"/v1/orders/{number}/hide", headers=key()), 409, "order_not_finished")
    gone = ok(await ada.post(f"/v1/orders/{number}/cancel", headers=key()))
    assert (gone["status"], await available(ada)) == ("cancelled", before)
    ok(await ada.post(f"/v1/orders/{number}/hide", headers=key()))
    assert ok(await ada.get("/v1/orders"))["items"] == []
    assert await audit(service.state.shop.database) == []


async def test_what_nobody_pays_is_given_up_and_its_goods_return_exactly_once(
    service: FastAPI, ada: httpx.AsyncClient
) -> None:
    before, shop = await available(ada), service.state.shop
    number = await placed(ada, 3, coupon_codes=["WELCOME10"])
    await let_it_be_late(shop, number)
    method = {"payment_method": await with_method(ada)}
    late = await ada.post(f"/v1/orders/{number}/pay", json=method, headers=key())
    assert late.json()["code"] in {"order_expired", "order_not_payable"}
    for _ in range(3):
        await run_jobs(shop)
    order = ok(await ada.get(f"/v1/orders/{number}"))
    assert (order["status"], [e["type"] for e in order["events"]]) == ("cancelled", ["placed", "expired"])
    assert await available(ada) == before
    refused(await ada.post(f"/v1/orders/{number}/pay", json=method, headers=key()), 409, "order_not_payable")
    assert await audit(shop.database) == []


async def test_merchants_ship_their_parts_and_the_order_follows(service: FastAPI, ada: httpx.AsyncClient) -> None:
    for sku in (MUG, BAG):
        ok(await ada.post("/v1/cart/items", json={"sku": sku}))
    made = ok(await ada.post("/v1/checkouts", json={"payment_method": await with_method(ada)}), 201)
    number = ok(await ada.post(f"/v1/checkouts/{made['checkout']}/place", headers=key()))["order"]
    async with merchant(service) as home, merchant(service, "trailhead-outfitters") as trail:
        waiting = ok(await home.get("/v1/fulfillments", params={"status": "waiting"}))["items"]
        assert [(part["order"], part["skus"]) for part in waiting] == [(number, [MUG])]
        part = f"/v1/fulfillments/{waiting[0]['fulfillment']}"
        refused(await trail.get(part), 404, "fulfillment_not_found")
        refused(await ada.get(part), 403, "merchants_only")
        sent = {"carrier": "UPS", "tracking": "1Z999"}
        ok(await home.post(f"{part}/ship", json=sent, headers=key()))
        order = ok(await ada.get(f"/v1/orders/{number}"))
        assert order["status"] == "partially_shipped"
        assert "1Z999" in [fulfillment["tracking"] for fulfillment in order["fulfillments"]]
        await carried(trail, number)
        ok(await home.post(f"{part}/deliver", headers=key()))
    assert ok(await ada.get(f"/v1/orders/{number}"))["status"] == "delivered"
    assert await audit(service.state.shop.database) == []
