"""Giving money back: in parts, exactly once, and never more than was captured."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import text

from commerce.context import ANONYMOUS, Context
from commerce.errors import Refusal
from commerce.jobs import run_jobs
from commerce.payments.refunds import give_back, give_back_over, held
from commerce.payments.refusals import RefundTooLarge
from commerce.payments.settling import settle_order
from tests.gateways import with_bad_line
from tests.worlds import World


async def _give_back(world: World, order: str, amount: int) -> None:
    async with Context(world.shop, ANONYMOUS).writing() as ctx:
        await give_back(ctx, order, amount, "a scratch")


async def _settle(world: World, order: str) -> None:
    await settle_order(Context(world.shop, ANONYMOUS), order)


async def _refunds(world: World, order: str) -> list[tuple[int, str]]:
    async with world.shop.database.read() as db:
        of_it = text("SELECT amount, status FROM payment WHERE kind = 'refund' AND order_number = :o ORDER BY id")
        return [(row.amount, row.status) for row in await db.execute(of_it, {"o": order})]


async def _moved(world: World) -> int:
    async with world.shop.database.read() as db:
        given = await db.execute(text("SELECT COALESCE(SUM(amount), 0) FROM sandbox_charge WHERE kind = 'refund'"))
        return int(given.scalar_one())


async def test_parts_of_a_charge_are_given_back_one_by_one(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(quantity=2, payment_method=await ada.method("tok_succeeds"))
    await _give_back(each_world, order.order, 500)
    await _settle(each_world, order.order)
    await _give_back(each_world, order.order, 700)
    await run_jobs(each_world.shop)
    assert await _refunds(each_world, order.order) == [(500, "refunded"), (700, "refunding")]
    each_world.clock.move(seconds=6)
    await run_jobs(each_world.shop)
    assert await _refunds(each_world, order.order) == [(500, "refunded"), (700, "refunded")]
    assert (await ada("get_order", order=order.order)).status == "paid"
    assert await _moved(each_world) == 1200
    assert await each_world.findings(of_money_alone=True) == []


async def test_more_than_is_left_can_not_be_given_back(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    total = order.total.amount
    await _give_back(each_world, order.order, total - 100)
    with pytest.raises(RefundTooLarge, match=r"\$1\.01 can't be given back .* \$1\.00 of what was paid are left"):
        await _give_back(each_world, order.order, 101)
    await _settle(each_world, order.order)
    await _give_back(each_world, order.order, 100)
    with pytest.raises(RefundTooLarge):
        await _give_back(each_world, order.order, 1)
    await _settle(each_world, order.order)
    assert await _moved(each_world) == total
    assert await each_world.findings(of_money_alone=True) == []


async def test_many_at_once_never_give_back_more_than_was_captured(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    part = order.total.amount // 3

    async def one() -> bool:
        try:
            await _give_back(each_world, order.order, part)
        except Refusal:
            return False
        await _settle(each_world, order.order)
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(8)))) == 3
    assert await _moved(each_world) == 3 * part
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_refund_whose_answer_is_lost_is_not_made_twice(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    line.lost.add("refund")
    await _give_back(each_world, order.order, 300)
    await _settle(each_world, order.order)
    await asyncio.gather(*(_settle(each_world, order.order) for _ in range(3)))
    assert await _refunds(each_world, order.order) == [(300, "refunding")]
    line.lost.clear()
    each_world.clock.move(minutes=20)
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(2)))
    assert await _refunds(each_world, order.order) == [(300, "refunded")]
    assert await _moved(each_world) == 300
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_refund_that_the_provider_refuses_can_be_given_back_in_another_way(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    line.declined.add("refund")
    await _give_back(each_world, order.order, order.total.amount)
    await _settle(each_world, order.order)
    assert await _refunds(each_world, order.order) == [(order.total.amount, "failed")]
    assert "refund_failed" in [e.type for e in (await ada("get_order", order=order.order)).events]
    line.declined.clear()
    await _give_back(each_world, order.order, order.total.amount)
    await _settle(each_world, order.order)
    assert await _moved(each_world) == order.total.amount
    assert await each_world.findings(of_money_alone=True) == []


async def test_cancelling_after_a_partial_refund_gives_back_the_rest_only(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    await _give_back(each_world, order.order, 400)
    cancelled = await ada("cancel_order", order=order.order)
    assert cancelled.status == "cancelled"
    assert await _refunds(each_world, order.order) == [(400, "refunded"), (order.total.amount - 400, "refunded")]
    assert await each_world.findings(of_money_alone=True) == []


async def test_what_is_held_over_a_lowered_price_goes_back(world: World) -> None:
    ada = await world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    for _ in range(2):
        async with Context(world.shop, ANONYMOUS).writing() as ctx:
            await give_back_over(ctx, order.order, 1000, "a line was taken off")
            assert await held(ctx, order.order) == 1000
    assert await _refunds(world, order.order) == [(order.total.amount - 1000, "refunding")]


async def test_a_rolled_back_refund_leaves_nothing(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    with suppress(ZeroDivisionError):
        async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
            await give_back(ctx, order.order, 300, "a scratch")
            raise ZeroDivisionError
    await _settle(each_world, order.order)
    assert await _refunds(each_world, order.order) == []
    assert await each_world.findings(of_money_alone=True) == []
