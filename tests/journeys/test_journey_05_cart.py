"""Cart: added, merged, changed, shown with live price and discount → some bought → the rest stays → emptied → filled again."""

import asyncio

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from evals.world import HandClock
from tests.api.calls import MUG, PRODUCT, available, key, ok, refused
from tests.worlds import ADA, World, client_of

BLUE, TEE = "MUG-BLU-350", "TEE-HVY-WHT-M"


async def _cart(http: httpx.AsyncClient) -> dict[str, int]:
    return {item["sku"]: item["quantity"] for item in ok(await http.get("/v1/cart"))["items"]}


async def test_a_cart_from_a_guest_to_an_order_and_again(service: FastAPI) -> None:
    shop = World(service.state.shop, HandClock())
    guest = await shop.guest()
    async with client_of(service, token=guest.token) as http:
        await asyncio.gather(*(http.post("/v1/cart/items", json={"sku": MUG, "quantity": 1}) for _ in range(4)))
        ok(await http.post("/v1/cart/items", json={"sku": TEE, "quantity": 1}))
        assert await _cart(http) == {MUG: 4, TEE: 1}
        ok(await http.post("/v1/sessions", json=ADA), 201)
    async with client_of(service, **ADA) as ada:
        assert await _cart(ada) == {MUG: 4, TEE: 1}
        ok(await ada.post("/v1/cart/items", json={"sku": BLUE, "quantity": 2}))
        changed = ok(await ada.patch(f"/v1/cart/items/{MUG}", json={"quantity": 2}))
        assert [group["merchant"] for group in changed["groups"]] == ["harbor-home", "trailhead-outfitters"]
        await shop.set_price(MUG, 999)
        cart = ok(await ada.get("/v1/cart"))
        assert next(i["unit_price"]["amount"] for i in cart["items"] if i["sku"] == MUG) == 999
        assert [(m["code"], m["sku"]) for m in cart["messages"]] == [("price_changed", MUG)]
        refused(await ada.post("/v1/cart/items", json={"sku": "NO-SUCH-SKU"}), 404, "variant_not_found")

        ok(await ada.post(f"/v1/cart/items/{BLUE}/save"))
        assert [item["sku"] for item in ok(await ada.get("/v1/cart/saved"))["items"]] == [BLUE]
        before = await available(ada, PRODUCT, MUG)
        quoted = ok(await ada.post("/v1/checkouts", json={"skus": [MUG]}), 201)
        order = ok(await ada.post(f"/v1/checkouts/{quoted['checkout']}/place", headers=key()))
        assert [(line["sku"], line["quantity"], line["unit_price"]["amount"]) for line in order["lines"]] == [
            (MUG, 2, 999)
        ]
        assert order["total"]["amount"] == 2 * 999 + 499
        assert await available(ada, PRODUCT, MUG) == before - 2
        assert await _cart(ada) == {TEE: 1}

        ok(await ada.delete("/v1/cart"))
        assert await _cart(ada) == {}
        ok(await ada.post(f"/v1/cart/saved/{BLUE}/move"))
        again = ok(await ada.post(f"/v1/orders/{order['order']}/reorder"))
        assert [(line["sku"], line["added"], line["outcome"]) for line in again["lines"]] == [(MUG, 2, "added")]
        assert await _cart(ada) == {BLUE: 2, MUG: 2}
        assert await audit(service.state.shop.database) == []
