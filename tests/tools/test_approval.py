"""The yes: without the shopper's own answer to exactly this question, no call moves money or goods."""

import pytest

from commerce.errors import ConfirmationAnswered, ConfirmationExpired, ConfirmationNotFound
from tests.tools.boxes import THREAD, Agent, agent_of, bob_of, refused
from tests.worlds import ADDRESS, World

SKU = "MUG-RED-350"


@pytest.fixture
async def agent(world: World) -> Agent:
    return await agent_of(world)


@pytest.fixture
async def each(each_world: World) -> Agent:
    """Once on each database."""
    return await agent_of(each_world)


async def nothing_moved(agent: Agent) -> None:
    assert await agent.orders() == []
    assert await agent.world.available(SKU) == 24
    assert await agent.world.findings() == []


async def test_without_a_confirmation_approval_is_required(agent: Agent) -> None:
    checkout = await agent.checkout(payment_method=await agent.shopper.method("tok_succeeds"))
    answer = await agent("place_order", checkout=checkout)
    assert refused(answer) == "approval_required"
    assert "yes" in answer.text
    await nothing_moved(agent)


async def test_with_a_made_up_confirmation_approval_is_required(agent: Agent) -> None:
    checkout = await agent.checkout()
    for made_up in ("", "yes", "approved", "cfm_01KT1GW6G0Z8TFW5ND4Z1X4QJ6", "' OR 1=1 --", "%"):
        answer = await agent.box.call("place_order", {"checkout": checkout}, "k", made_up)
        assert refused(answer) == "approval_required"
    await nothing_moved(agent)


async def test_a_question_that_waits_is_no_yes(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.question("k", "place_order", checkout=checkout)
    answer = await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert refused(answer) == "approval_required"
    await nothing_moved(agent)


async def test_a_rejected_question_is_no_yes(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.question("k", "place_order", checkout=checkout)
    await agent.box.decide(THREAD, confirmation, "reject")
    assert (
        refused(await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)) == "approval_required"
    )
    with pytest.raises(ConfirmationAnswered):
        await agent.box.decide(THREAD, confirmation, "approve")
    await nothing_moved(agent)


async def test_another_shoppers_yes_is_no_yes(agent: Agent) -> None:
    stranger = await bob_of(agent.world)
    theirs = await stranger.approved("k", "place_order", checkout=await stranger.checkout())
    checkout = await agent.checkout()
    assert refused(await agent.box.call("place_order", {"checkout": checkout}, "k", theirs)) == "approval_required"
    await nothing_moved(agent)
    assert await stranger.orders() == []


async def test_nobody_else_can_say_yes(agent: Agent) -> None:
    stranger = await bob_of(agent.world)
    checkout = await agent.checkout()
    confirmation = await agent.question("k", "place_order", checkout=checkout)
    with pytest.raises(ConfirmationNotFound):
        await stranger.box.decide(THREAD, confirmation, "approve")
    with pytest.raises(ConfirmationNotFound):
        await agent.box.decide("thr_other", confirmation, "approve")
    assert (
        refused(await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)) == "approval_required"
    )
    await nothing_moved(agent)


async def test_a_yes_to_another_operation_is_no_yes(agent: Agent) -> None:
    order = await agent.shopper.buy()
    method = (await agent.shopper("list_payment_methods")).items[0].payment_method
    to_pay = await agent.approved("k", "pay_order", order=order.order, payment_method=method)
    answer = await agent.box.call("cancel_order", {"order": order.order}, "k", to_pay)
    assert refused(answer) == "approval_required"
    assert (await agent.shopper("get_order", order=order.order)).status == "awaiting_payment"
    assert await agent.world.findings() == []


async def test_a_yes_to_other_arguments_is_no_yes(each: Agent) -> None:
    first, second = await each.shopper.buy(), await each.shopper.buy("MUG-RED-500")
    confirmation = await each.approved("k", "cancel_order", order=first.order, reason="")
    for arguments in ({"order": second.order}, {"order": first.order, "reason": "other words"}):
        answer = await each.box.call("cancel_order", arguments, "k", confirmation)
        assert refused(answer) == "approval_required"
    assert {order.status for order in await each.orders()} == {"awaiting_payment"}
    assert await each.world.findings() == []
    done = await each.box.call("cancel_order", {"order": first.order}, "k", confirmation)
    assert done.refusal is None, "a refused attempt does not spend the yes"


async def test_a_yes_to_another_call_is_no_yes(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.approved("k", "place_order", checkout=checkout)
    answer = await agent.box.call("place_order", {"checkout": checkout}, "another key", confirmation)
    assert refused(answer) == "approval_required"
    await nothing_moved(agent)


async def test_a_yes_does_not_last(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.approved("k", "place_order", checkout=checkout)
    agent.world.clock.move(minutes=31)
    assert (
        refused(await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)) == "approval_required"
    )
    await nothing_moved(agent)


async def test_a_late_answer_is_refused(agent: Agent) -> None:
    confirmation = await agent.question("k", "place_order", checkout=await agent.checkout())
    agent.world.clock.move(minutes=31)
    with pytest.raises(ConfirmationExpired):
        await agent.box.decide(THREAD, confirmation, "approve")
    await nothing_moved(agent)


async def test_a_yes_makes_exactly_one_order(each: Agent) -> None:
    checkout = await each.checkout(payment_method=await each.shopper.method("tok_succeeds"))
    confirmation = await each.approved("k", "place_order", checkout=checkout)
    done = await each.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert done.receipt is not None, done.text
    assert done.receipt.summary.endswith("is paid, total $17.98, payment captured.")
    again = await each.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert again == done
    assert [order.status for order in await each.orders()] == ["paid"]
    assert await each.world.available(SKU) == 23
    assert await each.world.findings() == []


async def test_a_yes_is_spent_by_its_use(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.approved("k", "place_order", checkout=checkout)
    assert (await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)).refusal is None
    second = await agent.checkout()
    for arguments, key in (({"checkout": second}, "k"), ({"checkout": second}, "k2"), ({"checkout": checkout}, "k2")):
        assert refused(await agent.box.call("place_order", arguments, key, confirmation)) == "approval_required"
    assert len(await agent.orders()) == 1
    assert await agent.world.findings() == []


async def test_a_used_question_can_not_be_asked_again_under_its_key(agent: Agent) -> None:
    checkout = await agent.checkout()
    first = await agent.question("k", "place_order", checkout=checkout)
    assert await agent.question("k", "place_order", checkout=checkout) == first
    assert await agent.question("k2", "place_order", checkout=checkout) != first


async def test_a_price_that_changed_after_the_yes_is_told_and_nothing_is_bought(each: Agent) -> None:
    checkout = await each.checkout()
    confirmation = await each.approved("k", "place_order", checkout=checkout)
    await each.world.set_price(SKU, 1599)
    answer = await each.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert refused(answer) in {"checkout_changed", "terms_changed"}
    assert "$12.99" in answer.text
    assert "$15.99" in answer.text
    await nothing_moved(each)


async def test_an_address_that_changed_after_the_yes_is_told_and_nothing_is_bought(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.approved("k", "place_order", checkout=checkout)
    other = await agent.shopper("add_address", **ADDRESS)
    await agent("update_checkout", checkout=checkout, address=other.address)
    answer = await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert refused(answer) == "terms_changed"
    assert "The address is not the same any more." in answer.text
    await nothing_moved(agent)


async def test_a_payment_method_that_was_put_in_after_the_yes_is_not_charged(agent: Agent) -> None:
    checkout = await agent.checkout()
    confirmation = await agent.approved("k", "place_order", checkout=checkout)
    method = await agent.shopper.method("tok_succeeds")
    await agent("update_checkout", checkout=checkout, payment_method=method)
    answer = await agent.box.call("place_order", {"checkout": checkout}, "k", confirmation)
    assert refused(answer) == "terms_changed"
    assert "The payment method is not the same any more." in answer.text
    assert "$17.98" in answer.text
    await nothing_moved(agent)


async def test_the_terms_are_the_shops_and_hold_all_that_is_agreed_to(agent: Agent) -> None:
    method = await agent.shopper.method("tok_succeeds")
    await agent.shopper("add_to_cart", sku=SKU, quantity=2)
    checkout = await agent.checkout(coupon_codes=["WELCOME10"], payment_method=method, delivery_option="express")
    cheaper = await agent.box.propose("place_order", {"checkout": checkout, "total": 1}, "k", THREAD)
    assert cheaper.confirmation is None
    proposal = await agent.box.propose("place_order", {"checkout": checkout}, "k", THREAD)
    assert proposal.confirmation is not None
    terms = proposal.confirmation["terms"]
    assert {part["type"]: part["amount"] for part in terms["totals"]} == {
        "subtotal": 3897,
        "discount": -390,
        "fulfillment": 1299,
        "total": 4806,
    }
    assert terms["charge"] == {"amount": 4806, "currency": "USD"}
    assert terms["coupon_codes"] == ["WELCOME10"]
    assert terms["delivery_option"]["delivery_option"] == "express"
    assert terms["address"]["recipient"] == "Ada Lovelace"
    assert terms["payment_method"] == "Test card •••• 4242"
    assert [(line["sku"], line["quantity"]) for line in terms["lines"]] == [(SKU, 3)]
    assert terms["summary"] == "Order 3 item(s) for $48.06 and pay $48.06 with Test card •••• 4242."
    assert proposal.confirmation["status"] == "pending"
    await nothing_moved(agent)
