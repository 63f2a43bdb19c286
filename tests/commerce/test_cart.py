"""The cart: one for each shopper, whatever happens at once; saving, sharing out by merchant, and buying again."""

import asyncio

import pytest
from sqlalchemy import text

from commerce.cart.refusals import CartFull, NotInCart, NotSaved, TooManyOfOne
from commerce.catalog.refusals import VariantNotFound
from commerce.errors import Refusal
from commerce.inventory.refusals import OutOfStock
from commerce.orders.refusals import OrderNotFound
from evals.world import seeds
from tests.statements import counting
from tests.worlds import ADA, Shopper, World

MUG, BLUE, TEE = "MUG-RED-350", "MUG-BLU-350", "TEE-HVY-WHT-M"


async def _held(shopper: Shopper) -> dict[str, int]:
    return {item.sku: item.quantity for item in (await shopper("view_cart")).items}


async def _sell(world: World, sku: str, on_sale: bool) -> None:
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE variant SET on_sale = :on WHERE sku = :sku"), {"on": on_sale, "sku": sku})


async def test_items_are_grouped_by_who_sells_them(each_world: World) -> None:
    ada = await each_world.sign_in()
    for sku in (MUG, TEE, BLUE):
        await ada("add_to_cart", sku=sku, quantity=2)
    cart = await ada("view_cart")
    assert [(g.merchant, set(g.skus)) for g in cart.groups] == [
        ("harbor-home", {MUG, BLUE}),
        ("trailhead-outfitters", {TEE}),
    ]
    assert sum(group.subtotal.amount for group in cart.groups) == cart.subtotal.amount


async def test_the_cart_shows_what_claimed_coupons_would_take_off(each_world: World) -> None:
    ada = await each_world.sign_in()
    assert (await ada("add_to_cart", sku=MUG, quantity=3)).discount.amount == 0
    await ada("claim_coupon", coupon="MUGS15")
    cart = await ada("view_cart")
    quoted = await ada("create_checkout")
    assert (cart.discount.amount, cart.coupon_codes) == (585, ["MUGS15"])
    assert sum(line.discount.amount for line in quoted.lines) == cart.discount.amount


async def test_goods_taken_off_sale_are_flagged_and_in_no_sum(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku=MUG, quantity=1)
    await ada("add_to_cart", sku=BLUE, quantity=1)
    await _sell(each_world, MUG, False)
    cart = await ada("view_cart")
    assert ([i.sku for i in cart.items], [i.sku for i in cart.unavailable]) == ([BLUE], [MUG])
    assert [(m.code, m.sku) for m in cart.messages] == [("not_sold", MUG)]
    assert cart.subtotal.amount == cart.items[0].total.amount
    with pytest.raises(VariantNotFound):
        await ada("add_to_cart", sku=MUG)
    await ada("remove_from_cart", sku=MUG)
    assert (await ada("view_cart")).unavailable == []


async def test_adds_and_changes_at_once_leave_one_line_with_all_of_them(each_world: World) -> None:
    ada = await each_world.sign_in()
    adds = [ada("add_to_cart", sku=sku, quantity=1) for sku in (MUG, BLUE, TEE) for _ in range(5)]
    await asyncio.gather(*adds)
    assert await _held(ada) == {MUG: 5, BLUE: 5, TEE: 5}
    await asyncio.gather(
        *(ada("add_to_cart", sku=MUG, quantity=3) for _ in range(4)), ada("remove_from_cart", sku=BLUE)
    )
    assert await _held(ada) == {MUG: 17, TEE: 5}


async def test_a_cart_holds_no_more_lines_than_it_may_whatever_comes_at_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    skus = [v.sku for _, p in seeds().products for v in p.variants if v.stock][:104]
    async with each_world.shop.database.write() as db:
        for sku in skus[:98]:
            row = {"account": ada.caller.account, "sku": sku, "at": each_world.clock()}
            await db.execute(text("INSERT INTO cart_item VALUES (:account, :sku, 1, 100, :at)"), row)
    outcomes = await asyncio.gather(*(ada("add_to_cart", sku=s) for s in skus[98:]), return_exceptions=True)
    assert sum(isinstance(o, CartFull) for o in outcomes) == 4
    assert len((await ada("view_cart")).items) == 100


async def test_one_line_holds_no_more_than_it_may(world: World) -> None:
    ada = await world.sign_in()
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE stock SET on_hand = 500 WHERE sku = 'MUG-RED-350'"))
    await ada("add_to_cart", sku=MUG, quantity=99)
    with pytest.raises(TooManyOfOne):
        await ada("add_to_cart", sku=MUG, quantity=1)
    assert await _held(ada) == {MUG: 99}


async def test_what_is_saved_for_later_is_in_no_sum_and_comes_back(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku=MUG, quantity=2)
    assert (await ada("save_for_later", sku=MUG)).items == []
    await ada("add_to_cart", sku=MUG, quantity=1)
    await ada("save_for_later", sku=MUG)
    assert [(i.sku, i.quantity, i.for_sale) for i in (await ada("list_saved_items")).items] == [(MUG, 3, True)]
    assert [(i.sku, i.quantity) for i in (await ada("move_to_cart", sku=MUG)).items] == [(MUG, 3)]
    with pytest.raises(NotSaved):
        await ada("move_to_cart", sku=MUG)
    await ada("save_for_later", sku=MUG)
    assert (await ada("remove_saved_item", sku=MUG)).items == []
    for operation in ("save_for_later", "remove_saved_item"):
        with pytest.raises((NotInCart, NotSaved)):
            await ada(operation, sku=MUG)


async def test_moving_at_once_doubles_nothing(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku=MUG, quantity=2)
    saves = await asyncio.gather(*(ada("save_for_later", sku=MUG) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(o, Refusal) for o in saves) == 1
    moves = await asyncio.gather(*(ada("move_to_cart", sku=MUG) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(o, NotSaved) for o in moves) == 1
    assert await _held(ada) == {MUG: 2}


async def test_what_can_not_be_bought_any_more_stays_saved(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    await ada("add_to_cart", sku="MUG-RED-500", quantity=2)
    await ada("save_for_later", sku="MUG-RED-500")
    await bob.buy("MUG-RED-500", quantity=2)
    with pytest.raises(OutOfStock):
        await ada("move_to_cart", sku="MUG-RED-500")
    assert [i.available for i in (await ada("list_saved_items")).items] == [1]
    assert (await bob("list_saved_items")).items == []


async def test_some_of_the_cart_is_bought_and_the_rest_stays(each_world: World) -> None:
    ada = await each_world.sign_in()
    for sku in (MUG, BLUE, TEE):
        await ada("add_to_cart", sku=sku, quantity=2)
    quoted = await ada("create_checkout", skus=[TEE, MUG])
    assert {line.sku for line in quoted.lines} == {TEE, MUG}
    await ada("place_order", checkout=quoted.checkout)
    assert await _held(ada) == {BLUE: 2}
    with pytest.raises(NotInCart):
        await ada("create_checkout", skus=[MUG])
    assert await each_world.findings() == []


async def test_bought_things_leave_the_cart_and_others_come_in_again(each_world: World) -> None:
    """Nothing that was bought stays, nothing else is doubled, and an emptied cart takes things again."""
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku=MUG, quantity=2)
    await ada("add_to_cart", sku=BLUE, quantity=1)
    quoted = await ada("create_checkout")
    await ada("change_cart_item", sku=MUG, quantity=5)
    await ada("place_order", checkout=quoted.checkout)
    assert await _held(ada) == {MUG: 3}
    await ada("clear_cart")
    await ada("add_to_cart", sku=MUG, quantity=1)
    assert await _held(ada) == {MUG: 1}


async def test_a_guests_cart_and_saved_things_come_along(each_world: World) -> None:
    ada, guest = await each_world.sign_in(), await each_world.guest()
    await ada("add_to_cart", sku=MUG, quantity=1)
    for sku in (MUG, BLUE):
        await guest("add_to_cart", sku=sku, quantity=2)
    await guest("save_for_later", sku=BLUE)
    await guest("sign_in", **ADA)
    assert await _held(ada) == {MUG: 3}
    assert [(i.sku, i.quantity) for i in (await ada("list_saved_items")).items] == [(BLUE, 2)]


async def test_an_earlier_order_is_put_into_the_cart_again_line_by_line(each_world: World) -> None:
    ada, bob = await each_world.sign_in(), await each_world.customer()
    for sku, quantity in ((MUG, 2), (BLUE, 1), ("MUG-RED-500", 2)):
        await ada("add_to_cart", sku=sku, quantity=quantity)
    order = await ada("place_order", checkout=(await ada("create_checkout")).checkout)
    await ada("add_to_cart", sku=MUG, quantity=1)
    await _sell(each_world, BLUE, False)
    again = await ada("reorder", order=order.order)
    assert {line.sku: (line.added, line.outcome) for line in again.lines} == {
        MUG: (2, "added"),
        BLUE: (0, "not_sold"),
        "MUG-RED-500": (1, "partly_added"),
    }
    assert {i.sku: i.quantity for i in again.cart.items} == {MUG: 3, "MUG-RED-500": 1}
    with pytest.raises(OrderNotFound):
        await bob("reorder", order=order.order)


async def test_adding_costs_few_statements(each_world: World) -> None:
    """Besides those that keep its idempotency key."""
    ada = await each_world.sign_in()
    for _ in range(2):
        with counting() as counted:
            await ada("add_to_cart", sku=MUG, quantity=1)
        assert len([s for s in counted.statements if "idempotency" not in s]) <= 3, counted
