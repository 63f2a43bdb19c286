"""A refund: asked for with a reason, within limits that expire, reviewed by its merchant or an admin, exact in all books."""

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from commerce.audit import audit
from tests.api.calls import MUG, available, key, ok, placed, refused, with_method
from tests.journeys.people import carried, merchant


async def test_goods_are_sent_back_and_their_money_goes_back(service: FastAPI, ada: httpx.AsyncClient) -> None:
    before, method = await available(ada), await with_method(ada)
    unpaid = await placed(ada)
    asked = {"reason": "it is chipped"}
    refused(
        await ada.post(f"/v1/orders/{unpaid}/refund-requests", json=asked, headers=key()), 409, "not_yet_returnable"
    )
    ok(await ada.post(f"/v1/orders/{unpaid}/cancel", headers=key()))
    number = await placed(ada, 2, coupon_codes=["WELCOME10"], payment_method=method)
    paid = ok(await ada.get(f"/v1/orders/{number}"))
    async with merchant(service) as home, merchant(service, "pixel-and-play") as pixel:
        await carried(home, number)
        path = f"/v1/orders/{number}/refund-requests"
        refused(await ada.post(path, json={"reason": ""}, headers=key()), 422, "bad_input")
        same = key()
        made = ok(await ada.post(path, json=asked, headers=same), 201)
        assert ok(await ada.post(path, json=asked, headers=same), 201) == made
        refused(await ada.post(path, json=asked, headers=key()), 409, "refund_already_requested")
        [request] = made["items"]
        assert (request["reason"], request["status"]) == ("it is chipped", "pending")
        review = f"/v1/refund-requests/{request['refund_request']}"
        refused(
            await pixel.post(f"{review}/reject", json={"reason": "no"}, headers=key()), 404, "refund_request_not_found"
        )
        refused(await ada.post(f"{review}/approve", json={"restock": True}, headers=key()), 403, "merchants_only")
        no = ok(await home.post(f"{review}/reject", json={"reason": "send a picture"}, headers=key()))
        assert (no["status"], no["note"]) == ("rejected", "send a picture")
        [request] = ok(await ada.post(path, json=asked, headers=key()), 201)["items"]
        waiting = ok(await home.get("/v1/refund-reviews", params={"status": "pending"}))["items"]
        assert [item["refund_request"] for item in waiting] == [request["refund_request"]]
        review = f"/v1/refund-requests/{request['refund_request']}"
        yes = {"restock": True, "delivery": True}
        done = ok(await home.post(f"{review}/approve", json=yes, headers=key()))
        refused(await home.post(f"{review}/approve", json=yes, headers=key()), 409, "refund_request_closed")
    assert (done["status"], done["given"]) == ("approved", paid["total"])
    order = ok(await ada.get(f"/v1/orders/{number}"))
    assert (order["refunded"], order["lines"][0]["returned"]) == (paid["total"], 2)
    assert await available(ada) == before
    again = await placed(ada, 2, coupon_codes=["WELCOME10"])
    assert ok(await ada.get(f"/v1/orders/{again}"))["coupon_codes"] == ["WELCOME10"]
    assert await booked(service, number) == 0
    assert await audit(service.state.shop.database) == []


async def booked(service: FastAPI, number: str) -> int:
    """What the provider owes for an order: what came in, less what went back."""
    held = "SELECT SUM(l.amount) FROM ledger l JOIN transfer t ON t.id = l.transfer WHERE t.order_number = :n AND l.book = 'gateway'"
    async with service.state.shop.database.read() as db:
        return int(await db.scalar(text(held), {"n": number}))


async def test_one_piece_goes_back_and_too_many_requests_wait(service: FastAPI, ada: httpx.AsyncClient) -> None:
    method = await with_method(ada)
    orders = [await placed(ada, 2, payment_method=method) for _ in range(4)]
    piece = {"reason": "one too many", "lines": [{"sku": MUG, "quantity": 1}]}
    async with merchant(service) as home:
        for number in orders:
            await carried(home, number)
        for number in orders[:3]:
            ok(await ada.post(f"/v1/orders/{number}/refund-requests", json=piece, headers=key()), 201)
        late = await ada.post(f"/v1/orders/{orders[3]}/refund-requests", json=piece, headers=key())
        assert refused(late, 429, "too_many_refund_requests")["facts"] == {"limit": 3}
        assert late.headers["retry-after"] == "60"
        [request, *_] = ok(await ada.get("/v1/refund-requests", params={"order": orders[0]}))["items"]
        ok(
            await home.post(
                f"/v1/refund-requests/{request['refund_request']}/approve", json={"restock": True}, headers=key()
            )
        )
    order = ok(await ada.get(f"/v1/orders/{orders[0]}"))
    assert (order["refunded"]["amount"], order["lines"][0]["returned"]) == (1299, 1)
    assert await audit(service.state.shop.database) == []
