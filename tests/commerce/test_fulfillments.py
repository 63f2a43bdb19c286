"""Shipping and delivering the parts of an order, and the order that follows them, on every database."""

import asyncio
from typing import Any

import pytest

from commerce.errors import MerchantsOnly, Refusal
from commerce.fulfillments.refusals import FulfillmentNotFound, FulfillmentNotShippable, FulfillmentNotShipped
from commerce.orders.refusals import NothingOnItsWay, OrderNotFinished, OrderNotFound
from tests.worlds import Shopper, World

MUG, BAG = "MUG-RED-350", "TOTE-CAN-BEI"
SENT = {"carrier": "UPS", "tracking": "1Z999AA10123456784"}


async def two_parts(shopper: Shopper, **checkout: Any) -> Any:
    """A paid order of two merchants' goods."""
    await shopper("add_to_cart", sku=MUG, quantity=2)
    await shopper("add_to_cart", sku=BAG, quantity=1)
    quoted = await shopper("create_checkout", payment_method=await shopper.method("tok_succeeds"), **checkout)
    return await shopper("place_order", checkout=quoted.checkout)


async def part_of(merchant: Shopper, order: Any) -> str:
    [part] = (await merchant("list_fulfillments", order=order.order)).items
    return str(part.fulfillment)


async def test_an_order_follows_its_parts_until_all_has_arrived(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    order = await two_parts(ada)
    assert {(f.merchant, f.status) for f in order.fulfillments} == {("harbor-home", "waiting"), (TRAIL, "waiting")}
    mugs, bag = await part_of(home, order), await part_of(trail, order)
    await home("ship_fulfillment", fulfillment=mugs, **SENT)
    assert await status(ada, order) == "partially_shipped"
    await trail("ship_fulfillment", fulfillment=bag, carrier="DHL", tracking="JD014")
    assert await status(ada, order) == "shipped"
    await home("deliver_fulfillment", fulfillment=mugs)
    assert await status(ada, order) == "shipped"
    done = await ada("confirm_receipt", order=order.order)
    assert (done.status, [f.status for f in done.fulfillments]) == ("delivered", ["delivered", "delivered"])
    told = [(e.type, e.merchant, e.tracking) for e in done.events]
    assert told == [
        ("placed", None, None),
        ("paid", None, None),
        ("shipped", "harbor-home", SENT["tracking"]),
        ("shipped", TRAIL, "JD014"),
        ("delivered", "harbor-home", None),
        ("delivered", TRAIL, None),
    ]
    assert await each_world.findings() == []


TRAIL = "trailhead-outfitters"


async def status(shopper: Shopper, order: Any) -> str:
    return str((await shopper("get_order", order=order.order)).status)


async def test_two_merchants_who_ship_at_once_end_in_a_shipped_order(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    for _ in range(4):
        order = await two_parts(ada)
        parts = [(home, await part_of(home, order)), (trail, await part_of(trail, order))]
        await asyncio.gather(*(who("ship_fulfillment", fulfillment=part, **SENT) for who, part in parts))
        assert await status(ada, order) == "shipped"
        await asyncio.gather(*(who("deliver_fulfillment", fulfillment=part) for who, part in parts))
        assert await status(ada, order) == "delivered"
    assert await each_world.findings() == []


async def test_a_part_is_shipped_once_however_often_it_is_said(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    part = await part_of(home, order)
    said = await asyncio.gather(*(home("ship_fulfillment", fulfillment=part, **SENT) for _ in range(5)))
    assert {view.status for view in said} == {"shipped"}
    other = await asyncio.gather(
        *(home("ship_fulfillment", fulfillment=part, carrier="DHL", tracking=str(n)) for n in range(3)),
        return_exceptions=True,
    )
    assert {type(answer) for answer in other} == {FulfillmentNotShippable}
    shown = await ada("get_order", order=order.order)
    assert [e.type for e in shown.events] == ["placed", "paid", "shipped"]
    assert (shown.fulfillments[0].carrier, shown.fulfillments[0].tracking) == ("UPS", SENT["tracking"])


async def test_delivering_at_once_by_merchant_and_shopper_is_told_once(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    part = await part_of(home, order)
    await home("ship_fulfillment", fulfillment=part, **SENT)
    outcomes = await asyncio.gather(
        home("deliver_fulfillment", fulfillment=part),
        ada("confirm_receipt", order=order.order),
        home("deliver_fulfillment", fulfillment=part),
        ada("confirm_receipt", order=order.order),
        return_exceptions=True,
    )
    assert all(isinstance(o, NothingOnItsWay) for o in outcomes if isinstance(o, Exception))
    shown = await ada("get_order", order=order.order)
    assert (shown.status, [e.type for e in shown.events].count("delivered")) == ("delivered", 1)


async def test_tracking_is_corrected_while_it_is_on_its_way(world: World) -> None:
    ada, home = await world.sign_in(), await world.merchant()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    part = await part_of(home, order)
    with pytest.raises(FulfillmentNotShipped):
        await home("correct_tracking", fulfillment=part, **SENT)
    with pytest.raises(FulfillmentNotShipped):
        await home("deliver_fulfillment", fulfillment=part)
    await home("ship_fulfillment", fulfillment=part, carrier="UPS", tracking="typo")
    assert (await home("correct_tracking", fulfillment=part, **SENT)).tracking == SENT["tracking"]
    assert (await ada("get_order", order=order.order)).fulfillments[0].tracking == SENT["tracking"]
    await home("deliver_fulfillment", fulfillment=part)
    with pytest.raises(FulfillmentNotShipped):
        await home("correct_tracking", fulfillment=part, **SENT)


async def test_an_unpaid_order_is_nothing_to_ship(world: World) -> None:
    ada, home, admin = await world.sign_in(), await world.merchant(), await world.admin()
    order = await ada.buy()
    assert (await home("list_fulfillments")).items == []
    for who in (home, admin):
        with pytest.raises(FulfillmentNotFound):
            await who("ship_fulfillment", fulfillment=order.fulfillments[0].fulfillment, **SENT)
    with pytest.raises(NothingOnItsWay):
        await ada("confirm_receipt", order=order.order)


WRITES: list[tuple[str, dict[str, str]]] = [
    ("get_fulfillment", {}),
    ("ship_fulfillment", SENT),
    ("correct_tracking", SENT),
    ("deliver_fulfillment", {}),
]


@pytest.mark.parametrize(("operation", "asked"), WRITES)
async def test_another_merchants_part_does_not_exist(world: World, operation: str, asked: dict[str, str]) -> None:
    ada, home, trail = await world.sign_in(), await world.merchant(), await world.merchant(TRAIL)
    order = await two_parts(ada)
    told = []
    for fulfillment in (await part_of(home, order), "ful_01AAAAAAAAAAAAAAAAAAAAAAAA"):
        with pytest.raises(FulfillmentNotFound) as refused:
            await trail(operation, fulfillment=fulfillment, **asked)
        told.append(str(refused.value).replace(fulfillment, "ID"))
    assert told[0] == told[1]
    with pytest.raises(MerchantsOnly):
        await ada(operation, fulfillment=await part_of(home, order), **asked)


async def test_a_merchant_sees_its_own_lines_and_where_they_go_and_nothing_else(world: World) -> None:
    ada, home, admin = await world.sign_in(), await world.merchant(), await world.admin()
    order = await two_parts(ada)
    part = await home("get_fulfillment", fulfillment=await part_of(home, order))
    assert [line.sku for line in part.lines] == [MUG]
    assert (part.destination.recipient, part.goods.amount) == ("Ada Lovelace", 2598)
    told = part.model_dump_json() + (await home("list_fulfillments")).model_dump_json()
    secrets = ["ada@example.com", "4242", BAG, ada.caller.account, order.payment.payment]
    assert [word for word in secrets if word in told] == []
    assert len((await admin("list_fulfillments", order=order.order)).items) == 2
    trails = (await admin("list_fulfillments", order=order.order, merchant=TRAIL)).items
    assert [(item.merchant, item.skus) for item in trails] == [(TRAIL, [BAG])]
    assert (await home("list_fulfillments", merchant=TRAIL)).items == []


async def test_a_merchant_lists_what_waits_oldest_first_and_filters(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    method = await ada.method("tok_succeeds")
    orders = []
    for sku in (MUG, "MUG-BLU-350", MUG):
        orders.append(await ada.buy(sku, payment_method=method))
        each_world.clock.move(days=1)
    numbers = [order.order for order in orders]
    first = await home("list_fulfillments", status="waiting", limit=2)
    rest = await home("list_fulfillments", status="waiting", limit=2, cursor=first.next_cursor)
    assert [item.order for item in [*first.items, *rest.items]] == numbers
    assert rest.next_cursor is None
    assert [item.order for item in (await home("list_fulfillments")).items] == numbers[::-1]
    blue = (await home("list_fulfillments", sku="MUG-BLU-350")).items
    assert [(item.order, item.items) for item in blue] == [(numbers[1], 1)]
    days = await home("list_fulfillments", placed_from="2026-06-02", placed_to="2026-06-02")
    assert [item.order for item in days.items] == [numbers[1]]
    await home("ship_fulfillment", fulfillment=await part_of(home, orders[0]), **SENT)
    assert [item.order for item in (await home("list_fulfillments", status="shipped")).items] == numbers[:1]


async def test_a_shopper_finds_orders_by_words_days_and_status(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    method = await ada.method("tok_succeeds")
    mug = await ada.buy(MUG, payment_method=method)
    each_world.clock.move(days=1)
    bag = await ada.buy(BAG)
    await home("ship_fulfillment", fulfillment=await part_of(home, mug), **SENT)

    async def found(**filters: Any) -> list[str]:
        return [item.order for item in (await ada("list_orders", **filters)).items]

    assert await found() == [bag.order, mug.order]
    assert await found(words="red MUG") == [mug.order]
    assert await found(words="搪瓷杯") == [mug.order]
    assert await found(words=bag.order.lower()) == [bag.order]
    assert await found(words="100%") == []
    assert await found(status="shipped") == [mug.order]
    assert await found(placed_to="2026-06-01") == [mug.order]
    assert await found(placed_from="2026-06-02", placed_to="9999-12-31") == [bag.order]


async def test_a_finished_order_is_hidden_from_its_shopper_alone(each_world: World) -> None:
    ada, bob, home = await each_world.sign_in(), await each_world.customer(), await each_world.merchant()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    part = await part_of(home, order)
    with pytest.raises(OrderNotFinished):
        await ada("hide_order", order=order.order)
    await home("ship_fulfillment", fulfillment=part, **SENT)
    await ada("confirm_receipt", order=order.order, fulfillment=part)
    for operation in ("hide_order", "unhide_order", "confirm_receipt"):
        with pytest.raises(OrderNotFound):
            await bob(operation, order=order.order)
    assert (await ada("hide_order", order=order.order)).hidden
    assert (await ada("list_orders")).items == []
    assert [o.order for o in (await ada("list_orders", hidden=True)).items] == [order.order]
    assert (await ada("get_order", order=order.order)).status == "delivered"
    assert await part_of(home, order) == part
    assert not (await ada("unhide_order", order=order.order)).hidden
    assert [o.order for o in (await ada("list_orders")).items] == [order.order]


async def test_shipping_and_cancelling_at_once_ends_in_one_of_the_two(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    method = await ada.method("tok_succeeds")
    for _ in range(4):
        order = await ada.buy(payment_method=method)
        part = await part_of(home, order)
        outcomes = await asyncio.gather(
            home("ship_fulfillment", fulfillment=part, **SENT),
            ada("cancel_order", order=order.order),
            return_exceptions=True,
        )
        assert sum(isinstance(o, Refusal) for o in outcomes) == 1, outcomes
        shown = await ada("get_order", order=order.order)
        assert (shown.status, shown.fulfillments[0].status) in {("shipped", "shipped"), ("cancelled", "cancelled")}
        assert await each_world.findings() == []
