"""The planner as a chat model: streaming, tools, damaged histories, bounds."""

import time
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks

from agent.planner import Planner

from .stage import SHELF, planner, tool_message

LONG = [
    "a " * 2000,
    "買" * 4000,
    "add two and " * 330,
    "find, " * 660,
    "1" * 4000,
    "$9 " * 1300,
    "cancel order " * 300,
    "please " * 570,
    "的" * 4000,
    "-" * 4000,
    "how much " * 440,
    "the first the second " * 190,
    "((((" * 1000,
    "\n" * 4000,
]


def called(operation: str, arguments: dict[str, Any], number: int = 1) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": operation, "args": arguments, "id": f"call_{number}"}])


async def test_streamed_text_and_calls_are_those_of_the_answer() -> None:
    thread: list[BaseMessage] = [HumanMessage("buy MUG-RED-350")]
    thread += [
        called("add_to_cart", {"sku": "MUG-RED-350", "quantity": 1}),
        tool_message("call_1", "add_to_cart", SHELF["cart"]),
    ]
    thread += [called("list_payment_methods", {}, 2), tool_message("call_2", "list_payment_methods", SHELF["methods"])]
    thread += [
        called("create_checkout", {"payment_method": "pm_1"}, 3),
        tool_message("call_3", "create_checkout", SHELF["quote"]),
    ]
    chunks = [chunk async for chunk in planner().astream(thread) if isinstance(chunk, AIMessageChunk)]
    assert len(chunks) > 3
    whole = add_ai_message_chunks(*chunks)
    answer = await planner().ainvoke(thread)
    assert whole.content == answer.content != ""
    assert [(c["name"], c["args"]) for c in whole.tool_calls] == [("place_order", {"checkout": "chk_1"})]
    assert whole.usage_metadata == answer.usage_metadata
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] > 10


def test_it_says_what_it_is_and_works_without_a_loop() -> None:
    assert Planner()._llm_type == "planner"
    assert "find products" in str(Planner().invoke([SystemMessage("be kind"), HumanMessage("sing me a song")]).content)


def test_without_tools_it_only_talks() -> None:
    for text in ("find a mug", "checkout", "buy MUG-1-2", "取消订单", "what's in my cart"):
        answer = planner([]).invoke([HumanMessage(text)])
        assert not answer.tool_calls
        assert answer.content


def test_only_bound_tools_are_called_and_their_lack_is_survived() -> None:
    few = planner(["create_checkout"])
    answer = few.invoke([HumanMessage("checkout")])
    assert [(c["name"], c["args"]) for c in answer.tool_calls] == [("create_checkout", {})]


def test_the_same_wish_gets_a_new_call_id_each_time() -> None:
    ids = {planner().invoke([HumanMessage("what's in my cart")]).tool_calls[0]["id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    "artifact", [None, "text", {}, {"view": "x"}, {"view": None, "refusal": None}, {"refusal": {"code": 7}}]
)
def test_a_damaged_answer_is_owned_up_to(artifact: Any) -> None:
    damaged = ToolMessage(content="?", tool_call_id="call_1", name="view_cart", artifact=artifact)
    answer = planner().invoke([HumanMessage("what's in my cart"), called("view_cart", {}), damaged])
    assert answer.content
    assert not answer.tool_calls


def test_a_view_with_everything_missing_does_not_break_it() -> None:
    for operation, arguments, said in (
        ("view_cart", {}, "my cart"),
        ("search_products", {"query": "mug", "limit": 5}, "mug"),
        ("list_orders", {"limit": 5}, "my orders"),
        ("get_order", {"order": "DT-7K3M-92QF"}, "status of DT-7K3M-92QF"),
        ("list_coupons", {}, "any coupons?"),
        ("get_account", {}, "who am i"),
    ):
        thread = [HumanMessage(said), called(operation, arguments), tool_message("call_1", operation, view={})]
        assert planner().invoke(thread).content


def test_a_history_without_a_shopper_or_with_strange_messages_is_survived() -> None:
    orphan = ToolMessage(content="x", tool_call_id="nobody", name="view_cart")
    assert planner().invoke([orphan, AIMessage("hm")]).content
    blocks = HumanMessage([{"type": "text", "text": "what's in my cart"}, {"type": "image", "url": "x"}])
    assert planner().invoke([blocks]).tool_calls


def test_a_turn_begun_by_another_model_does_nothing_twice() -> None:
    thread = [
        HumanMessage("add two blue mugs"),
        called("add_to_cart", {"quantity": 2, "sku": "MUG-BLU-350", "note": "other"}),
        tool_message("call_1", "add_to_cart", SHELF["cart_both"]),
    ]
    answer = planner().invoke(thread)
    assert not answer.tool_calls
    assert "3 pieces" in str(answer.content)


def test_a_turn_has_at_most_eight_calls() -> None:
    thread: list[BaseMessage] = [HumanMessage("find a mug")]
    for i in range(8):
        thread += [
            called("search_products", {"query": f"mug {i}"}, i),
            tool_message(f"call_{i}", "search_products", SHELF["mugs"]),
        ]
    answer = planner().invoke(thread)
    assert not answer.tool_calls
    assert "more steps" in str(answer.content)


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12].strip() or "blank")
def test_long_messages_are_read_in_milliseconds(text: str) -> None:
    for said in ("你好", "hello wrold"):  # reads what is known of both languages
        planner().invoke([HumanMessage(said)])
    begun = time.process_time()
    planner().invoke([HumanMessage(text)])
    assert time.process_time() - begun < 0.5  # a regular expression that explodes takes minutes


def test_a_long_conversation_stays_cheap() -> None:
    thread: list[BaseMessage] = []
    for i in range(20):
        thread += [HumanMessage(f"find mug number {i}"), called("search_products", {"query": "mug", "limit": 5}, i)]
        thread += [tool_message(f"call_{i}", "search_products", SHELF["mugs"]), AIMessage("Here is what I found.")]
    planner().invoke(thread)
    begun = time.process_time()
    planner().invoke([*thread, HumanMessage("hello")])
    assert time.process_time() - begun < 0.5  # a regular expression that explodes takes minutes


async def test_it_calls_the_shop_by_the_name_it_was_given_and_reads_none_from_the_prompt() -> None:
    asked = [SystemMessage("You are the shopping assistant of Another Shop. Be kind."), HumanMessage("who are you?")]
    named = str((await Planner(shop="Tiny Shop").ainvoke(asked)).content)
    assert "Tiny Shop" in named
    assert "Another" not in named
    assert "this shop" in str((await Planner().ainvoke(asked)).content)
