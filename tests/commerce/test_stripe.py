"""Whole orders through Stripe's HTTP API, against a server that speaks it and goes wrong in every way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from commerce.adapters.gateway import BadSignature
from commerce.adapters.stripe import StripeGateway
from commerce.adapters.stripe_http import StripeHttp, from_stripe, to_stripe
from commerce.context import ANONYMOUS, Context
from commerce.jobs import run_jobs
from commerce.payments.charges import capture
from commerce.payments.gateway_events import receive
from commerce.payments.refunds import give_back
from commerce.payments.refusals import EventNotTrusted, PaymentDeclined, PaymentProviderAway, PaymentTokenRefused
from commerce.payments.settling import settle_order
from tests.gateways import capturing_at_shipment
from tests.stripe_server import KEY, WEBHOOK_SECRET, FakeStripe, fake_stripe
from tests.worlds import Shopper, World

RETURN = "http://shop.example"


@pytest.fixture
async def stripe(each_world: World) -> AsyncIterator[FakeStripe]:
    """The shop of `each_world`, with Stripe as its gateway."""
    clock = each_world.clock
    async with fake_stripe(clock) as server:
        gateway = StripeGateway(StripeHttp(KEY, server.url), WEBHOOK_SECRET, RETURN, clock)
        each_world.shop = replace(each_world.shop, gateway=gateway)
        yield server
        await gateway.close()


async def _buy(world: World, token: str = "pm_card_visa", **more: Any) -> tuple[Shopper, Any]:
    ada = await world.sign_in()
    return ada, await ada.buy(payment_method=await ada.method(token), **more)


async def _later(world: World, **by: float) -> None:
    """The worker comes by, twice at once."""
    world.clock.move(**by)
    await asyncio.gather(*(run_jobs(world.shop) for _ in range(2)))


async def _give_back(world: World, order: str, amount: int) -> None:
    async with Context(world.shop, ANONYMOUS).writing() as ctx:
        await give_back(ctx, order, amount, "a scratch")
    await settle_order(Context(world.shop, ANONYMOUS), order)


async def test_an_order_is_paid_and_given_back_in_parts(each_world: World, stripe: FakeStripe) -> None:
    ada, order = await _buy(each_world)
    total = order.total.amount
    assert (order.status, order.payment.status, order.payment.label) == ("paid", "captured", "Visa •••• 4242")
    assert stripe.asked == ["customer", "method", "create", "confirm"]
    await _give_back(each_world, order.order, 300)
    cancelled = await ada("cancel_order", order=order.order)
    assert [(p.amount.amount, p.status) for p in cancelled.payments if p.kind == "refund"] == [
        (300, "refunded"),
        (total - 300, "refunded"),
    ]
    assert (stripe.taken, stripe.given_back) == (total, total)
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_declined_card_says_why_and_the_order_still_waits(each_world: World, stripe: FakeStripe) -> None:
    ada, order = await _buy(each_world, "pm_card_declined")
    assert (order.status, order.payment.reason) == ("awaiting_payment", "Your card was declined.")
    with pytest.raises(PaymentDeclined, match=r"Your card was declined"):
        await ada("pay_order", order=order.order, payment_method=order_method(await ada("list_payment_methods")))
    paid = await ada("pay_order", order=order.order, payment_method=await ada.method("pm_card_visa"))
    assert paid.status == "paid"
    assert stripe.taken == order.total.amount
    assert await each_world.findings(of_money_alone=True) == []


def order_method(methods: Any) -> str:
    return str(next(m.payment_method for m in methods.items if m.label.endswith("0002")))


@pytest.mark.parametrize("approve", [True, False])
async def test_a_second_step_ends_at_the_bank(each_world: World, stripe: FakeStripe, approve: bool) -> None:
    ada, order = await _buy(each_world, "pm_card_secure")
    assert order.payment.status == "requires_action"
    assert order.payment.action_url == "https://hooks.stripe.com/3d_secure_2/hosted"
    stripe.finish_action(approve)
    [intent] = stripe.intents.values()
    await receive(Context(each_world.shop, ANONYMOUS), "stripe", *stripe.event("payment_intent.succeeded", intent))
    view = await ada("get_order", order=order.order)
    assert view.status == ("paid" if approve else "awaiting_payment")
    assert stripe.taken == (order.total.amount if approve else 0)
    assert await each_world.findings(of_money_alone=True) == []


FAULTS: list[dict[str, list[str | int]]] = [
    {"create": ["lost"]},
    {"create": ["cut"]},
    {"create": [409]},
    {"create": [429, 401]},
    {"confirm": ["lost"]},
    {"confirm": ["cut"]},
    {"confirm": [429]},
    {"confirm": ["lost"], "get": ["cut", 429, "lost"]},
]


@pytest.mark.parametrize("faults", FAULTS, ids=str)
async def test_a_lost_answer_is_asked_for_and_nothing_is_charged_twice(
    each_world: World, stripe: FakeStripe, faults: dict[str, list[str | int]]
) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("pm_card_visa")
    stripe.faults |= {what: list(how) for what, how in faults.items()}
    order = await ada.buy(payment_method=method)
    assert (order.status, order.payment.status) == ("awaiting_payment", "processing")
    for _ in range(5):
        await _later(each_world, minutes=1)
    assert (await ada("get_order", order=order.order)).status == "paid"
    assert stripe.taken == order.total.amount
    assert len(stripe.intents) == 1
    assert await each_world.findings(of_money_alone=True) == []


@pytest.mark.parametrize("what", ["create", "confirm"])
async def test_a_failure_that_stripe_repeats_for_ever_ends_and_the_order_can_be_paid(
    each_world: World, stripe: FakeStripe, what: str
) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("pm_card_visa")
    stripe.faults[what] = [500]
    order = await ada.buy(payment_method=method)
    assert order.payment.status == "processing"
    await _later(each_world, minutes=1)
    assert (await ada("get_order", order=order.order)).payment.status in {"declined", "voided"}
    assert (await ada("pay_order", order=order.order, payment_method=method)).status == "paid"
    assert stripe.taken == order.total.amount
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_charge_of_which_nobody_knows_any_more_is_searched_for(each_world: World, stripe: FakeStripe) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("pm_card_visa")
    stripe.faults = {"confirm": ["lost"]}
    order = await ada.buy(payment_method=method)
    async with each_world.shop.database.write() as db:  # the answer that told the intent's name was lost as well
        await db.execute(text("UPDATE payment SET reference = NULL"))
    stripe.keys.clear()
    await _later(each_world, hours=30)
    assert "search" in stripe.asked
    assert (await ada("get_order", order=order.order)).status == "paid"
    assert stripe.taken == order.total.amount
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_charge_that_was_never_sent_is_not_sent_late(each_world: World, stripe: FakeStripe) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("pm_card_visa")
    stripe.faults = {"create": ["cut", "cut", "cut"]}
    order = await ada.buy(payment_method=method)
    await _later(each_world, minutes=15)
    await _later(each_world, minutes=15)
    await _later(each_world, minutes=15)
    assert (await ada("get_order", order=order.order)).status == "cancelled"
    assert stripe.taken == 0
    assert await each_world.findings(of_money_alone=True) == []


@pytest.mark.parametrize("fault", ["lost", "cut", 429, 500])
async def test_money_is_captured_once_at_shipment_and_voided_otherwise(
    each_world: World, stripe: FakeStripe, fault: str | int
) -> None:
    capturing_at_shipment(each_world)
    ada, kept = await _buy(each_world, quantity=2)
    _, given_up = await _buy(each_world)
    assert (kept.payment.status, stripe.taken) == ("authorized", 0)
    await _give_back(each_world, kept.order, 500)
    stripe.faults = {"capture": [fault], "cancel": [fault], "get": [fault, fault]}
    async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
        await capture(ctx, kept.order)
    await settle_order(Context(each_world.shop, ANONYMOUS), kept.order)
    await ada("cancel_order", order=given_up.order)
    for _ in range(3):
        await _later(each_world, minutes=11)
    assert (await ada("get_order", order=kept.order)).payment.status == "captured"
    assert (await ada("get_order", order=given_up.order)).payment.status == "voided"
    assert stripe.taken == kept.total.amount - 500
    assert await each_world.findings(of_money_alone=True) == []


async def test_an_authorisation_that_ended_at_stripe_ends_the_order_before_it_ships(
    each_world: World, stripe: FakeStripe
) -> None:
    capturing_at_shipment(each_world)
    ada, order = await _buy(each_world)
    [intent] = stripe.intents.values()
    intent["status"] = "canceled"
    await receive(Context(each_world.shop, ANONYMOUS), "stripe", *stripe.event("payment_intent.canceled", intent))
    assert (await ada("get_order", order=order.order)).payment.status == "lost"
    await run_jobs(each_world.shop)
    assert (await ada("get_order", order=order.order)).status == "cancelled"
    assert await each_world.available("MUG-RED-350") == 24
    assert await each_world.findings(of_money_alone=True) == []


@pytest.mark.parametrize("fault", ["lost", "cut", 429, 500])
async def test_a_refund_is_made_once_whatever_is_lost(each_world: World, stripe: FakeStripe, fault: str | int) -> None:
    _ada, order = await _buy(each_world)
    stripe.faults = {"refund": [fault]}
    await _give_back(each_world, order.order, 400)
    stripe.keys.clear()  # a day goes by: Stripe forgets its keys, and not what it did
    await _later(each_world, hours=25)
    assert stripe.given_back == 400
    assert len(stripe.refunds) == 1
    assert await each_world.findings(of_money_alone=True) == []


async def test_a_refund_that_takes_days_and_one_that_comes_back(each_world: World, stripe: FakeStripe) -> None:
    ada, order = await _buy(each_world)
    stripe.refund_status = "pending"
    await _give_back(each_world, order.order, 400)
    assert (await ada("get_order", order=order.order)).payment.status == "refunding"
    [refund] = stripe.refunds.values()
    refund["status"] = "succeeded"
    tell = Context(each_world.shop, ANONYMOUS)
    await receive(tell, "stripe", *stripe.event("refund.updated", refund))
    assert (await ada("get_order", order=order.order)).payment.status == "refunded"
    assert await each_world.findings(of_money_alone=True) == []
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    for _ in range(2):
        await receive(tell, "stripe", *stripe.event("refund.failed", refund))
    view = await ada("get_order", order=order.order)
    assert [p.status for p in view.payments] == ["captured", "failed"]
    assert await each_world.findings(of_money_alone=True) == []
    stripe.refund_status = "succeeded"
    await _give_back(each_world, order.order, order.total.amount)
    assert await each_world.findings(of_money_alone=True) == []


async def test_events_in_any_order_and_any_number_lead_to_the_same_end(each_world: World, stripe: FakeStripe) -> None:
    ada, order = await _buy(each_world, "pm_card_secure")
    [intent] = stripe.intents.values()
    told = [stripe.event("payment_intent.requires_action", dict(intent))]
    stripe.finish_action(approve=True)
    told += [stripe.event("payment_intent.succeeded", dict(intent)), stripe.event("charge.succeeded", _charge(intent))]
    tell = Context(each_world.shop, ANONYMOUS)
    await asyncio.gather(*(receive(tell, "stripe", *event) for event in [*reversed(told), *told, *told]))
    view = await ada("get_order", order=order.order)
    assert (view.status, [e.type for e in view.events]) == ("paid", ["placed", "paid"])
    async with each_world.shop.database.read() as db:
        assert (await db.execute(text("SELECT COUNT(*) AS n FROM gateway_event"))).scalar_one() == len(told)
    asked = len(stripe.asked)
    await receive(tell, "stripe", *told[0])
    assert len(stripe.asked) == asked
    assert await each_world.findings(of_money_alone=True) == []


def _charge(intent: dict[str, Any]) -> dict[str, Any]:
    return {"id": "ch_1", "object": "charge", "payment_intent": intent["id"], "metadata": {}}


async def test_an_event_only_counts_when_stripe_signed_it_just_now(each_world: World, stripe: FakeStripe) -> None:
    ada, order = await _buy(each_world, "pm_card_secure")
    stripe.finish_action(approve=True)
    [intent] = stripe.intents.values()
    tell = Context(each_world.shop, ANONYMOUS)
    body, headers = stripe.event("payment_intent.succeeded", intent)
    wrong = [
        (body, {}),
        (body + b" ", headers),
        (body, {"stripe-signature": headers["stripe-signature"].replace("v1", "v0")}),
        (body, {"stripe-signature": "t=1,v1=" + "0" * 64}),
        (body, {"stripe-signature": headers["stripe-signature"].replace("t=", "t=1")}),
        stripe.event("payment_intent.succeeded", intent, secret="whsec_of_somebody_else"),
    ]
    for sent in wrong:
        with pytest.raises(EventNotTrusted):
            await receive(tell, "stripe", *sent)
    each_world.clock.move(minutes=6)
    with pytest.raises(EventNotTrusted):
        await receive(Context(each_world.shop, ANONYMOUS), "stripe", body, headers)
    assert (await ada("get_order", order=order.order)).payment.status == "requires_action"
    each_world.clock.move(minutes=-6)
    other = headers["stripe-signature"].partition(",")
    rolled = {"stripe-signature": f"{other[0]},v1={'0' * 64},{other[2]}"}
    await receive(Context(each_world.shop, ANONYMOUS), "stripe", body, rolled)
    assert (await ada("get_order", order=order.order)).status == "paid"


async def test_an_event_about_nothing_of_ours_is_answered_and_not_remembered(
    each_world: World, stripe: FakeStripe
) -> None:
    tell = Context(each_world.shop, ANONYMOUS)
    for about in ({"id": "pi_other", "object": "payment_intent", "metadata": {}}, {"id": None, "object": "balance"}):
        await receive(tell, "stripe", *stripe.event("payment_intent.succeeded", about))
    async with each_world.shop.database.read() as db:
        assert (await db.execute(text("SELECT COUNT(*) AS n FROM gateway_event"))).scalar_one() == 0
    with pytest.raises(BadSignature):
        each_world.shop.gateway.read_event(b"[]", {"stripe-signature": stripe.event("x", {})[1]["stripe-signature"]})


async def test_methods_are_attached_to_a_customer_and_forgotten(each_world: World, stripe: FakeStripe) -> None:
    ada = await each_world.sign_in()
    for token in ("pm_unknown", "tok_visa", "pm_../../refunds"):
        with pytest.raises(PaymentTokenRefused):
            await ada.method(token)
    stripe.faults = {"customer": ["cut"]}
    with pytest.raises(PaymentProviderAway):
        await ada.method("pm_card_visa")
    method = await ada.method("pm_card_visa")
    async with each_world.shop.database.read() as db:
        saved = await db.execute(text("SELECT token FROM payment_method WHERE id = :id"), {"id": method})
        assert saved.scalar_one().endswith(" pm_card_visa")
    await ada("remove_payment_method", payment_method=method)
    await run_jobs(each_world.shop)
    assert stripe.asked[-1] == "detach"


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        (1299, "USD", 1299),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (1250, "KWD", 1250),
        (1251, "KWD", None),
        (300, "MGA", 3),
        (310, "MGA", None),
    ],
)
def test_amounts_are_sent_in_stripes_minor_units(amount: int, currency: str, sent: int | None) -> None:
    assert to_stripe(amount, currency) == sent
    assert sent is None or from_stripe(sent, currency) == amount
