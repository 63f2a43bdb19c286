"""Placing, paying, cancelling and expiring orders, on every database."""

import asyncio

import pytest

from commerce.checkout.refusals import CheckoutChanged, CheckoutClosed, CheckoutExpired, CheckoutIncomplete
from commerce.errors import Refusal
from commerce.inventory.refusals import OutOfStock
from commerce.jobs import run_jobs
from commerce.orders.refusals import OrderExpired, OrderNotCancellable, OrderNotFound, OrderNotPayable
from commerce.payments.refusals import PaymentDeclined, PaymentInProgress, PaymentNeedsAction
from tests.worlds import Shopper, World


async def test_placing_with_a_method_pays_and_takes_the_goods(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available("MUG-RED-350")
    order = await ada.buy(quantity=2, coupon_codes=["welcome10"], payment_method=await ada.method("tok_succeeds"))
    assert (order.status, order.payment.status) == ("paid", "captured")
    totals = {t.type: t.amount for t in order.totals}
    assert totals == {"subtotal": 2598, "discount": -260, "fulfillment": 499, "total": 2837}
    assert await each_world.available("MUG-RED-350") == before - 2
    assert (await ada("view_cart")).items == []
    assert [event.type for event in order.events] == ["placed", "paid"]
    assert await each_world.findings() == []


async def test_placing_without_a_method_waits_and_holds_the_goods(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available("MUG-RED-350")
    order = await ada.buy(quantity=2)
    assert (order.status, order.payment) == ("awaiting_payment", None)
    assert await each_world.available("MUG-RED-350") == before - 2
    paid = await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    assert paid.status == "paid"
    assert await each_world.available("MUG-RED-350") == before - 2
    assert await each_world.findings() == []


async def test_what_placing_answers_is_what_can_be_read_of_the_order(each_world: World) -> None:
    shopper = await each_world.sign_in()
    await shopper("add_to_cart", sku="MUG-BLU-350", quantity=2)
    placed = await shopper.buy(coupon_codes=["WELCOME10"])
    assert len(placed.lines) == 2
    assert placed == await shopper("get_order", order=placed.order)


async def test_cancelling_gives_back_money_goods_and_coupon(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available("MUG-RED-350")
    method = await ada.method("tok_succeeds")
    order = await ada.buy(quantity=2, coupon_codes=["WELCOME10"], payment_method=method)
    cancelled = await ada("cancel_order", order=order.order, reason="changed my mind")
    assert (cancelled.status, cancelled.payment.status) == ("cancelled", "refunded")
    assert cancelled.payment.amount == order.total
    assert await each_world.available("MUG-RED-350") == before
    again = await ada.buy(quantity=2, coupon_codes=["WELCOME10"], payment_method=method)
    assert again.coupon_codes == ["WELCOME10"]
    assert await each_world.findings() == []


async def test_a_cancelled_order_can_be_neither_paid_nor_cancelled_again(world: World) -> None:
    ada = await world.sign_in()
    order = await ada.buy()
    await ada("cancel_order", order=order.order)
    with pytest.raises(OrderNotPayable):
        await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    with pytest.raises(OrderNotCancellable):
        await ada("cancel_order", order=order.order)
    assert await world.findings() == []


async def test_a_declined_payment_leaves_the_order_waiting(each_world: World) -> None:
    ada = await each_world.sign_in()
    declines = await ada.method("tok_declines")
    order = await ada.buy(payment_method=declines)
    assert (order.status, order.payment.status) == ("awaiting_payment", "declined")
    assert [m.code for m in order.messages] == ["payment_declined"]
    with pytest.raises(PaymentDeclined):
        await ada("pay_order", order=order.order, payment_method=declines)
    paid = await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    assert paid.status == "paid"
    assert await each_world.findings() == []


async def test_a_lost_answer_is_asked_for_again_and_nothing_is_charged_twice(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_times_out"))
    assert (order.status, order.payment.status) == ("awaiting_payment", "processing")
    with pytest.raises(PaymentInProgress):
        await ada("cancel_order", order=order.order)
    with pytest.raises(PaymentInProgress):
        await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    each_world.clock.move(minutes=30)
    await run_jobs(each_world.shop)
    await run_jobs(each_world.shop)
    healed = await ada("get_order", order=order.order)
    assert (healed.status, healed.payment.status) == ("paid", "captured")
    assert await each_world.findings() == []


async def test_a_second_step_is_finished_at_the_provider(world: World) -> None:
    ada = await world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_needs_action"))
    assert order.payment.status == "requires_action"
    with pytest.raises(PaymentNeedsAction, match="second step"):
        await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    await world.shop.gateway.finish_action(order.payment.payment, approve=True)  # type: ignore[attr-defined]
    world.clock.move(seconds=10)
    await run_jobs(world.shop)
    assert (await ada("get_order", order=order.order)).status == "paid"
    assert await world.findings() == []


async def test_cancelling_during_a_second_step_voids_it_and_a_late_capture_is_refunded(world: World) -> None:
    ada = await world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_needs_action"))
    cancelled = await ada("cancel_order", order=order.order)
    assert (cancelled.status, cancelled.payment.status) == ("cancelled", "voided")
    late = await ada.buy(payment_method=await ada.method("tok_needs_action"))
    await world.shop.gateway.finish_action(late.payment.payment, approve=True)  # type: ignore[attr-defined]
    back = await ada("cancel_order", order=late.order)
    assert (back.status, back.payment.status) == ("cancelled", "refunded")
    assert await world.findings() == []


async def test_unpaid_orders_expire_and_their_goods_return_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    before = await each_world.available("MUG-RED-350")
    order = await ada.buy(quantity=3, coupon_codes=["WELCOME10"])
    each_world.clock.move(minutes=11)
    with pytest.raises(OrderExpired):
        await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(3)))
    assert (await ada("get_order", order=order.order)).status == "cancelled"
    assert await each_world.available("MUG-RED-350") == before
    assert await each_world.findings() == []


async def test_paying_and_cancelling_at_once_ends_in_one_of_the_two(each_world: World) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("tok_succeeds")
    for _ in range(4):
        order = await ada.buy()
        pay = ada("pay_order", order=order.order, payment_method=method)
        outcomes = await asyncio.gather(pay, ada("cancel_order", order=order.order), return_exceptions=True)
        assert any(not isinstance(outcome, Refusal) for outcome in outcomes)
        assert (await ada("get_order", order=order.order)).status in {"paid", "cancelled"}
        assert await each_world.findings() == []


async def test_placing_a_checkout_twice_at_once_makes_one_order(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await ada("create_checkout", payment_method=await ada.method("tok_succeeds"))
    placed = await asyncio.gather(*(ada("place_order", checkout=quoted.checkout) for _ in range(5)))
    assert len({order.order for order in placed}) == 1
    assert len((await ada("list_orders")).items) == 1
    assert await each_world.findings() == []


async def test_placing_refuses_with_what_changed(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await ada("create_checkout")
    await world.set_price("MUG-RED-350", 1599)
    with pytest.raises(CheckoutChanged, match=r"MUG-RED-350 was \$12\.99 and is \$15\.99"):
        await ada("place_order", checkout=quoted.checkout)
    renewed = await ada("update_checkout", checkout=quoted.checkout)
    assert [m.code for m in renewed.messages] == ["price_changed"]
    order = await ada("place_order", checkout=quoted.checkout)
    assert order.total.amount == 1599 + 499
    assert await world.findings() == []


async def test_placing_refuses_what_another_shopper_took_meanwhile(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    for shopper in (ada, bob):
        await shopper("add_to_cart", sku="MUG-RED-500", quantity=2)
    quoted = await ada("create_checkout")
    await bob.buy("MUG-RED-500", quantity=1)
    with pytest.raises(CheckoutChanged, match="Only 0 of MUG-RED-500 are left; 2 asked"):
        await ada("place_order", checkout=quoted.checkout)
    assert await world.findings() == []


async def test_a_quote_ends(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    quoted = await ada("create_checkout")
    world.clock.move(minutes=31)
    with pytest.raises(CheckoutExpired):
        await ada("place_order", checkout=quoted.checkout)
    newer = await ada("create_checkout")
    with pytest.raises(CheckoutClosed):
        await ada("place_order", checkout=quoted.checkout)
    assert (await ada("place_order", checkout=newer.checkout)).status == "awaiting_payment"


async def test_orders_of_others_do_not_exist(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    order = await ada.buy()
    for operation in ("get_order", "cancel_order"):
        with pytest.raises(OrderNotFound):
            await bob(operation, order=order.order)
    with pytest.raises(OrderNotFound):
        await bob("pay_order", order=order.order, payment_method=await bob.method("tok_succeeds"))


async def _try_to_buy(shopper: Shopper, sku: str) -> bool:
    try:
        await shopper.buy(sku, payment_method=await shopper.method("tok_succeeds"))
    except (OutOfStock, CheckoutChanged, CheckoutIncomplete):
        return False
    return True


async def test_many_buyers_get_exactly_what_there_is(each_world: World) -> None:
    buyers = [await each_world.customer() for _ in range(12)]
    sold = await asyncio.gather(*(_try_to_buy(buyer, "MUG-RED-500") for buyer in buyers))
    assert sum(sold) == 3
    assert await each_world.available("MUG-RED-500") == 0
    assert await each_world.findings() == []


async def test_crossing_baskets_do_not_block_each_other(each_world: World) -> None:
    skus = ["MUG-RED-350", "MUG-BLU-350"]

    async def buy_both(shopper: Shopper, order: list[str]) -> None:
        for sku in order:
            await shopper("add_to_cart", sku=sku, quantity=1)
        await shopper("place_order", checkout=(await shopper("create_checkout")).checkout)

    buyers = [await each_world.customer() for _ in range(8)]
    await asyncio.gather(*(buy_both(buyer, skus[:: 1 if i % 2 else -1]) for i, buyer in enumerate(buyers)))
    assert await each_world.available("MUG-BLU-350") == 18 - 8
    assert await each_world.findings() == []
