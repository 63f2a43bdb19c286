"""Ids of calls: endpoints that number their calls from 0 in every answer, or give none, are served like all others."""

from collections.abc import Callable

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ToolCall

from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel, Step, says, shown
from tests.agent.test_buying import bought_once, nothing_bought, question_of

IDS = {"the same": "call_0", "none": None}


def one(call_id: str | None, name: str, **arguments: str) -> AIMessage:
    return AIMessage(content="", tool_calls=[ToolCall(name=name, args=arguments, id=call_id)])


def on_checkout(call_id: str | None, name: str) -> Callable[[list[BaseMessage]], AIMessage]:
    return lambda messages: one(call_id, name, checkout=shown(messages, r"checkout (chk_\w+)"))


@pytest.mark.parametrize("call_id", IDS.values(), ids=IDS)
async def test_each_call_has_its_own_effect(chats: Chats, call_id: str | None) -> None:
    script: list[Step] = [one(call_id, "search_products", query="red enamel mug")]
    script += [one(call_id, "add_to_cart", sku=sku) for sku in ("MUG-RED-350", "MUG-RED-500", "MUG-RED-350")]
    chat = await chats.open(*script)
    done = await chat.say("two small ones and a big one")
    assert done.status == "completed"
    items = (await chat.shopper("view_cart")).items
    assert {item.sku: item.quantity for item in items} == {"MUG-RED-350": 2, "MUG-RED-500": 1}


@pytest.mark.parametrize("call_id", IDS.values(), ids=IDS)
async def test_a_second_question_is_a_new_question(chats: Chats, call_id: str | None) -> None:
    chat = await chats.open(one(call_id, "list_payment_methods"), on_checkout(call_id, "place_order"))
    method = (await chat.shopper("list_payment_methods")).items[0].payment_method
    await chat.shopper("add_to_cart", sku="MUG-RED-350")
    checkout = (await chat.shopper("create_checkout", payment_method=method)).checkout
    model = chat.model
    assert isinstance(model, ScriptedModel)
    model.script[:] = [one(call_id, "get_checkout", checkout=checkout), on_checkout(call_id, "place_order")]
    first = question_of(await chat.say("order it"))
    await chat.world.set_price("MUG-RED-350", 1599)
    model.script[:] = [on_checkout(call_id, "update_checkout"), on_checkout(call_id, "place_order")]
    second = question_of(await chat.answer(first.confirmation))
    assert second.confirmation != first.confirmation
    assert second.status == "pending"
    await nothing_bought(chat)
    assert (await chat.answer(second.confirmation)).status == "completed"
    await bought_once(chat)


@pytest.mark.parametrize("call_id", IDS.values(), ids=IDS)
async def test_each_call_keeps_its_own_result(chats: Chats, call_id: str | None) -> None:
    """In what the model reads of earlier turns."""
    chat = await chats.open()
    model = chat.model
    assert isinstance(model, ScriptedModel)
    for operation in ("view_cart", "list_categories", "get_account"):
        model.script[:] = [one(call_id, operation), says("There.")]
        assert (await chat.say(f"show me {operation}")).text == "There."
    model.script[:] = [says("Bye.")]
    await chat.say("thanks")
    told = [str(m.text).split()[0] for m in model.seen[-1] if m.type == "tool"]
    assert told == ["subtotal", "items:", "account"]
