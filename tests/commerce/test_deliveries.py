"""What is shipped by whom, and what its delivery costs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from commerce.catalog.refusals import CategoryNotFound
from commerce.checkout.refusals import CheckoutChanged, CheckoutIncomplete, DeliveryOptionNotFound, TaxRateNotFound
from commerce.checkout.rules import Sums, amount_of, totals
from commerce.errors import AdminsOnly
from commerce.money import portion
from tests.worlds import ADDRESS, Shopper, World


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


async def _deliver_to(shopper: Shopper, region: str, country: str) -> str:
    made = await shopper("add_address", **(ADDRESS | {"region": region, "country": country}))
    return str(made.address)


async def test_a_region_has_its_own_rates_and_free_from(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=5)
    hawaii = await ada("create_checkout", address=await _deliver_to(ada, "hi", "US"))
    assert [(o.delivery_option, o.price.amount) for o in hawaii.delivery_options] == [
        ("standard", 999),
        ("express", 1299),
    ]
    illinois = await ada("create_checkout", address=await _deliver_to(ada, "IL", "US"))
    assert [o.price.amount for o in illinois.delivery_options] == [0, 1299, 249]
    china = await ada("list_delivery_options", country="CN")
    assert [(o.delivery_option, o.price.amount) for o in china.items] == [("standard", 899), ("express", 1299)]


async def test_what_does_not_go_there_is_said_and_can_not_be_placed(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await ada("create_checkout", address=await _deliver_to(ada, "HI", "US"), delivery_option="economy")
    assert [(m.code, m.content) for m in quoted.messages] == [
        ("not_deliverable", "The delivery option economy does not go to HI US.")
    ]
    assert (quoted.status, quoted.delivery_option, quoted.groups[0].price) == ("incomplete", None, None)
    with pytest.raises(CheckoutIncomplete, match="does not go to HI US"):
        await ada("place_order", checkout=quoted.checkout)
    assert (await ada("update_checkout", checkout=quoted.checkout, delivery_option="standard")).status != "incomplete"


async def test_an_option_can_be_for_some_countries_only(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    terms: dict[str, Any] = {"name": "Ferry", "price": 500, "min_days": 1, "max_days": 2, "everywhere": False}
    rates = [{"country": "IE", "price": 300, "free_from": 1000}]
    made = await admin("put_delivery_option", delivery_option="ferry", **terms, rates=rates)
    assert [(r.country, r.price.amount) for r in made.rates] == [("IE", 300)]
    assert "ferry" in [o.delivery_option for o in (await ada("list_delivery_options", country="IE")).items]
    assert "ferry" not in [o.delivery_option for o in (await ada("list_delivery_options", country="US")).items]
    assert (await admin("put_delivery_option", delivery_option="ferry", **terms)).rates == []
    await admin("delete_delivery_option", delivery_option="ferry")
    with pytest.raises(DeliveryOptionNotFound):
        await admin("delete_delivery_option", delivery_option="ferry")
    for operation in ("get_delivery_option", "delete_delivery_option"):
        with pytest.raises(AdminsOnly):
            await (await each_world.merchant())(operation, delivery_option="standard")


async def test_a_delivery_that_became_dearer_or_went_away_is_not_bought(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await ada("create_checkout", delivery_option="express")
    terms: dict[str, Any] = {"name": "Express delivery", "min_days": 1, "max_days": 2}
    await admin("put_delivery_option", delivery_option="express", **terms, price=1999)
    with pytest.raises(CheckoutChanged, match=r"The total was \$25\.98 and is \$32\.98"):
        await ada("place_order", checkout=quoted.checkout)
    await admin("delete_delivery_option", delivery_option="express")
    with pytest.raises(CheckoutChanged, match="does not go"):
        await ada("place_order", checkout=quoted.checkout)


async def test_tax_is_worked_out_line_by_line_after_coupons_and_on_deliveries(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    await admin("put_tax_rate", country="US", basis_points=1000, name="Federal")
    await admin("put_tax_rate", country="US", region="ca", basis_points=725, name="California", on_delivery=True)
    await admin("put_tax_rate", country="US", region="CA", category="tops", basis_points=0, name="Clothes")
    for sku, quantity in (("MUG-RED-350", 2), ("TEE-HVY-WHT-M", 1)):
        await ada("add_to_cart", sku=sku, quantity=quantity)
    quoted = await ada("create_checkout", coupon_codes=["WELCOME10"], delivery_option="express")
    assert [line.tax.amount for line in quoted.lines] == [170, 0], "7.25 % of 23.38, half to even; clothes are exempt"
    assert [group.tax.amount for group in quoted.groups] == [94, 94]
    assert {t.type: t.amount for t in quoted.totals}["tax"] == 170 + 94 + 94
    order = await ada("place_order", checkout=quoted.checkout)
    assert order.total.amount == 4798 - 480 + 2 * 1299 + 358
    elsewhere = await _deliver_to(ada, "NV", "US")
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    assert [line.tax.amount for line in (await ada("create_checkout", address=elsewhere)).lines] == [130]
    assert await each_world.findings() == []


async def test_tax_rates_are_set_listed_and_taken_away_by_admins(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    for basis_points in (500, 600):
        await admin("put_tax_rate", country="US", basis_points=basis_points, name="Federal")
    assert [(r.country, r.basis_points) for r in (await admin("list_tax_rates")).items] == [("US", 600)]
    await admin("delete_tax_rate", country="US")
    with pytest.raises(TaxRateNotFound):
        await admin("delete_tax_rate", country="US")
    with pytest.raises(CategoryNotFound):
        await admin("put_tax_rate", country="US", category="submarines", basis_points=5, name="No")
    with pytest.raises(AdminsOnly):
        await ada("put_tax_rate", country="US", basis_points=0, name="No")


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=6),
    st.lists(st.integers(0, 10**5), max_size=4),
    st.integers(0, 10_000),
)
def test_totals_always_add_up(lines: list[tuple[int, int]], deliveries: list[int], basis_points: int) -> None:
    """Whatever the prices, coupons and rates are: the total is the sum of what each line and each delivery costs."""
    priced = [(max(line), min(line)) for line in lines]
    taxes = [portion(total - off, basis_points) for total, off in priced]
    on_delivery = [portion(price, basis_points) for price in deliveries]
    off = sum(off for _, off in priced)
    sums = Sums(sum(total for total, _ in priced), off - off // 2, off // 2, sum(deliveries), sum(taxes + on_delivery))
    parts = totals("USD", sums)
    each = sum(total - off + tax for (total, off), tax in zip(priced, taxes, strict=True))
    assert amount_of(parts).amount == each + sum(deliveries) + sum(on_delivery) >= 0
    assert amount_of(parts).amount == sum(part.amount for part in parts if part.type != "total")
