"""Save an address, list it as its owner only, order with it, change it before it is shipped."""

from fastapi import FastAPI

from tests.api.calls import MUG, customer, key, ok, refused, with_method
from tests.worlds import ADDRESS


async def test_an_address_from_saving_to_shipping(service: FastAPI) -> None:
    async with customer(service, "bob") as bob, customer(service, "eve") as eve:
        home = ok(await bob.post("/v1/account/addresses", json=ADDRESS), 201)
        work = ok(await bob.post("/v1/account/addresses", json=ADDRESS | {"line1": "9 Office Road"}), 201)
        assert [a["address"] for a in ok(await bob.get("/v1/account/addresses"))["items"]] == [
            home["address"],
            work["address"],
        ]
        assert ok(await eve.get("/v1/account/addresses"))["items"] == []
        theirs = f"/v1/account/addresses/{home['address']}"
        refused(await eve.patch(theirs, json={"city": "Elsewhere"}), 404, "address_not_found")
        refused(await eve.delete(theirs), 404, "address_not_found")
        ok(await eve.post("/v1/cart/items", json={"sku": MUG}))
        refused(await eve.post("/v1/checkouts", json={"address": home["address"]}), 404, "address_not_found")

        method = await with_method(bob)
        ok(await bob.post("/v1/cart/items", json={"sku": MUG}))
        checkout = {"address": home["address"], "payment_method": method}
        quoted = ok(await bob.post("/v1/checkouts", json=checkout), 201)["checkout"]
        order = ok(await bob.post(f"/v1/checkouts/{quoted}/place", headers=key()))
        assert order["address"]["line1"] == ADDRESS["line1"]

        ok(await bob.patch(theirs, json={"line1": "Corrected later"}))
        path = f"/v1/orders/{order['order']}"
        assert ok(await bob.get(path))["address"]["line1"] == ADDRESS["line1"]
        refused(
            await eve.post(f"{path}/address", json={"address": work["address"]}, headers=key()), 404, "order_not_found"
        )
        moved = ok(await bob.post(f"{path}/address", json={"address": work["address"]}, headers=key()))
        assert moved["address"]["line1"] == "9 Office Road"
        ok(await bob.delete(theirs))
        assert ok(await bob.get("/v1/account/addresses"))["items"][0]["default"]
        assert ok(await bob.get(path))["address"]["line1"] == "9 Office Road"
