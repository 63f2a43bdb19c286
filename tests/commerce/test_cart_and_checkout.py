"""The cart, the quote and its coupons."""

import asyncio

import pytest
from sqlalchemy import text

from commerce.accounts.refusals import AddressNotFound
from commerce.cart.refusals import CartEmpty, NotInCart
from commerce.catalog.refusals import VariantNotFound
from commerce.checkout.refusals import (
    CheckoutChanged,
    CheckoutClosed,
    CheckoutIncomplete,
    CheckoutNotFound,
    DeliveryOptionNotFound,
)
from commerce.coupons.refusals import CouponRefused, CouponsNotStackable
from commerce.inventory.refusals import OutOfStock
from tests.worlds import ADA, World


async def test_the_cart_merges_changes_and_empties(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    cart = await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    assert [(i.sku, i.quantity, i.total.amount) for i in cart.items] == [("MUG-RED-350", 3, 3897)]
    assert cart.subtotal.amount == 3897
    assert (await ada("change_cart_item", sku="MUG-RED-350", quantity=1)).subtotal.amount == 1299
    assert (await ada("change_cart_item", sku="MUG-RED-350", quantity=0)).items == []
    await ada("add_to_cart", sku="MUG-BLU-350")
    assert (await ada("remove_from_cart", sku="MUG-BLU-350")).items == []
    await ada("add_to_cart", sku="MUG-BLU-350")
    assert (await ada("clear_cart")).items == []
    with pytest.raises(NotInCart):
        await ada("remove_from_cart", sku="MUG-BLU-350")
    with pytest.raises(NotInCart):
        await ada("change_cart_item", sku="MUG-BLU-350", quantity=1)


async def test_the_cart_refuses_more_than_is_left(world: World) -> None:
    ada = await world.sign_in()
    with pytest.raises(OutOfStock, match="Only 3 of MUG-RED-500 are left; 4 asked"):
        await ada("add_to_cart", sku="MUG-RED-500", quantity=4)
    await ada("add_to_cart", sku="MUG-RED-500", quantity=3)
    with pytest.raises(OutOfStock):
        await ada("add_to_cart", sku="MUG-RED-500", quantity=1)
    with pytest.raises(VariantNotFound):
        await ada("add_to_cart", sku="MUG-GOLD-9000")


async def test_adding_at_once_loses_nothing(each_world: World) -> None:
    ada = await each_world.sign_in()
    await asyncio.gather(*(ada("add_to_cart", sku="MUG-RED-350", quantity=1) for _ in range(8)))
    assert (await ada("view_cart")).items[0].quantity == 8


async def test_the_cart_tells_changed_prices_and_shortages(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    await ada("add_to_cart", sku="MUG-RED-500", quantity=2)
    await bob.buy("MUG-RED-500", quantity=2)
    await world.set_price("MUG-RED-500", 1700)
    messages = {m.code: m for m in (await ada("view_cart")).messages}
    assert set(messages) == {"price_changed", "out_of_stock"}
    assert messages["out_of_stock"].content == "Only 1 of MUG-RED-500 are left; 2 are in the cart."


async def test_a_quote_adds_up_and_stays_as_it_was_shown(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    quoted = await ada("create_checkout", coupon_codes=["WELCOME10"], delivery_option="express")
    assert quoted.status == "ready_for_complete"
    assert {t.type: t.amount for t in quoted.totals} == {
        "subtotal": 2598,
        "discount": -260,
        "fulfillment": 1299,
        "total": 3637,
    }
    await each_world.set_price("MUG-RED-350", 9900)
    assert await ada("get_checkout", checkout=quoted.checkout) == quoted


async def test_delivery_is_free_from_its_sum_on(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=4)
    quoted = await ada("create_checkout")
    assert {t.type: t.amount for t in quoted.totals} == {"subtotal": 5196, "fulfillment": 0, "total": 5196}
    assert [o.price.amount for o in quoted.delivery_options if o.delivery_option == "standard"] == [0]


async def test_what_is_missing_is_named_and_not_placed(world: World) -> None:
    shopper = await world.customer()
    async with world.shop.database.write() as db:
        await db.execute(text("DELETE FROM address WHERE account = :a"), {"a": shopper.caller.account})
    with pytest.raises(CartEmpty):
        await shopper("create_checkout")
    await shopper("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await shopper("create_checkout")
    assert (quoted.status, [m.code for m in quoted.messages]) == ("incomplete", ["missing_address"])
    with pytest.raises(CheckoutIncomplete, match="address"):
        await shopper("place_order", checkout=quoted.checkout)


async def test_a_quote_can_be_changed_and_unknown_parts_are_refused(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    checkout = (await ada("create_checkout", coupon_codes=["WELCOME10"])).checkout
    shanghai = (await ada("list_addresses")).items[1].address
    changed = await ada("update_checkout", checkout=checkout, address=shanghai, delivery_option="express")
    assert (changed.address.address, changed.coupon_codes) == (shanghai, ["WELCOME10"])
    without = await ada("update_checkout", checkout=checkout, coupon_codes=[])
    assert (without.coupon_codes, without.delivery_option.delivery_option) == ([], "express")
    with pytest.raises(AddressNotFound):
        await ada("update_checkout", checkout=checkout, address="adr_none")
    with pytest.raises(DeliveryOptionNotFound):
        await ada("update_checkout", checkout=checkout, delivery_option="teleport")
    with pytest.raises(CheckoutNotFound):
        await (await world.customer())("update_checkout", checkout=checkout)
    await ada("place_order", checkout=checkout)
    with pytest.raises(CheckoutClosed):
        await ada("update_checkout", checkout=checkout, delivery_option="standard")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("NOPE", "there is no such coupon"),
        ("LASTYEAR", "it ended on 2025-12-31"),
        ("BIGSPENDER", r"it needs a subtotal of \$300\.00 and this one is \$25\.98"),
    ],
)
async def test_a_coupon_that_does_not_apply_is_refused_with_its_reason(world: World, code: str, reason: str) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    with pytest.raises(CouponRefused, match=reason):
        await ada("create_checkout", coupon_codes=[code])


async def test_coupons_for_the_same_goods_must_both_be_stackable(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=4)
    with pytest.raises(
        CouponsNotStackable, match="SAVE5 does not apply: it can't be used on the same goods as WELCOME10"
    ):
        await ada("create_checkout", coupon_codes=["WELCOME10", "SAVE5"])


async def test_a_coupon_is_used_as_often_as_it_may_be(each_world: World) -> None:
    ada = await each_world.sign_in()
    first = await ada.buy(quantity=2, coupon_codes=["WELCOME10"])
    with pytest.raises(CouponRefused, match="used it already"):
        await ada.buy(quantity=2, coupon_codes=["WELCOME10"])
    await ada("cancel_order", order=first.order)
    await ada("clear_cart")
    assert (await ada.buy(quantity=2, coupon_codes=["WELCOME10"])).coupon_codes == ["WELCOME10"]
    assert await each_world.findings() == []


async def test_a_scarce_coupon_is_not_used_more_often_than_there_are_uses(each_world: World) -> None:
    buyers = [await each_world.customer() for _ in range(5)]
    quotes = []
    for buyer in buyers:
        await buyer("add_to_cart", sku="MUG-RED-350", quantity=3)
        quotes.append((await buyer("create_checkout", coupon_codes=["TEA15"])).checkout)
    placing = (b("place_order", checkout=c) for b, c in zip(buyers, quotes, strict=True))
    outcomes = await asyncio.gather(*placing, return_exceptions=True)
    kinds = sorted(type(o).__name__ for o in outcomes)
    assert kinds.count("OrderView") == 2
    assert all(isinstance(o, CouponRefused | CheckoutChanged) for o in outcomes if type(o).__name__ != "OrderView")
    assert await each_world.findings() == []


async def test_what_is_added_while_ordering_stays_in_the_cart(world: World) -> None:
    ada = await world.sign_in(**ADA)
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    quoted = await ada("create_checkout")
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    await ada("add_to_cart", sku="MUG-BLU-350", quantity=1)
    await ada("place_order", checkout=quoted.checkout)
    assert {i.sku: i.quantity for i in (await ada("view_cart")).items} == {"MUG-RED-350": 1, "MUG-BLU-350": 1}
