"""Cancelling lines and parts, sending elsewhere, and giving up what nobody pays, on every database."""

import asyncio
from typing import Any

import pytest

from commerce.errors import Refusal
from commerce.fulfillments.refusals import FulfillmentNotCancellable, FulfillmentNotFound
from commerce.jobs import run_jobs
from commerce.orders.refusals import (
    AddressElsewhere,
    LineNotCancellable,
    NotInOrder,
    NotSoManyLeft,
    OrderExpired,
    OrderNotFound,
    OrderNotPayable,
    OrderNotRedirectable,
)
from commerce.payments.refusals import PaymentInProgress
from tests.commerce.test_fulfillments import BAG, MUG, SENT, TRAIL, part_of, status, two_parts
from tests.worlds import ADDRESS, Shopper, World


def totals(order: Any) -> dict[str, int]:
    return {total.type: total.amount for total in order.totals}


def line(order: Any, sku: str) -> Any:
    return next(line for line in order.lines if line.sku == sku)


async def given_back(shopper: Shopper, order: Any) -> int:
    return int((await shopper("get_order", order=order.order)).refunded.amount)


async def test_a_piece_of_a_paid_order_comes_back_with_its_share_of_the_coupon(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available(MUG)
    order = await two_parts(ada, coupon_codes=["WELCOME10"])
    mugs = line(order, MUG)
    half = await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1, reason="one is enough")
    net = mugs.total.amount - mugs.discount.amount
    assert abs(half.refunded.amount - net / 2) <= 0.5
    assert (half.status, line(half, MUG).cancelled, half.total) == ("paid", 1, order.total)
    assert await each_world.available(MUG) == before - 1
    assert await each_world.findings() == []
    rest = await ada("cancel_order_line", order=order.order, sku=MUG)
    delivery = next(f.price.amount for f in order.fulfillments if f.merchant == "harbor-home")
    assert rest.refunded.amount == net + delivery
    assert {f.merchant: f.status for f in rest.fulfillments} == {"harbor-home": "cancelled", TRAIL: "waiting"}
    assert (rest.status, await each_world.available(MUG)) == ("paid", before)
    told = [(e.type, e.sku, e.quantity, e.reason) for e in rest.events if e.type == "line_cancelled"]
    assert told[0] == ("line_cancelled", MUG, 1, "one is enough")
    assert (await ada("cancel_order", order=order.order)).refunded == order.total
    assert await each_world.findings() == []


async def test_of_an_unpaid_order_less_is_due(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available(MUG)
    order = await ada.buy(MUG, quantity=3, coupon_codes=["WELCOME10"])
    less = await ada("cancel_order_line", order=order.order, sku=MUG, quantity=2)
    assert totals(less)["total"] == less.total.amount < order.total.amount
    assert totals(less)["subtotal"] == 1299
    assert (less.refunded.amount, await each_world.available(MUG)) == (0, before - 1)
    assert await each_world.findings() == []
    paid = await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    assert (paid.status, paid.payment.amount) == ("paid", less.total)
    assert await each_world.available(MUG) == before - 1
    assert await each_world.findings() == []


async def test_the_last_pieces_take_the_order_and_its_coupon_along(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available(MUG)
    method = await ada.method("tok_succeeds")
    for checkout in ({"payment_method": method}, {}):
        order = await ada.buy(MUG, quantity=2, coupon_codes=["WELCOME10"], **checkout)
        await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1)
        gone = await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1)
        assert (gone.status, gone.events[-1].type) in {("cancelled", "cancelled"), ("cancelled", "refunded")}
        assert gone.refunded.amount == (order.total.amount if checkout else 0)
        assert await each_world.available(MUG) == before
        assert await each_world.findings() == []


async def test_pieces_are_cancelled_once_however_many_ask_at_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available(MUG)
    order = await two_parts(ada)
    asked = [ada("cancel_order_line", order=order.order, sku=MUG, quantity=1) for _ in range(5)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(o, Refusal) for o in outcomes) == 2, outcomes
    assert all(isinstance(o, NotSoManyLeft | LineNotCancellable) for o in outcomes if isinstance(o, Exception))
    assert await each_world.available(MUG) == before
    assert await each_world.findings() == []


async def test_shipping_a_part_and_cancelling_its_line_at_once_ends_in_one_of_the_two(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    for _ in range(3):
        order = await two_parts(ada)
        part = await part_of(home, order)
        outcomes = await asyncio.gather(
            home("ship_fulfillment", fulfillment=part, **SENT),
            ada("cancel_order_line", order=order.order, sku=MUG),
            return_exceptions=True,
        )
        assert sum(isinstance(o, Refusal) for o in outcomes) == 1, outcomes
        assert await status(ada, order) in {"partially_shipped", "paid"}
        assert await each_world.findings() == []


async def test_what_is_shipped_or_being_charged_is_not_cancelled(world: World) -> None:
    ada, home = await world.sign_in(), await world.merchant()
    order = await two_parts(ada)
    await home("ship_fulfillment", fulfillment=await part_of(home, order), **SENT)
    with pytest.raises(LineNotCancellable):
        await ada("cancel_order_line", order=order.order, sku=MUG)
    await ada("cancel_order_line", order=order.order, sku=BAG)
    assert await status(ada, order) == "shipped"
    with pytest.raises(NotInOrder):
        await ada("cancel_order_line", order=order.order, sku="MUG-BLU-350")
    lost = await ada.buy(quantity=2, payment_method=await ada.method("tok_times_out"))
    with pytest.raises(PaymentInProgress):
        await ada("cancel_order_line", order=lost.order, sku=MUG, quantity=1)


async def test_a_merchant_who_can_not_deliver_gives_the_money_back(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    mugs, bags = await each_world.available(MUG), await each_world.available(BAG)
    order = await two_parts(ada, coupon_codes=["WELCOME10"])
    part = await part_of(home, order)
    with pytest.raises(FulfillmentNotFound):
        await trail("cancel_fulfillment", fulfillment=part, reason="mine now", restock=True)
    gone = await home("cancel_fulfillment", fulfillment=part, reason="the kiln broke", restock=False)
    assert (gone.status, gone.goods.amount) == ("cancelled", 0)
    shown = await ada("get_order", order=order.order)
    cancelled = next(e for e in shown.events if e.type == "part_cancelled")
    assert (cancelled.reason, cancelled.amount, shown.status) == ("the kiln broke", shown.refunded, "paid")
    assert await each_world.available(MUG) == mugs - 2
    with pytest.raises(FulfillmentNotCancellable):
        await home("cancel_fulfillment", fulfillment=part, reason="again", restock=False)
    await trail("cancel_fulfillment", fulfillment=await part_of(trail, order), reason="sold out", restock=True)
    shown = await ada("get_order", order=order.order)
    assert (shown.status, shown.refunded, await each_world.available(BAG)) == ("cancelled", order.total, bags)
    assert (await ada.buy(quantity=2, coupon_codes=["WELCOME10"])).coupon_codes == ["WELCOME10"]
    assert await each_world.findings() == []


async def test_two_merchants_who_cancel_at_once_end_in_a_cancelled_order(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    order = await two_parts(ada)
    parts = [(home, await part_of(home, order)), (trail, await part_of(trail, order))] * 2
    asked = [who("cancel_fulfillment", fulfillment=part, reason="fire", restock=True) for who, part in parts]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(o, FulfillmentNotCancellable) for o in outcomes) == 2, outcomes
    shown = await ada("get_order", order=order.order)
    assert (shown.status, shown.refunded) == ("cancelled", order.total)
    assert [e.type for e in shown.events].count("cancelled") == 1
    assert await each_world.findings() == []


async def test_an_order_is_sent_elsewhere_before_anything_is_shipped(each_world: World) -> None:
    ada, home = await each_world.customer(), await each_world.merchant()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    near = (await ada("add_address", **ADDRESS | {"line1": "2 Near Street"})).address
    far = (await ada("add_address", **ADDRESS | {"region": "CA", "city": "Far"})).address
    with pytest.raises(AddressElsewhere, match="IL US"):
        await ada("change_order_address", order=order.order, address=far)
    moved = await ada("change_order_address", order=order.order, address=near)
    assert (moved.address.line1, moved.total) == ("2 Near Street", order.total)
    changed = [e for e in moved.events if e.type == "address_changed"]
    assert [e.address.line1 for e in changed] == [ADDRESS["line1"]]
    await ada("change_order_address", order=order.order, address=near)
    part = await home("get_fulfillment", fulfillment=await part_of(home, order))
    assert part.destination.line1 == "2 Near Street"
    await home("ship_fulfillment", fulfillment=part.fulfillment, **SENT)
    with pytest.raises(OrderNotRedirectable):
        await ada("change_order_address", order=order.order, address=near)


async def test_an_order_of_others_is_neither_changed_nor_cancelled(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    order = await ada.buy(quantity=2)
    mine = (await bob("list_addresses")).items[0].address
    for number in (order.order, "DT-2222-2222"):
        with pytest.raises(OrderNotFound):
            await bob("cancel_order_line", order=number, sku=MUG)
        with pytest.raises(OrderNotFound):
            await bob("change_order_address", order=number, address=mine)
    assert await status(ada, order) == "awaiting_payment"


async def test_an_expired_order_is_cancelled_and_can_never_be_paid(each_world: World) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("tok_succeeds")
    order = await ada.buy(quantity=2, coupon_codes=["WELCOME10"])
    each_world.clock.move(minutes=11)
    with pytest.raises(OrderExpired):
        await ada("pay_order", order=order.order, payment_method=method)
    await run_jobs(each_world.shop)
    shown = await ada("get_order", order=order.order)
    assert (shown.status, [(e.type, e.reason) for e in shown.events][1:]) == (
        "cancelled",
        [("expired", "not paid in time")],
    )
    with pytest.raises(OrderNotPayable):
        await ada("pay_order", order=order.order, payment_method=method)
    assert (await ada.buy(quantity=2, coupon_codes=["WELCOME10"])).coupon_codes == ["WELCOME10"]
    assert await each_world.findings() == []


async def test_goods_of_a_paid_order_are_never_released_by_its_expiry(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available(MUG)
    await ada.buy(quantity=2, payment_method=await ada.method("tok_succeeds"))
    waiting = await ada.buy(quantity=1)
    each_world.clock.move(minutes=11)
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(3)))
    each_world.clock.move(days=1)
    await run_jobs(each_world.shop)
    assert await status(ada, waiting) == "cancelled"
    assert await each_world.available(MUG) == before - 2
    assert await each_world.findings() == []


async def test_paying_and_cancelling_a_line_at_once_charges_what_is_left(each_world: World) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("tok_succeeds")
    for _ in range(3):
        order = await ada.buy(quantity=2)
        outcomes = await asyncio.gather(
            ada("pay_order", order=order.order, payment_method=method),
            ada("cancel_order_line", order=order.order, sku=MUG, quantity=1),
            return_exceptions=True,
        )
        assert not isinstance(outcomes[0], Exception), outcomes
        shown = await ada("get_order", order=order.order)
        kept = shown.total.amount - shown.refunded.amount
        assert kept == order.total.amount - (0 if isinstance(outcomes[1], Refusal) else 1299)
        assert await each_world.findings() == []


async def test_an_order_that_can_not_be_reserved_does_not_exist(each_world: World) -> None:
    ada, bob = await each_world.sign_in(), await each_world.customer()
    for shopper in (ada, bob):
        await shopper("add_to_cart", sku="MUG-RED-500", quantity=3)
    quotes = [(s, (await s("create_checkout")).checkout) for s in (ada, bob)]
    placed = await asyncio.gather(*(s("place_order", checkout=c) for s, c in quotes), return_exceptions=True)
    assert sum(isinstance(order, Refusal) for order in placed) == 1
    assert sum([len((await s("list_orders")).items) for s in (ada, bob)]) == 1
    assert await each_world.findings() == []
