"""What is shipped by whom, and what its delivery costs."""

from sqlalchemy import text

from tests.worlds import World


async def test_each_merchant_ships_its_own_parcel_at_its_own_price(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    await ada("add_to_cart", sku="TEE-HVY-WHT-M", quantity=3)
    quoted = await ada("create_checkout")
    assert [(g.merchant, g.name, g.skus, g.subtotal.amount, g.price.amount) for g in quoted.groups] == [
        ("harbor-home", "Harbor Home", ["MUG-RED-350"], 2598, 499),
        ("trailhead-outfitters", "Trailhead Outfitters", ["TEE-HVY-WHT-M"], 6600, 0),
    ]
    assert {t.type: t.amount for t in quoted.totals} == {"subtotal": 9198, "fulfillment": 499, "total": 9697}
    assert [o.price.amount for o in quoted.delivery_options] == [499, 2 * 1299, 2 * 249]


async def test_an_order_holds_what_each_line_and_each_delivery_costs(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    await ada("add_to_cart", sku="TEE-HVY-WHT-M", quantity=1)
    quoted = await ada("create_checkout", coupon_codes=["WELCOME10"], delivery_option="express")
    order = await ada("place_order", checkout=quoted.checkout)
    async with each_world.shop.database.read() as db:
        lines = await db.execute(text("SELECT sku, quantity, unit_price, discount, tax FROM order_line ORDER BY sku"))
        parts = await db.execute(text("SELECT merchant, price, tax FROM fulfillment ORDER BY merchant"))
        assert [tuple(row) for row in lines] == [("MUG-RED-350", 2, 1299, 260, 0), ("TEE-HVY-WHT-M", 1, 2200, 220, 0)]
        assert [tuple(row) for row in parts] == [("harbor-home", 1299, 0), ("trailhead-outfitters", 1299, 0)]
    assert order.total.amount == 2598 + 2200 - 480 + 2 * 1299
    assert await each_world.findings() == []


async def test_a_parcel_whose_goods_all_ship_free_costs_nothing(world: World) -> None:
    ada = await world.sign_in()
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE product SET free_shipping = true WHERE slug = 'red-enamel-mug'"))
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    assert [g.price.amount for g in (await ada("create_checkout", delivery_option="express")).groups] == [0]
    await ada("add_to_cart", sku="MUG-BLU-350", quantity=1)
    assert [g.price.amount for g in (await ada("create_checkout", delivery_option="express")).groups] == [1299]


async def test_goods_taken_off_sale_can_be_neither_quoted_nor_bought(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    await ada("add_to_cart", sku="MUG-BLU-350", quantity=1)
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE variant SET on_sale = false WHERE sku = 'MUG-RED-350'"))
    quoted = await ada("create_checkout")
    assert [line.sku for line in quoted.lines] == ["MUG-BLU-350"]
    assert [(m.code, m.sku) for m in quoted.messages] == [("not_sold", "MUG-RED-350")]
