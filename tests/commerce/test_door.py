"""The one door: permission, idempotency, rollback, declarations."""

import asyncio
import sys
from typing import Any

import pytest
from sqlalchemy import text

from commerce.context import Context, Surface
from commerce.errors import IdempotencyKeyRequired, IdempotencyKeyReused, NotForAgents, StillRunning, all_refusals
from commerce.idempotency import release_all
from commerce.inventory.refusals import OutOfStock
from commerce.operation import Effect, operation
from commerce.operations import CATALOG
from commerce.orders.operations import place_order
from commerce.payments.refusals import PaymentDeclined
from commerce.views import Nothing, View
from tests.worlds import Shopper, World


async def test_the_same_key_has_one_effect_and_one_answer(each_world: World) -> None:
    ada = await each_world.sign_in()
    first = await ada("add_to_cart", sku="MUG-RED-350", quantity=2, key="once")
    second = await ada("add_to_cart", sku="MUG-RED-350", quantity=2, key="once")
    assert first == second
    assert (await ada("view_cart")).items[0].quantity == 2
    with pytest.raises(IdempotencyKeyReused):
        await ada("add_to_cart", sku="MUG-RED-350", quantity=3, key="once")


async def test_the_same_key_at_once_has_one_effect(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    checkout = (await ada("create_checkout", payment_method=await ada.method("tok_succeeds"))).checkout
    placing = (ada("place_order", checkout=checkout, key="once") for _ in range(10))
    answers = await asyncio.gather(*placing, return_exceptions=True)
    orders = [a for a in answers if not isinstance(a, StillRunning)]
    assert orders
    assert len({o.model_dump_json() for o in orders}) == 1  # type: ignore[union-attr]
    assert len((await ada("list_orders")).items) == 1
    assert await each_world.findings() == []


async def test_keys_belong_to_their_owner_and_their_resource(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1, key="k")
    assert (await bob("add_to_cart", sku="MUG-BLU-350", quantity=1, key="k")).items[0].sku == "MUG-BLU-350"
    await ada("add_to_cart", sku="MUG-BLU-350", quantity=1, key="k2")
    await ada("change_cart_item", sku="MUG-RED-350", quantity=2, key="k3")
    changed = await ada("change_cart_item", sku="MUG-BLU-350", quantity=3, key="k3")
    assert {i.sku: i.quantity for i in changed.items} == {"MUG-RED-350": 2, "MUG-BLU-350": 3}


async def test_a_refused_first_try_may_be_tried_again_and_a_charged_one_may_not(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    taken = await bob.buy("MUG-RED-500", quantity=3)
    with pytest.raises(OutOfStock):
        await ada("add_to_cart", sku="MUG-RED-500", quantity=1, key="k")
    await bob("cancel_order", order=taken.order)
    assert (await ada("add_to_cart", sku="MUG-RED-500", quantity=1, key="k")).items
    declines, order = await ada.method("tok_declines"), await ada.buy()
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            await ada("pay_order", order=order.order, payment_method=declines, key="pay")
    async with world.shop.database.read() as db:
        assert (await db.execute(text("SELECT count(*) FROM payment"))).scalar_one() == 1


async def test_keys_are_forgotten_after_a_day(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1, key="k")
    world.clock.move(hours=25)
    assert (await ada("add_to_cart", sku="MUG-RED-350", quantity=1, key="k")).items[0].quantity == 2


async def test_a_request_that_died_half_way_is_taken_over_by_its_key(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    checkout = (await ada("create_checkout", payment_method=await ada.method("tok_succeeds"))).checkout
    asked = place_order.parse({"checkout": checkout})
    ctx = Context(world.shop, ada.caller, key="k")
    await place_order._first_transaction(ctx, asked)  # and here its process dies
    with pytest.raises(StillRunning):
        await ada("place_order", checkout=checkout, key="k")
    world.clock.move(seconds=11)
    assert (await ada("place_order", checkout=checkout, key="k")).status == "paid"
    assert await world.findings() == []


async def test_a_restart_of_the_only_process_frees_what_the_last_one_was_at(world: World) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    checkout = (await ada("create_checkout", payment_method=await ada.method("tok_succeeds"))).checkout
    ctx = Context(world.shop, ada.caller, key="k")
    await place_order._first_transaction(ctx, place_order.parse({"checkout": checkout}))  # and here its process dies
    async with ctx.writing() as inside:
        await release_all(inside)
    assert (await ada("place_order", checkout=checkout, key="k")).status == "paid"
    assert await world.findings() == []


async def test_a_failing_handler_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    checkout = (await ada("create_checkout")).checkout

    async def out_of_paper(*_: Any, **_facts: Any) -> None:
        raise RuntimeError("the printer is out of paper")

    monkeypatch.setattr(sys.modules["commerce.orders.placing"], "note", out_of_paper)
    with pytest.raises(RuntimeError):
        await ada("place_order", checkout=checkout)
    monkeypatch.undo()
    assert (await ada("list_orders")).items == []
    assert await world.findings() == []
    assert (await ada("place_order", checkout=checkout)).status == "awaiting_payment"


async def test_moving_money_needs_a_key_and_agents_only_get_what_is_theirs(world: World) -> None:
    ada = await world.sign_in()
    with pytest.raises(IdempotencyKeyRequired):
        await place_order(Context(world.shop, ada.caller), place_order.parse({"checkout": "chk_1"}))
    agent = Shopper(world.shop, ada.caller, Surface.AGENT)
    with pytest.raises(NotForAgents):
        await agent("add_payment_method", token="tok_succeeds")


def test_declarations_are_checked_when_they_are_made() -> None:
    async def view_cart(ctx: Context, asked: Nothing) -> View:
        """Twice."""
        return View()

    async def give_away(ctx: Context, asked: Nothing) -> View:
        """A COMMIT without terms."""
        return View()

    with pytest.raises(TypeError, match="two operations"):
        operation(Effect.READ, "GET /twice")(view_cart)
    with pytest.raises(TypeError, match="terms"):
        operation(Effect.COMMIT, "POST /give-away")(give_away)


def test_every_operation_and_every_field_is_explained() -> None:
    for declared in CATALOG.values():
        assert len(declared.words) > 20, declared.name
        for name, field in declared.input.model_fields.items():
            if Surface.AGENT in declared.surfaces:
                assert field.description, f"{declared.name}.{name}"


def test_every_refusal_has_a_sentence_and_a_hint_from_its_facts() -> None:
    for code, kind in all_refusals().items():
        facts: dict[str, Any] = {
            name: ["x"] if "list" in str(kind_) else "x" for name, kind_ in kind.__annotations__.items()
        }
        if code == "bad_input":
            facts = {"problems": [{"field": "x", "problem": "is wrong"}]}
        refused = kind(**facts)
        assert str(refused).endswith((".", ":", "x")), code
        assert refused.advice.endswith("."), code
        assert "{" not in str(refused) + refused.advice
