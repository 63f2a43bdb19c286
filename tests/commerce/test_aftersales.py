"""Sending goods back: asking, reviewing, giving, and what each leaves in the books, on every database."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.aftersales.refusals import (
    DeliveryStays,
    MoreThanItCost,
    MoreThanRequested,
    NoteMissing,
    NothingToReturn,
    NotYetReturnable,
    RefundAlreadyRequested,
    RefundRequestClosed,
    RefundRequestNotFound,
    ReturnWindowOver,
    TooManyRefundRequests,
)
from commerce.errors import MerchantsOnly, Refusal
from commerce.fulfillments.refusals import FulfillmentNotFound
from commerce.jobs import run_jobs
from commerce.orders.refusals import OrderNotFound
from tests.commerce.test_changing_orders import line
from tests.commerce.test_fulfillments import BAG, MUG, SENT, TRAIL, part_of, two_parts
from tests.worlds import ADDRESS, Shopper, World


async def arrived(world: World, shopper: Shopper, **checkout: Any) -> Any:
    """An order of two merchants' goods that has arrived."""
    order = await two_parts(shopper, **checkout)
    for slug in ("harbor-home", TRAIL):
        merchant = await world.merchant(slug)
        await merchant("ship_fulfillment", fulfillment=await part_of(merchant, order), **SENT)
    return await shopper("confirm_receipt", order=order.order)


async def asked(shopper: Shopper, order: Any, *pieces: tuple[str, int]) -> Any:
    lines: Any = [{"sku": sku, "quantity": quantity} for sku, quantity in pieces]
    made = await shopper("request_refund", order=order.order, reason="chipped", lines=lines or None)
    return made.items[0]


async def sold(world: World) -> int:
    async with world.shop.database.read() as db:
        return int(await db.scalar(text("SELECT sold FROM product WHERE slug = 'red-enamel-mug'")))


async def test_a_returned_piece_gives_its_money_back_and_goes_into_stock_once(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    before, counted = await each_world.available(MUG), await sold(each_world)
    order = await arrived(each_world, ada, coupon_codes=["WELCOME10"])
    request = await asked(ada, order, (MUG, 1))
    mugs = line(order, MUG)
    assert (request.status, request.reason, request.merchant) == ("pending", "chipped", "harbor-home")
    assert abs(request.amount.amount - (mugs.total.amount - mugs.discount.amount) / 2) <= 0.5
    assert [r.refund_request for r in (await home("list_refund_reviews", status="pending")).items] == [
        request.refund_request
    ]
    done = await home("approve_refund", refund_request=request.refund_request, restock=True)
    assert (done.status, done.given, done.lines[0].returned) == ("approved", request.amount, 1)
    shown = await ada("get_order", order=order.order)
    assert (line(shown, MUG).returned, shown.refunded, shown.status) == (1, request.amount, "delivered")
    assert await each_world.available(MUG) == before - 1
    assert await sold(each_world) == counted + 1
    told = [e.type for e in shown.events][-3:]
    assert told == ["refund_requested", "refund_approved", "refunded"]
    assert await each_world.findings() == []


async def test_when_everything_came_back_the_coupon_does_too(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    order = await arrived(each_world, ada, coupon_codes=["WELCOME10"])
    made = (await ada("request_refund", order=order.order, reason="all wrong")).items
    assert {r.merchant for r in made} == {"harbor-home", TRAIL}
    for request in made:
        await admin("approve_refund", refund_request=request.refund_request, delivery=True, restock=True)
    shown = await ada("get_order", order=order.order)
    assert shown.refunded == shown.total
    assert (await ada.buy(quantity=2, coupon_codes=["WELCOME10"])).coupon_codes == ["WELCOME10"]
    async with each_world.shop.database.read() as db:
        found = (
            "SELECT SUM(l.amount) FROM ledger l JOIN transfer t ON t.id = l.transfer "
            "WHERE t.order_number = :order AND l.book = 'gateway'"
        )
        assert await db.scalar(text(found), {"order": order.order}) == 0
    assert await each_world.findings() == []


async def test_two_who_review_at_once_are_one_review(each_world: World) -> None:
    ada, home, admin = await each_world.sign_in(), await each_world.merchant(), await each_world.admin()
    order = await arrived(each_world, ada)
    before = await each_world.available(MUG)
    request = (await asked(ada, order, (MUG, 2))).refund_request
    outcomes = await asyncio.gather(
        home("approve_refund", refund_request=request, restock=True),
        admin("reject_refund", refund_request=request, reason="too late"),
        admin("approve_refund", refund_request=request, restock=True),
        ada("withdraw_refund_request", refund_request=request),
        return_exceptions=True,
    )
    assert sum(isinstance(o, RefundRequestClosed) for o in outcomes) == 3, outcomes
    ended = await ada("get_refund_request", refund_request=request)
    assert await each_world.available(MUG) == before + (2 if ended.status == "approved" else 0)
    assert await each_world.findings() == []


async def test_less_than_was_asked_for_needs_a_word(world: World) -> None:
    ada, home = await world.sign_in(), await world.merchant()
    order = await arrived(world, ada)
    request = (await asked(ada, order, (MUG, 2))).refund_request
    one = [{"sku": MUG, "quantity": 1}]
    with pytest.raises(NoteMissing):
        await home("approve_refund", refund_request=request, lines=one, restock=False)
    with pytest.raises(MoreThanRequested):
        await home("approve_refund", refund_request=request, lines=[{"sku": MUG, "quantity": 3}], restock=False)
    with pytest.raises(MoreThanItCost):
        await home("approve_refund", refund_request=request, amount=99999, restock=False)
    with pytest.raises(DeliveryStays):
        await home("approve_refund", refund_request=request, lines=one, delivery=True, restock=False, note="no")
    before, counted = await world.available(MUG), await sold(world)
    done = await home(
        "approve_refund", refund_request=request, lines=one, amount=500, restock=False, note="one is fine, one is used"
    )
    assert (done.given.amount, done.note, done.restock) == (500, "one is fine, one is used", False)
    assert (await world.available(MUG), await sold(world)) == (before, counted - 1)
    assert await world.findings() == []


async def test_a_rejected_request_keeps_its_reason_and_can_be_made_anew(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await arrived(each_world, ada)
    request = (await asked(ada, order, (MUG, 1))).refund_request
    no = await home("reject_refund", refund_request=request, reason="it was used")
    assert (no.status, no.note, no.given) == ("rejected", "it was used", None)
    shown = await ada("get_order", order=order.order)
    assert (shown.refunded.amount, shown.events[-1].reason) == (0, "it was used")
    assert (await asked(ada, order, (MUG, 1))).status == "pending"
    assert await each_world.findings() == []


async def test_one_request_is_open_for_a_part_however_many_are_made_at_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await arrived(each_world, ada)
    made = await asyncio.gather(*(asked(ada, order, (MUG, 1)) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(m, RefundAlreadyRequested) for m in made) == 4, made
    assert (await asked(ada, order, (BAG, 1))).merchant == TRAIL
    assert len((await ada("list_refund_requests", status="pending")).items) == 2
    assert await each_world.findings() == []


async def test_three_a_minute_and_the_fourth_a_minute_later(each_world: World) -> None:
    ada = await each_world.sign_in()
    orders = [await arrived(each_world, ada) for _ in range(4)]
    made = await asyncio.gather(*(asked(ada, order) for order in orders), return_exceptions=True)
    assert sum(isinstance(m, TooManyRefundRequests) for m in made) == 1, made
    late = orders[next(i for i, m in enumerate(made) if isinstance(m, Exception))]
    each_world.clock.move(seconds=61)
    assert (await asked(ada, late)).status == "pending"
    assert await each_world.findings() == []


async def test_a_request_that_nobody_reviews_ends_and_can_be_made_anew(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await arrived(each_world, ada)
    first, second = await asked(ada, order, (MUG, 1)), await asked(ada, order, (BAG, 1))
    each_world.clock.move(days=3)
    assert [r.age_days for r in (await home("list_refund_reviews", status="pending")).items] == [3]
    each_world.clock.move(days=12)
    with pytest.raises(RefundRequestClosed):
        await home("approve_refund", refund_request=first.refund_request, restock=True)
    assert (await asked(ada, order, (MUG, 1))).status == "pending"
    await run_jobs(each_world.shop)
    ended = [await ada("get_refund_request", refund_request=r.refund_request) for r in (first, second)]
    assert [r.status for r in ended] == ["expired", "expired"]
    assert await each_world.findings() == []


async def test_only_what_was_shipped_and_not_long_ago_can_be_sent_back(world: World) -> None:
    ada, home = await world.sign_in(), await world.merchant()
    unpaid, paid = await ada.buy(), await two_parts(ada)
    for order in (unpaid, paid):
        with pytest.raises(NotYetReturnable):
            await asked(ada, order, (MUG, 1))
        with pytest.raises(NotYetReturnable):
            await asked(ada, order)
    await home("ship_fulfillment", fulfillment=await part_of(home, paid), **SENT)
    with pytest.raises(NotYetReturnable):
        await asked(ada, paid, (BAG, 1))
    with pytest.raises(NothingToReturn):
        await asked(ada, paid, (MUG, 3))
    await ada("confirm_receipt", order=paid.order)
    world.clock.move(days=30)
    with pytest.raises(ReturnWindowOver):
        await asked(ada, paid, (MUG, 1))


async def test_goodwill_gives_money_without_goods_and_never_more_than_the_part_cost(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    before = await each_world.available(MUG)
    order = await arrived(each_world, ada)
    part = await part_of(home, order)
    cost = line(order, MUG).total.amount + next(f.price.amount for f in order.fulfillments if f.fulfillment == part)
    gave = await home("refund_fulfillment", fulfillment=part, amount=500, reason="it came late")
    assert (gave.kind, gave.status, gave.given.amount) == ("goodwill", "approved", 500)
    more = [home("refund_fulfillment", fulfillment=part, amount=cost - 900, reason="again") for _ in range(3)]
    outcomes = await asyncio.gather(*more, return_exceptions=True)
    assert sum(isinstance(o, MoreThanItCost) for o in outcomes) == 2, outcomes
    [mine] = [r for r in (await ada("list_refund_requests")).items if r.given.amount == 500]
    assert mine.reason == "it came late"
    request = await asked(ada, order, (MUG, 2))
    assert request.amount.amount == 400
    await home("approve_refund", refund_request=request.refund_request, restock=True)
    assert (await ada("get_order", order=order.order)).refunded.amount == cost
    assert await each_world.available(MUG) == before
    assert await each_world.findings() == []


async def test_requests_of_others_do_not_exist(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    home, trail = await world.merchant(), await world.merchant(TRAIL)
    order = await arrived(world, ada)
    request = (await asked(ada, order, (MUG, 1))).refund_request
    part = await part_of(home, order)
    for id in (request, "rfr_01AAAAAAAAAAAAAAAAAAAAAAAA"):
        for who in (bob, trail):
            for operation in ("get_refund_request", "withdraw_refund_request"):
                with pytest.raises(RefundRequestNotFound):
                    await who(operation, refund_request=id)
        with pytest.raises(RefundRequestNotFound):
            await trail("approve_refund", refund_request=id, restock=True)
        with pytest.raises(RefundRequestNotFound):
            await trail("reject_refund", refund_request=id, reason="mine")
    with pytest.raises(RefundRequestNotFound):
        await home("withdraw_refund_request", refund_request=request)
    with pytest.raises(FulfillmentNotFound):
        await trail("refund_fulfillment", fulfillment=part, amount=1, reason="mine")
    with pytest.raises(OrderNotFound):
        await bob("request_refund", order=order.order, reason="mine")
    with pytest.raises(MerchantsOnly):
        await ada("approve_refund", refund_request=request, restock=True)
    assert (await trail("list_refund_reviews")).items == []
    assert (await bob("list_refund_requests")).items == []
    assert (await ada("withdraw_refund_request", refund_request=request)).status == "withdrawn"
    told = (await home("get_refund_request", refund_request=request)).model_dump_json()
    assert ada.caller.account not in told
    assert await world.findings() == []


async def test_a_shopper_who_is_a_merchant_does_not_review_for_another(world: World) -> None:
    trail = await world.merchant(TRAIL)
    await trail("add_address", **ADDRESS)
    order = await arrived(world, trail)
    request = (await asked(trail, order, (MUG, 1))).refund_request
    with pytest.raises(Refusal) as refused:
        await trail("approve_refund", refund_request=request, restock=True)
    assert isinstance(refused.value, RefundRequestNotFound)
