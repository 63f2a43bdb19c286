"""Coupons: made by a merchant and an admin → claimed in time and within stock → best choice at the checkout → used → given back."""

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from evals.world import HandClock
from tests.api.calls import MUG, key, ok, refused, totals
from tests.worlds import World, client_of

TERMS = {"name": "Test", "uses": 10, "claim_required": True, "claimable": 1, "stackable": True}


async def _place(http: httpx.AsyncClient, checkout: str) -> str:
    return str(ok(await http.post(f"/v1/checkouts/{checkout}/place", headers=key()))["order"])


async def test_coupons_from_being_made_to_being_given_back(service: FastAPI, ada: httpx.AsyncClient) -> None:
    shop = World(service.state.shop, HandClock())
    merchant, admin, bob = await shop.merchant(), await shop.admin(), await shop.customer()
    async with (
        client_of(service, token=merchant.token) as selling,
        client_of(service, token=admin.token) as ruling,
        client_of(service, token=bob.token) as other,
    ):
        product = TERMS | {"coupon": "MUG2", "kind": "amount_off", "amount": 200, "product": "red-enamel-mug"}
        shelf = TERMS | {"coupon": "SHELF10", "kind": "percent_off", "percent": 10, "category": "mugs-and-cups"}
        whole = TERMS | {"coupon": "ALL25", "kind": "percent_off", "percent": 25, "minimum": 4000, "stackable": False}
        for coupon, maker in ((product, selling), (shelf, selling), (whole, ruling)):
            ok(await maker.post("/v1/coupons", json=coupon), 201)
        over = TERMS | {"coupon": "OVER", "kind": "percent_off", "percent": 90, "claim_until": "2020-01-01T00:00:00Z"}
        ok(await ruling.post("/v1/coupons", json=over), 201)

        refused(await ada.post("/v1/coupons/OVER/claim"), 409, "claiming_over")
        for code in ("MUG2", "SHELF10", "ALL25"):
            ok(await ada.post(f"/v1/coupons/{code}/claim"))
        refused(await ada.post("/v1/coupons/MUG2/claim"), 409, "already_claimed")
        refused(await other.post("/v1/coupons/MUG2/claim"), 409, "all_claimed")
        refused(await other.delete("/v1/coupons/MUG2"), 403, "merchants_only")

        cart = ok(await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 3}))
        assert (cart["discount"]["amount"], cart["coupon_codes"]) == (590, ["MUG2", "SHELF10"])
        quoted = ok(await ada.post("/v1/checkouts", json={}), 201)
        assert quoted["coupon_codes"] == ["MUG2", "SHELF10"]
        problem = refused(
            await ada.post("/v1/checkouts", json={"coupon_codes": ["ALL25"]}), 409, "coupon_below_minimum"
        )
        assert problem["facts"] == {"coupon": "ALL25", "minimum": "$40.00", "subtotal": "$38.97"}
        ok(await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 1}))
        quoted = ok(await ada.post("/v1/checkouts", json={}), 201)
        assert (quoted["coupon_codes"], totals(quoted)["discount"]) == (["ALL25"], -1299)
        order = await _place(ada, quoted["checkout"])
        used = ok(await ada.get("/v1/account/coupons", params={"state": "used"}))
        assert [coupon["coupon"] for coupon in used["items"]] == ["ALL25"]
        ok(await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 4}))
        refused(await ada.post("/v1/checkouts", json={"coupon_codes": ["ALL25"]}), 409, "coupon_already_used")
        ok(await ada.post(f"/v1/orders/{order}/cancel", headers=key()))
        assert ok(await ada.post("/v1/checkouts", json={}), 201)["coupon_codes"] == ["ALL25"]
        assert await audit(service.state.shop.database) == []
