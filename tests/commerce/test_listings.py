"""A merchant's own goods: making, changing, hiding, deleting them, and the versions of their prices."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.catalog.refusals import CategoryNotFound, ProductNotFound, VariantNotFound
from commerce.errors import BadInput, MerchantsOnly, Refusal, SignInRequired
from commerce.listings.refusals import (
    AttributesDiffer,
    MerchantNotNamed,
    ProductExists,
    SkuTaken,
    VariantsAlike,
)
from commerce.listings.rules import slug_of
from commerce.merchants.refusals import MerchantNotFound
from tests.worlds import Shopper, World

GREEN: dict[str, Any] = {"sku": "MUG-GRN-350", "price": 1399, "attributes": {"color": "green"}, "stock": 7}
MUG: dict[str, Any] = {"name": "Green enamel mug", "category": "mugs-and-cups", "variants": [GREEN]}


async def _found(world: World, query: str) -> list[str]:
    return [p.product for p in (await Shopper(world.shop)("search_products", query=query, limit=100)).items]


async def _prices(world: World, sku: str) -> list[tuple[int, int, int | None]]:
    told = (await Shopper(world.shop)("list_prices", sku=sku)).items
    return [(p.version, p.price.amount, p.previous.amount if p.previous else None) for p in told]


async def test_a_new_product_is_seen_and_found_at_once(each_world: World) -> None:
    merchant = await each_world.merchant()
    each_world.clock.move(seconds=1)
    made = await merchant("create_product", **MUG, names={"zh": "绿色搪瓷杯"}, free_shipping=True)
    assert (made.product, made.merchant, made.listed) == ("green-enamel-mug", "harbor-home", True)
    seen = await Shopper(each_world.shop)("get_product", product=made.product)
    assert (seen.price.amount, seen.available, seen.free_shipping) == (1399, 7, True)
    assert made.product in await _found(each_world, "绿色搪瓷杯")
    assert made.product in [p.product for p in (await merchant("list_my_products", limit=3)).items]
    assert await _prices(each_world, "MUG-GRN-350") == [(1, 1399, None)]
    assert await each_world.findings() == []


async def test_what_is_off_sale_is_not_there_for_shoppers(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    order = await ada.buy()
    await ada("add_to_cart", sku="MUG-RED-350")
    quoted = await ada("create_checkout")
    hidden = await merchant("take_off_sale", product="red-enamel-mug")
    assert (hidden.on_sale, hidden.listed) == (False, False)
    with pytest.raises(ProductNotFound):
        await ada("get_product", product="red-enamel-mug")
    assert "red-enamel-mug" not in await _found(each_world, "red enamel mug")
    assert "red-enamel-mug" not in await _found(each_world, "")
    with pytest.raises(VariantNotFound):
        await ada("add_to_cart", sku="MUG-RED-500")
    cart = await ada("view_cart")
    assert (cart.items, [m.code for m in cart.messages]) == ([], ["not_sold"])
    renewed = await ada("update_checkout", checkout=quoted.checkout)
    assert (renewed.lines, "not_sold" in [m.code for m in renewed.messages]) == ([], True)
    with pytest.raises(Refusal):
        await ada("place_order", checkout=quoted.checkout)
    assert (await ada("get_order", order=order.order)).lines[0].name == "Red enamel mug"
    assert (await merchant("get_my_product", product="red-enamel-mug")).name == "Red enamel mug"
    assert [p.product for p in (await merchant("list_my_products", on_sale=False)).items] == ["red-enamel-mug"]
    await merchant("put_on_sale", product="red-enamel-mug")
    assert (await _found(each_world, "red enamel mug"))[0] == "red-enamel-mug"
    assert len((await ada("view_cart")).items) == 1


async def test_a_variant_off_sale_counts_for_nothing(each_world: World) -> None:
    merchant, nobody = await each_world.merchant(), Shopper(each_world.shop)
    own = await merchant("take_off_sale", product="red-enamel-mug", sku="MUG-RED-350")
    assert [(v.sku, v.on_sale) for v in own.variants] == [("MUG-RED-350", False), ("MUG-RED-500", True)]
    seen = await nobody("get_product", product="red-enamel-mug")
    assert ([v.sku for v in seen.variants], seen.price.amount, seen.available) == (["MUG-RED-500"], 1599, 3)
    assert "red-enamel-mug" not in await _found(each_world, "MUG-RED-350")
    cheap = await nobody("search_products", query="red enamel mug", max_price=1400)
    assert "red-enamel-mug" not in [p.product for p in cheap.items]
    with pytest.raises(VariantNotFound):
        await nobody("list_prices", sku="MUG-RED-350")
    assert (await merchant("list_prices", sku="MUG-RED-350")).items
    last = await merchant("take_off_sale", product="red-enamel-mug", sku="MUG-RED-500")
    assert (last.on_sale, last.listed) == (True, False)
    with pytest.raises(ProductNotFound):
        await nobody("get_product", product="red-enamel-mug")


async def test_a_deleted_product_frees_its_name_and_keeps_its_skus(each_world: World) -> None:
    merchant, ada, rival = await each_world.merchant(), await each_world.sign_in(), await each_world.merchant("rival")
    order = await ada.buy("MUG-RED-350", 2)
    await ada("add_to_cart", sku="MUG-RED-500")
    assert (await merchant("delete_product", product="red-enamel-mug")).removed == "red-enamel-mug"
    for asker in (ada, merchant):
        with pytest.raises(ProductNotFound):
            await asker("get_product", product="red-enamel-mug")
    with pytest.raises(ProductNotFound):
        await merchant("get_my_product", product="red-enamel-mug")
    assert "red-enamel-mug" not in await _found(each_world, "red enamel mug")
    assert [m.code for m in (await ada("view_cart")).messages] == ["not_sold"]
    with pytest.raises(SkuTaken):
        await rival("create_product", **MUG | {"variants": [GREEN | {"sku": "MUG-RED-350"}]})
    again = await rival("create_product", **MUG | {"product": "red-enamel-mug", "name": "Rival's red mug"})
    assert (again.product, again.merchant) == ("red-enamel-mug", "rival")
    mine = await merchant("create_product", **MUG | {"variants": [GREEN | {"sku": "MUG-RED-350", "price": 2000}]})
    assert [(v.sku, v.on_hand, v.reserved) for v in mine.variants] == [("MUG-RED-350", 7, 2)]
    assert (await _prices(each_world, "MUG-RED-350"))[0] == (2, 2000, 1299)
    cancelled = await ada("cancel_order", order=order.order)
    assert cancelled.lines[0].product == "red-enamel-mug"
    assert await each_world.findings() == []


async def test_a_deleted_variant_comes_back_with_its_sku(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350")
    await merchant("delete_variant", sku="MUG-RED-350")
    assert [v.sku for v in (await ada("get_product", product="red-enamel-mug")).variants] == ["MUG-RED-500"]
    assert [m.code for m in (await ada("view_cart")).messages] == ["not_sold"]
    for change in ("delete_variant", "update_variant"):
        with pytest.raises(VariantNotFound):
            await merchant(change, sku="MUG-RED-350")
    back: dict[str, Any] = {"attributes": {"color": "red", "capacity": "350 ml"}, "stock": 0}
    own = await merchant("add_variant", product="red-enamel-mug", sku="MUG-RED-350", price=1299, **back)
    assert [(v.sku, v.on_hand) for v in own.variants] == [("MUG-RED-500", 3), ("MUG-RED-350", 0)]
    assert await _prices(each_world, "MUG-RED-350") == [(1, 1299, None)]
    with pytest.raises(SkuTaken):
        await merchant("add_variant", product="red-enamel-mug", sku="MUG-RED-350", price=1299, **back)
    assert await each_world.findings() == []


async def test_every_change_of_a_price_is_a_version(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350")
    for price in (1399, 1399, 1199):
        own = await merchant("change_price", sku="MUG-RED-350", price=price)
    assert own.variants[0].price.amount == 1199
    await merchant("update_variant", sku="MUG-RED-350", on_sale=True)
    assert await _prices(each_world, "MUG-RED-350") == [(3, 1199, 1399), (2, 1399, 1299), (1, 1299, None)]
    first = await ada("list_prices", sku="MUG-RED-350", limit=2)
    rest = await ada("list_prices", sku="MUG-RED-350", limit=2, cursor=first.next_cursor)
    assert ([p.version for p in rest.items], rest.next_cursor) == ([1], None)
    assert (await ada("get_product", product="red-enamel-mug")).price.amount == 1199
    assert [m.code for m in (await ada("view_cart")).messages] == ["price_changed"]


async def test_the_lowest_price_is_right_however_prices_change_at_once(each_world: World) -> None:
    merchant = await each_world.merchant()
    wanted = [("MUG-RED-350", 1000 + 10 * turn) for turn in range(6)] + [
        ("MUG-RED-500", 1005 + 10 * turn) for turn in range(6)
    ]
    await asyncio.gather(*(merchant("change_price", sku=sku, price=price) for sku, price in wanted))
    own = await merchant("get_my_product", product="red-enamel-mug")
    found = (await Shopper(each_world.shop)("search_products", query="red enamel mug", sort="price_asc")).items
    async with each_world.shop.database.read() as db:
        kept = await db.execute(text("SELECT lowest_price FROM product WHERE slug = 'red-enamel-mug'"))
        assert kept.scalar_one() == min(v.price.amount for v in own.variants)
        versions = await db.execute(text("SELECT version FROM price WHERE sku = 'MUG-RED-350' ORDER BY version"))
        assert [row.version for row in versions] == list(range(1, 8))
    assert "red-enamel-mug" in [p.product for p in found]


async def test_variants_are_told_apart(each_world: World) -> None:
    merchant = await each_world.merchant()
    with pytest.raises(AttributesDiffer, match="capacity, color"):
        await merchant("add_variant", product="red-enamel-mug", **GREEN)
    same = {"color": "red", "capacity": "350 ml"}
    with pytest.raises(VariantsAlike):
        await merchant("add_variant", product="red-enamel-mug", **GREEN | {"attributes": same})
    with pytest.raises(VariantsAlike):
        await merchant("update_variant", sku="MUG-RED-500", attributes=same)
    small, large = (
        {"sku": "MUG-RED-350", "attributes": {"size": "S"}},
        {"sku": "MUG-RED-500", "attributes": {"size": "L"}},
    )
    with pytest.raises(AttributesDiffer):
        await merchant("set_attributes", product="red-enamel-mug", variants=[small])
    with pytest.raises(VariantNotFound):
        await merchant("set_attributes", product="red-enamel-mug", variants=[small | {"sku": "MUG-BLU-350"}])
    own = await merchant("set_attributes", product="red-enamel-mug", variants=[small, large])
    assert [v.attributes for v in own.variants] == [{"size": "S"}, {"size": "L"}]
    assert (await Shopper(each_world.shop)("get_product", product="red-enamel-mug")).variants[1].attributes == {
        "size": "L"
    }


async def test_equal_variants_added_at_once_become_one(each_world: World) -> None:
    merchant = await each_world.merchant()
    one: dict[str, Any] = {"product": "red-enamel-mug", "price": 1, "attributes": {"color": "green", "capacity": "1 l"}}
    tries = [merchant("add_variant", sku=f"MUG-GRN-{i}", **one) for i in range(4)]
    tries += [merchant("add_variant", sku="MUG-GRN-0", **one) for _ in range(2)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in done) == 1
    assert all(isinstance(answer, (VariantsAlike, SkuTaken)) for answer in done if isinstance(answer, Exception))
    assert await each_world.findings() == []


async def test_updates_keep_what_they_do_not_name(each_world: World) -> None:
    merchant = await each_world.merchant()
    before = await merchant("get_my_product", product="red-enamel-mug")
    changed = await merchant("update_product", product="red-enamel-mug", free_shipping=True, name="Crimson mug")
    assert changed.model_copy(update={"free_shipping": False, "name": before.name}) == before
    assert "red-enamel-mug" in await _found(each_world, "crimson")
    await merchant("update_product", product="red-enamel-mug", free_shipping=False, category="cookware")
    assert "red-enamel-mug" in [
        p.product for p in (await merchant("list_my_products", category="cookware", limit=100)).items
    ]
    with pytest.raises(CategoryNotFound):
        await merchant("update_product", product="red-enamel-mug", category="submarines")


async def test_names_are_made_and_are_their_products_alone(each_world: World) -> None:
    merchant, admin = await each_world.merchant(), await each_world.admin()
    first, second = [await merchant("create_product", name="Tea bowl 茶碗", category="mugs-and-cups") for _ in range(2)]
    assert first.product == "tea-bowl"
    assert second.product.startswith("tea-bowl-")
    assert (await merchant("create_product", name="茶碗", category="mugs-and-cups")).product.startswith("product-")
    with pytest.raises(ProductExists):
        await merchant("create_product", product="tea-bowl", name="Tea bowl", category="mugs-and-cups")
    with pytest.raises(MerchantNotNamed):
        await admin("create_product", name="Tea bowl", category="mugs-and-cups")
    with pytest.raises(MerchantNotFound):
        await admin("create_product", name="Tea bowl", category="mugs-and-cups", merchant="nobody")
    made = await admin("create_product", name="Tea bowl", category="mugs-and-cups", merchant="harbor-home")
    assert made.merchant == "harbor-home"
    assert slug_of("Café mug, 350 ml!") == "cafe-mug-350-ml"


STRANGE: list[tuple[str, dict[str, Any]]] = [
    ("get_my_product", {"product": "?"}),
    ("update_product", {"product": "?", "name": "Mine now"}),
    ("put_on_sale", {"product": "?"}),
    ("take_off_sale", {"product": "?"}),
    ("delete_product", {"product": "?"}),
    ("add_variant", {"product": "?", **GREEN}),
    ("set_attributes", {"product": "?", "variants": [{"sku": "MUG-RED-350", "attributes": {}}]}),
    ("update_variant", {"sku": "?", "price": 1}),
    ("change_price", {"sku": "?", "price": 1}),
    ("delete_variant", {"sku": "?"}),
]


@pytest.mark.parametrize(("operation", "asked"), STRANGE)
async def test_another_merchants_goods_do_not_exist(world: World, operation: str, asked: dict[str, Any]) -> None:
    rival, told = await world.merchant("rival"), []
    for product, sku in (("red-enamel-mug", "MUG-RED-350"), ("flying-carpet", "NO-SUCH-SKU")):
        named = asked | ({"product": product} if "product" in asked else {"sku": sku})
        with pytest.raises((ProductNotFound, VariantNotFound)) as refused:
            await rival(operation, **named)
        told.append(f"{refused.value} {refused.value.advice}".replace(product, "?").replace(sku, "?"))
    assert told[0] == told[1]
    for stranger, refusal in ((Shopper(world.shop), SignInRequired), (await world.guest(), MerchantsOnly)):
        with pytest.raises(refusal):
            await stranger(operation, **named)
    with pytest.raises(MerchantsOnly):
        await (await world.customer())(operation, **named)
    mug = await Shopper(world.shop)("get_product", product="red-enamel-mug")
    assert (mug.name, mug.price.amount) == ("Red enamel mug", 1299)


async def test_lists_hold_the_merchants_own_goods_alone(each_world: World) -> None:
    merchant, rival, admin = await each_world.merchant(), await each_world.merchant("rival"), await each_world.admin()
    assert (await rival("list_my_products")).items == []
    assert (await rival("list_my_products", merchant="harbor-home")).items == []
    seen, cursor = [], None
    while True:
        page = await merchant("list_my_products", limit=30, **({"cursor": cursor} if cursor else {}))
        seen += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert len({p.product for p in seen}) == len(seen) > 30
    assert {p.merchant for p in seen} == {"harbor-home"}
    assert len({p.merchant for p in (await admin("list_my_products", limit=100)).items}) > 1
    low = (await merchant("list_my_products", low_stock=True, limit=100)).items
    assert low
    assert all(any(v.available <= v.low_stock_at for v in p.variants) for p in low)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"names": {"english": "x"}},
        {"names": {"zh": ""}},
        {"variants": [GREEN | {"price": -1}]},
        {"variants": [GREEN | {"stock": 10**10}]},
        {"variants": [GREEN | {"attributes": {"": "x"}}]},
        {"keywords": ["x" * 61]},
        {"product": "Mug!"},
        {"sold": 7},
    ],
)
async def test_goods_that_do_not_fit_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        await (await world.merchant())("create_product", **MUG | wrong)


async def test_a_cut_off_write_leaves_nothing(each_world: World) -> None:
    merchant = await each_world.merchant()
    with pytest.raises(SkuTaken):
        await merchant(
            "create_product",
            **MUG | {"variants": [GREEN, {"sku": "MUG-BLU-350", "price": 1, "attributes": {"color": "x"}}]},
        )
    with pytest.raises(ProductNotFound):
        await merchant("get_my_product", product="green-enamel-mug")
    assert "green-enamel-mug" not in await _found(each_world, "green enamel mug")
    assert await each_world.findings() == []
