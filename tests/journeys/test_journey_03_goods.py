"""Journey 3. Merchant: category create/rename/list/delete → product with image and gallery → two variants with attributes →
price change keeps history → off sale hides it → search finds it by Chinese keyword, category, price range, free shipping."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from commerce.audit import audit
from evals.world import HandClock
from tests.api.calls import key, ok, refused
from tests.pictures import image
from tests.worlds import World, client_of

SMALL = {"sku": "KITE-S", "price": 1999, "stock": 4, "attributes": {"size": "S"}, "labels": {"zh": {"尺寸": "小号"}}}
LARGE = {"sku": "KITE-L", "price": 2999, "stock": 0, "attributes": {"size": "L"}, "labels": {"zh": {"尺寸": "大号"}}}


async def test_a_merchant_brings_goods_into_the_shop(service: FastAPI) -> None:
    world = World(service.state.shop, HandClock())
    admin, merchant = await world.admin(), await world.merchant("pixel-and-play")
    async with (
        client_of(service, token=admin.token) as keeper,
        client_of(service, token=merchant.token) as seller,
        client_of(service) as shopper,
    ):
        await _categories(keeper, shopper)
        await _goods(seller)
        await _gallery(seller, shopper)
        await _prices(seller, shopper)
        await _finding(keeper, shopper)
        await _off_sale(seller, shopper)
    assert await audit(service.state.shop.database) == []


async def _categories(keeper: httpx.AsyncClient, shopper: httpx.AsyncClient) -> None:
    ok(await keeper.post("/v1/categories", json={"category": "outdoor-play", "name": "Outdoor"}), 201)
    made = {"category": "flying", "name": "Things", "parent": "outdoor-play"}
    ok(await keeper.post("/v1/categories", json=made), 201)
    renamed = ok(await keeper.patch("/v1/categories/flying", json={"name": "Kites", "names": {"zh": "风筝类"}}))
    assert (renamed["name"], renamed["names"]) == ("Kites", {"zh": "风筝类"})
    ok(await keeper.post("/v1/categories", json={"category": "mistake", "name": "Mistake"}), 201)
    ok(await keeper.delete("/v1/categories/mistake"))
    listed = {c["category"]: c["name"] for c in ok(await shopper.get("/v1/categories", params={"limit": 100}))["items"]}
    assert listed["flying"] == "Kites"
    assert "mistake" not in listed


async def _goods(seller: httpx.AsyncClient) -> None:
    kite: dict[str, Any] = {"product": "dragon-kite", "name": "Dragon kite", "names": {"zh": "飞龙纸鸢"}}
    kite |= {"category": "flying", "free_shipping": True}
    made = ok(await seller.post("/v1/products", json=kite, headers=key()), 201)
    assert (made["merchant"], made["listed"]) == ("pixel-and-play", False)
    ok(await seller.post("/v1/products/dragon-kite/variants", json=SMALL, headers=key()), 201)
    own = ok(await seller.post("/v1/products/dragon-kite/variants", json=LARGE, headers=key()), 201)
    assert [(v["sku"], v["attributes"]) for v in own["variants"]] == [
        ("KITE-S", {"size": "S"}),
        ("KITE-L", {"size": "L"}),
    ]
    alike = LARGE | {"sku": "KITE-XL"}
    refused(await seller.post("/v1/products/dragon-kite/variants", json=alike), 409, "variants_alike")
    stock = ok(await seller.post("/v1/merchant/stock/KITE-L/adjustments", json={"counted": 3, "reason": "counted"}))
    assert stock["available"] == 3


async def _gallery(seller: httpx.AsyncClient, shopper: httpx.AsyncClient) -> None:
    images = "/v1/products/dragon-kite/images"
    ok(await seller.post(images, params={"alt": "A kite"}, content=image("PNG"), headers=key()), 201)
    ok(await seller.post(images, files={"content": image()}, data={"sku": "KITE-L"}, headers=key()), 201)
    seen = ok(await shopper.get("/v1/products/dragon-kite"))["images"]
    assert [(i["alt"], i["variant"]) for i in seen] == [("A kite", None), ("", "KITE-L")]
    assert (await shopper.get(seen[0]["url"])).headers["content-type"] == "image/webp"
    turned = ok(await seller.patch(f"{images}/{seen[1]['image']}", json={"position": 0}))["images"]
    left = ok(await seller.delete(f"{images}/{seen[0]['image']}"))["images"]
    assert [i["image"] for i in left] == [turned[0]["image"]] == [seen[1]["image"]]


async def _prices(seller: httpx.AsyncClient, shopper: httpx.AsyncClient) -> None:
    ok(await seller.post("/v1/variants/KITE-S/prices", json={"price": 1499}, headers=key()))
    history = ok(await shopper.get("/v1/variants/KITE-S/prices"))["items"]
    assert [(p["version"], p["price"]["amount"]) for p in history] == [(2, 1499), (1, 1999)]
    assert ok(await shopper.get("/v1/products/dragon-kite"))["price"]["amount"] == 1499


async def _finding(keeper: httpx.AsyncClient, shopper: httpx.AsyncClient) -> None:
    for asked in (
        {"query": "纸鸢"},
        {"query": "kite", "category": "flying"},
        {"query": "kite", "category": "outdoor-play"},
        {"query": "kite", "min_price": "1400", "max_price": "1500"},
        {"query": "kite", "free_shipping": "true"},
        {"query": "kite", "attributes": "尺寸=大号"},
    ):
        found = ok(await shopper.get("/v1/products", params=asked))["items"]
        assert "dragon-kite" in [p["product"] for p in found], asked
    ok(await keeper.patch("/v1/categories/flying", json={"keywords": ["zeppelin"]}))
    assert await _found_by_and_by(shopper, "zeppelin") == ["dragon-kite"]
    refused(await keeper.delete("/v1/categories/flying"), 409, "category_in_use")


async def _found_by_and_by(shopper: httpx.AsyncClient, query: str) -> list[str]:
    """The server's own worker writes the index anew."""
    for _ in range(100):
        if found := ok(await shopper.get("/v1/products", params={"query": query}))["items"]:
            return [p["product"] for p in found]
        await asyncio.sleep(0.1)
    return []


async def _off_sale(seller: httpx.AsyncClient, shopper: httpx.AsyncClient) -> None:
    ok(await seller.post("/v1/products/dragon-kite/take-off-sale", headers=key()))
    refused(await shopper.get("/v1/products/dragon-kite"), 404, "product_not_found")
    assert ok(await shopper.get("/v1/products", params={"query": "纸鸢"}))["items"] == []
    hidden = ok(await seller.get("/v1/merchant/products", params={"on_sale": "false"}))["items"]
    assert [p["product"] for p in hidden] == ["dragon-kite"]
    ok(await seller.post("/v1/products/dragon-kite/put-on-sale", headers=key()))
    assert ok(await shopper.get("/v1/products", params={"query": "纸鸢"}))["items"][0]["product"] == "dragon-kite"
