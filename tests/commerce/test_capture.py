"""Charges that are authorised when the order is paid and captured when it is shipped."""

import asyncio

import pytest
from sqlalchemy import text

from commerce.context import ANONYMOUS, Context
from commerce.jobs import run_jobs
from commerce.payments.charges import capture
from commerce.payments.refunds import give_back
from commerce.payments.refusals import PaymentLost
from commerce.payments.settling import settle_order
from tests.gateways import capturing_at_shipment, with_bad_line
from tests.worlds import Shopper, World


async def _bought(world: World, token: str = "tok_succeeds") -> tuple[Shopper, str, int]:
    capturing_at_shipment(world)
    ada = await world.sign_in()
    order = await ada.buy(quantity=2, payment_method=await ada.method(token))
    return ada, order.order, order.total.amount


async def _ship(world: World, order: str) -> None:
    """What the shop does about the money when a part of an order is shipped."""
    async with Context(world.shop, ANONYMOUS).writing() as ctx:
        await capture(ctx, order)
    await settle_order(Context(world.shop, ANONYMOUS), order)


async def _provider(world: World, order: str) -> list[tuple[str, int]]:
    async with world.shop.database.read() as db:
        of_it = text(
            "SELECT status, captured FROM sandbox_charge WHERE charge IN "
            "(SELECT id FROM payment WHERE order_number = :o) ORDER BY kind, status"
        )
        return [(row.status, row.captured) for row in await db.execute(of_it, {"o": order})]


async def test_money_is_held_at_payment_and_taken_once_at_shipment(each_world: World) -> None:
    ada, order, total = await _bought(each_world)
    view = await ada("get_order", order=order)
    assert (view.status, view.payment.status) == ("paid", "authorized")
    assert await _provider(each_world, order) == [("authorized", 0)]
    assert await each_world.findings(of_money_alone=True) == []
    await asyncio.gather(*(_ship(each_world, order) for _ in range(3)))
    assert await _provider(each_world, order) == [("captured", total)]
    assert (await ada("get_order", order=order)).payment.status == "captured"
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_part_that_is_taken_off_before_shipment_is_never_captured(each_world: World) -> None:
    _ada, order, total = await _bought(each_world)
    async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
        await give_back(ctx, order, 1299, "a line was taken off")
    await _ship(each_world, order)
    assert await _provider(each_world, order) == [("captured", total - 1299)]
    async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
        await give_back(ctx, order, 100, "a scratch")
    await settle_order(Context(each_world.shop, ANONYMOUS), order)
    assert await _provider(each_world, order) == [("captured", total - 1299), ("refunded", 0)]
    assert await each_world.findings(of_money_alone=True) == []


async def test_cancelling_before_shipment_voids_and_refunds_nothing(each_world: World) -> None:
    ada, order, _total = await _bought(each_world)
    cancelled = await ada("cancel_order", order=order)
    assert (cancelled.status, cancelled.payment.status) == ("cancelled", "voided")
    assert await _provider(each_world, order) == [("voided", 0)]
    assert await each_world.findings(of_money_alone=True) == []


@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_a_capture_without_an_answer_is_asked_for_again(each_world: World, fault: str) -> None:
    line = with_bad_line(each_world)
    ada, order, total = await _bought(each_world)
    getattr(line, fault).add("capture")
    await _ship(each_world, order)
    assert (await ada("get_order", order=order)).payment.status == "capturing"
    async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
        await give_back(ctx, order, 100, "a scratch, told before the capture was known")
    await settle_order(Context(each_world.shop, ANONYMOUS), order)
    getattr(line, fault).clear()
    for _ in range(2):
        each_world.clock.move(minutes=11)
        await run_jobs(each_world.shop)
    assert await _provider(each_world, order) == [("captured", total), ("refunded", 0)]
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_void_without_an_answer_is_asked_for_again(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada, order, _total = await _bought(each_world)
    line.cut.add("void")
    await ada("cancel_order", order=order)
    assert await _provider(each_world, order) == [("authorized", 0)]
    line.cut.clear()
    each_world.clock.move(minutes=11)
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(2)))
    assert await _provider(each_world, order) == [("voided", 0)]
    assert await each_world.findings(of_money_alone=True) == []


async def test_goods_are_not_shipped_for_money_that_is_gone(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada, order, _total = await _bought(each_world)
    line.declined.add("capture")
    await _ship(each_world, order)
    view = await ada("get_order", order=order)
    assert (view.payment.status, view.events[-1].type) == ("lost", "payment_lost")
    with pytest.raises(PaymentLost):
        await _ship(each_world, order)


async def test_a_second_step_ends_in_an_authorisation(world: World) -> None:
    ada, order, total = await _bought(world, "tok_needs_action")
    payment = (await ada("get_order", order=order)).payment.payment
    await world.shop.gateway.finish_action(payment, approve=True)  # type: ignore[attr-defined]
    await settle_order(Context(world.shop, ANONYMOUS), order)
    assert (await ada("get_order", order=order)).payment.status == "authorized"
    await _ship(world, order)
    assert await _provider(world, order) == [("captured", total)]
    assert await world.findings() == []
