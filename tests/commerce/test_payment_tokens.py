"""Payment tokens: one order, one person, one amount, one use."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.adapters.sandbox import SandboxGateway
from commerce.context import ANONYMOUS, Context
from commerce.errors import CustomersOnly, Refusal
from commerce.jobs import run_jobs
from commerce.orders.refusals import OrderExpired, OrderNotFound, OrderNotPayable
from commerce.payments.gateway_events import receive
from commerce.payments.refusals import (
    PaymentAmountChanged,
    PaymentDeclined,
    PaymentInProgress,
    PaymentTokenExpired,
    PaymentTokenNotFound,
    PaymentTokenUsed,
)
from tests.gateways import with_bad_line
from tests.worlds import Shopper, World


async def _order(shopper: Shopper, **more: Any) -> tuple[str, str]:
    """An unpaid order and a token for it."""
    order = (await shopper.buy(**more)).order
    return order, (await shopper("create_payment_token", order=order)).payment_token


async def _charges(world: World) -> list[str]:
    async with world.shop.database.read() as db:
        return [row.status for row in await db.execute(text("SELECT status FROM payment WHERE kind = 'charge'"))]


async def test_a_token_pays_its_order_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    order, token = await _order(ada)
    pays = {"order": order, "payment_token": token, "payment_method": await ada.method("tok_succeeds")}
    assert (await ada("pay_order_by_token", **pays)).status == "paid"
    with pytest.raises(OrderNotPayable):
        await ada("pay_order_by_token", **pays)
    assert await _charges(each_world) == ["captured"]
    assert await each_world.findings() == []


async def test_two_tokens_in_flight_never_charge_twice_or_sell_twice(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available("MUG-RED-350")
    order, first = await _order(ada)
    second = (await ada("create_payment_token", order=order)).payment_token
    method = await ada.method("tok_succeeds")

    async def pay(token: str) -> bool:
        try:
            await ada("pay_order_by_token", order=order, payment_token=token, payment_method=method)
        except (PaymentInProgress, OrderNotPayable, PaymentTokenUsed):
            return False
        return True

    assert sum(await asyncio.gather(*(pay(token) for token in (first, second) * 3))) == 1
    assert await _charges(each_world) == ["captured"]
    assert await each_world.available("MUG-RED-350") == before - 1
    async with each_world.shop.database.read() as db:
        transfers = await db.execute(text("SELECT COUNT(*) AS n FROM transfer WHERE type = 'payment'"))
        assert transfers.scalar_one() == 1
    assert await each_world.findings() == []


async def test_a_made_up_token_is_never_taken_for_a_real_one(world: World) -> None:
    ada = await world.sign_in()
    order, token = await _order(ada)
    method = await ada.method("tok_succeeds")
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for forged in (changed, token + "0", token.swapcase(), order * 3, f"{order}:9999999999" + "0" * 20):
        with pytest.raises(PaymentTokenNotFound):
            await ada("pay_order_by_token", order=order, payment_token=forged, payment_method=method)
    assert await _charges(world) == []


async def test_a_token_is_good_for_no_other_order_and_no_other_person(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    order, token = await _order(ada)
    other, _ = await _order(ada)
    method = await ada.method("tok_succeeds")
    with pytest.raises(PaymentTokenNotFound):
        await ada("pay_order_by_token", order=other, payment_token=token, payment_method=method)
    mine, _ = await _order(bob)
    paid = {"payment_token": token, "payment_method": await bob.method("tok_succeeds")}
    with pytest.raises(PaymentTokenNotFound):
        await bob("pay_order_by_token", order=mine, **paid)
    with pytest.raises(OrderNotFound):
        await bob("pay_order_by_token", order=order, **paid)
    with pytest.raises(OrderNotFound):
        await bob("create_payment_token", order=order)
    with pytest.raises(CustomersOnly):
        await (await world.guest())("create_payment_token", order=order)
    assert await _charges(world) == []


async def test_a_token_ends_after_fifteen_minutes_or_with_the_time_to_pay(world: World) -> None:
    ada = await world.sign_in()
    order, token = await _order(ada)
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE orders SET pay_until = '2026-06-01 13:00:00'"))
    later = (await ada("create_payment_token", order=order)).expires_at
    assert (later - world.clock()).total_seconds() == 15 * 60
    world.clock.move(minutes=12)
    method = await ada.method("tok_succeeds")
    with pytest.raises(PaymentTokenExpired):
        await ada("pay_order_by_token", order=order, payment_token=token, payment_method=method)
    world.clock.move(minutes=60)
    with pytest.raises(OrderExpired):
        await ada("pay_order_by_token", order=order, payment_token=token, payment_method=method)
    assert await _charges(world) == []


async def test_a_token_never_pays_another_amount_than_it_was_made_for(world: World) -> None:
    ada = await world.sign_in()
    order, token = await _order(ada)
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE orders SET total = total + 500"))
    with pytest.raises(PaymentAmountChanged, match=r"cost \$17\.98 when the payment token was made and costs \$22\.98"):
        await ada(
            "pay_order_by_token", order=order, payment_token=token, payment_method=await ada.method("tok_succeeds")
        )
    assert await _charges(world) == []


async def test_a_failed_payment_uses_the_token_up_and_leaves_the_order_to_be_paid(each_world: World) -> None:
    ada = await each_world.sign_in()
    order, token = await _order(ada)
    with pytest.raises(PaymentDeclined):
        await ada(
            "pay_order_by_token", order=order, payment_token=token, payment_method=await ada.method("tok_declines")
        )
    method = await ada.method("tok_succeeds")
    with pytest.raises(PaymentTokenUsed):
        await ada("pay_order_by_token", order=order, payment_token=token, payment_method=method)
    fresh = (await ada("create_payment_token", order=order)).payment_token
    paid = await ada("pay_order_by_token", order=order, payment_token=fresh, payment_method=method)
    assert paid.status == "paid"
    assert await each_world.findings() == []


async def test_a_refused_payment_does_not_use_the_token_up(world: World) -> None:
    ada = await world.sign_in()
    order, token = await _order(ada)
    with pytest.raises(Refusal):
        await ada("pay_order_by_token", order=order, payment_token=token, payment_method="pm_none")
    method = await ada.method("tok_succeeds")
    paid = await ada("pay_order_by_token", order=order, payment_token=token, payment_method=method)
    assert paid.status == "paid"


async def test_an_order_is_never_paid_before_the_money_moved(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    order, token = await _order(ada)
    line.cut.add("charge")
    view = await ada(
        "pay_order_by_token", order=order, payment_token=token, payment_method=await ada.method("tok_succeeds")
    )
    assert (view.status, view.payment.status) == ("awaiting_payment", "processing")
    line.cut.clear()
    each_world.clock.move(seconds=10)
    await run_jobs(each_world.shop)
    assert (await ada("get_order", order=order)).status == "paid"
    assert await each_world.findings() == []


async def test_a_charge_that_never_arrived_is_given_up_and_not_sent_too_late(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    line.cut.add("charge")
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    each_world.clock.move(minutes=11)
    await run_jobs(each_world.shop)
    assert (await ada("get_order", order=order.order)).payment.status == "processing"
    line.cut.clear()
    each_world.clock.move(minutes=30)
    for _ in range(2):
        await run_jobs(each_world.shop)
    view = await ada("get_order", order=order.order)
    assert (view.status, view.payment.status) == ("cancelled", "declined")
    assert line.calls.count("charge") == 1
    assert await each_world.findings() == []


async def test_money_that_arrives_after_all_goes_back(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_needs_action"))
    payment = order.payment.payment
    each_world.clock.move(minutes=11)
    await run_jobs(each_world.shop)
    assert (await ada("get_order", order=order.order)).status == "cancelled"
    async with each_world.shop.database.write() as db:  # the provider took it all the same
        await db.execute(text("UPDATE sandbox_charge SET status = 'captured', captured = amount"))
    sandbox = each_world.shop.gateway
    assert isinstance(sandbox, SandboxGateway)
    told = [sandbox.event_about(payment) for _ in range(3)]
    ctx = Context(each_world.shop, ANONYMOUS)
    await asyncio.gather(*(receive(ctx, "sandbox", *event) for event in told))
    view = await ada("get_order", order=order.order)
    assert [(p.kind, p.status) for p in view.payments] == [("charge", "captured"), ("refund", "refunded")]
    assert await each_world.findings() == []
