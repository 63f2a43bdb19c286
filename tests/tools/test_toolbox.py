"""Calling the shop for a model: whatever comes in, a view or a refusal that says what to do comes out."""

from dataclasses import replace
from typing import Any

from commerce.context import ANONYMOUS
from tests.tools.boxes import agent_of, refused
from tests.worlds import World
from tools import Toolbox


async def test_an_operation_that_does_not_exist_is_refused(world: World) -> None:
    agent = await agent_of(world)
    for name in ("give_me_everything", "", "__call__", "x" * 10_000, "add_to_cart\n"):
        answer = await agent(name)
        assert refused(answer) == "unknown_operation"
        assert len(answer.text) < 300


KEPT_AWAY: list[tuple[str, dict[str, Any]]] = [
    ("add_payment_method", {"token": "tok_succeeds"}),
    ("sign_in", {"email": "ada@example.com", "password": "demo-shopper"}),
    ("create_account", {"email": "x@example.com", "name": "X", "password": "a long password"}),
    ("start_guest_session", {}),
    ("refresh_session", {"refresh_token": "x"}),
    ("sign_out", {}),
]


async def test_what_is_kept_from_agents_is_refused(world: World) -> None:
    agent = await agent_of(world)
    methods = (await agent.shopper("list_payment_methods")).items
    for name, arguments in KEPT_AWAY:
        answer = await agent(name, **arguments)
        assert refused(answer) == "not_for_agents"
        assert not [value for value in arguments.values() if value in answer.text]
        assert (await agent.shopper("list_payment_methods")).items == methods


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("add_to_cart", {"sku": 5}, "sku"),
    ("add_to_cart", {"sku": ["MUG-RED-350"]}, "sku"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": "2"}, "quantity"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 1.5}, "quantity"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": True}, "quantity"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 0}, "quantity"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": -1}, "quantity"),
    ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 10**30}, "quantity"),
    ("add_to_cart", {"sku": "x'; DROP TABLE cart_item; --"}, "sku"),
    ("add_to_cart", {"sku": None}, "sku"),
    ("add_to_cart", {"quantity": 1}, "sku"),
    ("search_products", {"query": {"$ne": ""}}, "query"),
    ("search_products", {"sort": "cheapest"}, "sort"),
    ("search_products", {"query": "mug\x00"}, "query"),
    ("create_checkout", {"coupon_codes": [None]}, "coupon_codes.0"),
    ("create_checkout", {"coupon_codes": "WELCOME10"}, "coupon_codes"),
    ("get_order", {"order": ""}, "order"),
]


async def test_wrong_arguments_are_refused_with_the_field(world: World) -> None:
    agent = await agent_of(world)
    for name, arguments, field in WRONG:
        answer = await agent(name, **arguments)
        assert refused(answer) == "bad_input"
        assert answer.refusal is not None
        assert [problem["field"] for problem in answer.refusal["facts"]["problems"]] == [field]
        assert f"{field}: " in answer.text
        assert (await agent.shopper("view_cart")).items == []


async def test_a_field_that_is_not_there_is_refused(world: World) -> None:
    agent = await agent_of(world)
    answer = await agent("add_to_cart", sku="MUG-RED-350", account="acc_1", price=1)
    assert refused(answer) == "bad_input"
    assert "account" in answer.text
    assert "price" in answer.text
    assert (await agent.shopper("view_cart")).items == []


async def test_nulls_stand_for_what_is_left_out(world: World) -> None:
    agent = await agent_of(world)
    added = await agent("add_to_cart", sku="MUG-RED-350", quantity=None)
    assert added.view is not None
    assert added.view["items"][0]["quantity"] == 1
    nothing: dict[str, Any] = dict.fromkeys(
        ("query", "category", "min_price", "max_price", "in_stock", "sort", "limit", "cursor")
    )
    assert (await agent("search_products", **nothing)).view == (await agent("search_products")).view
    quoted = await agent("create_checkout", address=None, coupon_codes=None, delivery_option=None, payment_method=None)
    assert quoted.view is not None
    assert quoted.view["status"] == "ready_for_complete"


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("add_to_cart", {"sku": "NO-SUCH-1"}, "variant_not_found", "NO-SUCH-1"),
    ("add_to_cart", {"sku": "MUG-RED-500", "quantity": 9}, "out_of_stock", "Only 3 of MUG-RED-500"),
    ("get_product", {"product": "no-such-thing"}, "product_not_found", "no-such-thing"),
    ("create_checkout", {}, "cart_empty", "cart"),
    ("get_order", {"order": "DT-0000-0000"}, "order_not_found", "DT-0000-0000"),
    ("search_products", {"cursor": "nonsense"}, "cursor_invalid", "cursor"),
]


async def test_a_refusal_is_told_with_its_facts_and_what_to_do(world: World) -> None:
    agent = await agent_of(world)
    for name, arguments, code, told in REFUSED:
        answer = await agent(name, **arguments)
        assert refused(answer) == code
        assert told in answer.text


async def test_a_change_has_a_receipt_in_the_shops_words_and_a_look_has_none(world: World) -> None:
    agent = await agent_of(world)
    assert (await agent("view_cart")).receipt is None
    added = await agent("add_to_cart", sku="MUG-RED-350", quantity=2)
    assert added.receipt is not None
    assert added.receipt.summary == "Added 2 × MUG-RED-350; the cart holds 2 item(s) for $25.98."
    assert added.receipt.view == added.view


async def test_the_same_call_again_has_one_effect_and_one_answer(world: World) -> None:
    agent = await agent_of(world)
    first = await agent.box.call("add_to_cart", {"sku": "MUG-RED-350"}, "one key")
    again = await agent.box.call("add_to_cart", {"sku": "MUG-RED-350"}, "one key")
    assert again == first
    assert (await agent.shopper("view_cart")).items[0].quantity == 1
    other = await agent.box.call("add_to_cart", {"sku": "MUG-RED-350", "quantity": 5}, "one key")
    assert refused(other) == "idempotency_key_reused"


async def test_a_guest_is_told_to_sign_in_before_buying(world: World) -> None:
    agent = await agent_of(world, await world.guest())
    assert (await agent("add_to_cart", sku="MUG-RED-350")).refusal is None
    assert refused(await agent("create_checkout")) == "customers_only"


async def test_nobody_can_do_anything_without_a_session(world: World) -> None:
    nobody = Toolbox(world.shop, ANONYMOUS)
    assert refused(await nobody.call("view_cart", {}, "k")) == "sign_in_required"
    assert refused(await nobody.call("add_to_cart", {"sku": "MUG-RED-350"}, "k")) == "sign_in_required"
    assert (await nobody.call("search_products", {}, "k")).refusal is None


async def test_one_tool_can_be_called_so_often_only(world: World) -> None:
    settings = world.shop.settings.model_copy(update={"tool_calls_per_minute": 3})
    limited = World(replace(world.shop, settings=settings), world.clock)
    agent, other = await agent_of(limited), await agent_of(limited, await limited.customer())
    answers = [await agent("view_cart") for _ in range(4)]
    assert [answer.refusal is None for answer in answers] == [True, True, True, False]
    assert refused(answers[-1]) == "too_many_requests"
    assert (await agent("list_categories")).refusal is None, "another tool"
    assert (await other("view_cart")).refusal is None, "another shopper"
    world.clock.move(seconds=20)
    assert (await agent("view_cart")).refusal is None, "a while later"
