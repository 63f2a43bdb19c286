"""Saved payment methods: one default, and removed for good."""

import asyncio

import pytest
from sqlalchemy import text

from commerce.jobs import run_jobs
from commerce.payments.refusals import PaymentMethodNotFound
from tests.gateways import capturing_at_shipment, with_bad_line
from tests.worlds import Shopper, World


async def _methods(shopper: Shopper) -> list[tuple[str, bool]]:
    return [(m.payment_method, m.default) for m in (await shopper("list_payment_methods")).items]


async def test_there_is_one_default_whatever_happens_at_once(each_world: World) -> None:
    bob = await each_world.customer()
    await asyncio.gather(*(bob.method("tok_succeeds") for _ in range(4)))
    assert [default for _, default in await _methods(bob)] == [True, False, False, False]
    ids = [method for method, _ in await _methods(bob)]
    await asyncio.gather(*(bob("choose_default_payment_method", payment_method=method) for method in ids))
    assert [default for _, default in await _methods(bob)] == [True, False, False, False]
    await asyncio.gather(*(bob("remove_payment_method", payment_method=method) for method in ids[:2]))
    assert [default for _, default in await _methods(bob)] == [True, False]


async def test_a_removed_method_is_gone_for_everything(each_world: World) -> None:
    bob, ada = await each_world.customer(), await each_world.sign_in()
    method = await bob.method("tok_succeeds")
    for operation in ("remove_payment_method", "choose_default_payment_method"):
        with pytest.raises(PaymentMethodNotFound):
            await ada(operation, payment_method=method)
    assert (await bob("remove_payment_method", payment_method=method)).items == []
    order = await bob.buy()
    for operation in ("remove_payment_method", "choose_default_payment_method"):
        with pytest.raises(PaymentMethodNotFound):
            await bob(operation, payment_method=method)
    with pytest.raises(PaymentMethodNotFound):
        await bob("pay_order", order=order.order, payment_method=method)


async def test_the_provider_forgets_a_removed_method_when_nothing_needs_it(each_world: World) -> None:
    line = with_bad_line(each_world)
    capturing_at_shipment(each_world)
    bob = await each_world.customer()
    method = await bob.method("tok_succeeds")
    order = await bob.buy(payment_method=method)
    await bob("remove_payment_method", payment_method=method)
    await run_jobs(each_world.shop)
    assert "detach" not in line.calls
    await bob("cancel_order", order=order.order)
    line.cut.add("detach")
    await run_jobs(each_world.shop)
    line.cut.clear()
    await run_jobs(each_world.shop)
    assert line.calls.count("detach") == 1
    each_world.clock.move(minutes=11)
    await run_jobs(each_world.shop)
    async with each_world.shop.database.read() as db:
        kept = await db.execute(text("SELECT COUNT(*) AS n FROM payment_method WHERE id = :id"), {"id": method})
        assert kept.scalar_one() == 0
    assert await each_world.findings() == []
