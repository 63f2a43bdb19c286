"""Buying in a conversation: found, put in the cart, quoted, asked, answered, and bought once."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from agent.views import Question, TurnView
from commerce.errors import ConfirmationAnswered, ConfirmationExpired, ConfirmationNotFound
from tests.agent.chats import Chat, Chats
from tests.agent.scripted import ScriptedModel, Step, call, says, shown
from tests.worlds import World

SKU = "MUG-RED-350"


def place(messages: list[BaseMessage]) -> AIMessage:
    return says("", call("place_order", checkout=shown(messages, r"checkout (chk_\w+)")))


def quote(messages: list[BaseMessage]) -> AIMessage:
    return says("", call("create_checkout", payment_method=shown(messages, r"(pm_\w+) \| label Test card •••• 4242")))


BUYING: list[Step] = [
    says("Let me look.", call("search_products", query="red enamel mug"), call("list_payment_methods")),
    says("", call("add_to_cart", sku=SKU)),
    quote,
    place,
    says("It is yours."),
]


def question_of(view: TurnView) -> Question:
    assert view.status == "waiting"
    assert view.confirmation is not None
    return view.confirmation


async def asked(chats: Chats) -> tuple[Chat, str]:
    """A conversation that waits for a yes to an order of one mug."""
    chat = await chats.open(*BUYING)
    view = await chat.say("Buy me the red enamel mug")
    return chat, question_of(view).confirmation


async def bought_once(chat: Chat) -> None:
    assert [order.status for order in await chat.orders()] == ["paid"]
    assert await chat.world.available(SKU) == 23
    assert await chat.world.findings() == []


async def nothing_bought(chat: Chat) -> None:
    assert await chat.orders() == []
    assert await chat.world.available(SKU) == 24
    assert await chat.world.findings() == []


async def test_a_shopper_finds_and_buys_a_mug(each_chats: Chats) -> None:
    chat = await each_chats.open(*BUYING)
    waiting = await chat.say("Buy me the red enamel mug")
    question = question_of(waiting)
    assert question.operation == "place_order"
    assert question.terms["summary"] == "Order 1 item(s) for $17.98 and pay $17.98 with Test card •••• 4242."
    assert waiting.text == "Let me look."
    assert [r.operation for r in waiting.receipts] == ["add_to_cart", "create_checkout"]
    await nothing_bought(chat)
    done = await chat.answer(question.confirmation)
    assert (done.status, done.text) == ("completed", "It is yours.")
    assert [r.operation for r in done.receipts] == ["place_order"]
    assert done.receipts[0].summary.endswith("is paid, total $17.98, payment captured.")
    await bought_once(chat)
    assert await chat.count("chat_checkpoint") == await chat.count("chat_checkpoint_write") == 0


async def test_a_no_buys_nothing_and_the_model_is_told(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    done = await chat.answer(confirmation, "reject")
    assert (done.status, done.receipts) == ("completed", [])
    assert isinstance(chat.model, ScriptedModel)
    told = str(chat.model.seen[-1][-1].text)
    assert told.startswith("REFUSED rejected:")
    assert "nothing was done" in told
    await nothing_bought(chat)
    with pytest.raises(ConfirmationAnswered):
        await chat.answer(confirmation, "approve")
    await nothing_bought(chat)


async def test_a_second_yes_finds_what_the_first_did(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    first = await chat.answer(confirmation)
    assert await chat.answer(confirmation) == first
    with pytest.raises(ConfirmationAnswered):
        await chat.answer(confirmation, "reject")
    await bought_once(chat)


async def test_two_yeses_at_once_are_one(each_chats: Chats) -> None:
    chat, confirmation = await asked(each_chats)
    views = await asyncio.gather(*(chat.answer(confirmation) for _ in range(5)))
    assert {view.status for view in views} == {"completed"}
    await bought_once(chat)


async def test_a_yes_and_a_no_at_once_are_one_of_them(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    both = await asyncio.gather(chat.answer(confirmation), chat.answer(confirmation, "reject"), return_exceptions=True)
    assert [type(answer) for answer in both if isinstance(answer, Exception)] == [ConfirmationAnswered]
    orders = await chat.orders()
    assert len(orders) == (0 if isinstance(both[0], Exception) else 1)
    assert await chat.world.findings() == []


async def test_a_question_outlives_the_process(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    again = await chats.restarted(chat, says("It is yours."))
    history = await again.history()
    assert history.messages[-1].confirmation is not None
    assert history.messages[-1].confirmation.status == "pending"
    done = await again.answer(confirmation)
    assert (done.status, done.text) == ("completed", "It is yours.")
    await bought_once(again)
    assert (await again.answer(confirmation)).text == "It is yours."
    await bought_once(again)


async def test_a_price_that_changed_is_told_and_asked_anew(each_chats: Chats) -> None:
    chat, confirmation = await asked(each_chats)
    await chat.world.set_price(SKU, 1599)

    def renew(messages: list[BaseMessage]) -> AIMessage:
        assert "$15.99" in str(messages[-1].text)
        return says("The price has changed.", call("update_checkout", checkout=shown(messages, r"checkout (chk_\w+)")))

    assert isinstance(chat.model, ScriptedModel)
    chat.model.script[:] = [renew, place, says("Bought at the new price.")]
    second = question_of(await chat.answer(confirmation))
    assert second.confirmation != confirmation
    assert second.terms["charge"] == {"amount": 2098, "currency": "USD"}
    await nothing_bought(chat)
    refusal = next(m for m in chat.model.seen[-2] if str(m.text).startswith("REFUSED"))
    assert "$12.99" in str(refusal.text)
    done = await chat.answer(second.confirmation)
    assert (done.status, done.text) == ("completed", "Bought at the new price.")
    await bought_once(chat)
    assert (await chat.orders())[0].total.amount == 2098


async def test_an_answer_that_comes_too_late_is_refused_and_the_conversation_goes_on(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    chat.world.clock.move(minutes=31)
    with pytest.raises(ConfirmationExpired):
        await chat.answer(confirmation)
    await nothing_bought(chat)
    assert (await chat.say("still there?")).status == "completed"


async def test_a_question_that_was_never_asked_can_not_be_answered(chats: Chats) -> None:
    chat, _ = await asked(chats)
    for made_up in ("cfm_01KT1GW6G0Z8TFW5ND4Z1X4QJ6", "yes", ""):
        with pytest.raises(ConfirmationNotFound):
            await chat.answer(made_up)
    await nothing_bought(chat)


async def test_the_events_tell_the_same_story_in_order(chats: Chats) -> None:
    chat = await chats.open(*BUYING)
    turn = await chat.start("Buy me the red enamel mug")
    events = await chat.events(turn)
    kinds = [event["type"] for event in events]
    assert kinds[0] == "turn.started"
    assert kinds[-2:] == ["confirmation.required", "turn.completed"]
    assert events[-1]["status"] == "waiting"
    said = "".join(event["text"] for event in events if event["type"] == "message.delta")
    assert said == "Let me look."
    assert [e["operation"] for e in events if e["type"] == "receipt"] == ["add_to_cart", "create_checkout"]
    done = await chat.answer(events[-2]["confirmation"])
    heard = await chat.events(turn, await _id_of(chat, turn, "confirmation.required"))
    assert [event["type"] for event in heard] == ["turn.completed"], "the stream of a part ends where the part ends"
    assert done.status == "completed"


async def _id_of(chat: Chat, turn: str, kind: str) -> str:
    async for sent in chat.conversations.events(chat.owner, chat.thread, turn, "0"):
        if sent is not None and sent.type == kind:
            return sent.id
    raise AssertionError(f"no {kind}")


async def test_paying_and_cancelling_take_a_yes_each(world: World, chats: Chats) -> None:
    chat = await chats.open()
    order = await chat.shopper.buy()

    def pays(messages: list[BaseMessage]) -> AIMessage:
        method = shown(messages, r"(pm_\w+) \| label Test card •••• 4242")
        return says("", call("pay_order", order=order.order, payment_method=method))

    script: list[Any] = [says("", call("list_payment_methods")), pays, says("Paid.")]
    script += [says("", call("cancel_order", order=order.order, reason="changed my mind")), says("Cancelled.")]
    assert isinstance(chat.model, ScriptedModel)
    chat.model.script[:] = script
    to_pay = question_of(await chat.say(f"Pay {order.order}"))
    assert (await chat.orders())[0].status == "awaiting_payment"
    assert (await chat.answer(to_pay.confirmation)).text == "Paid."
    assert (await chat.orders())[0].status == "paid"
    to_cancel = question_of(await chat.say("Cancel it again"))
    assert to_cancel.terms["refund"] == {"amount": 1798, "currency": "USD"}
    assert (await chat.orders())[0].status == "paid"
    assert (await chat.answer(to_cancel.confirmation)).text == "Cancelled."
    assert (await chat.orders())[0].status == "cancelled"
    assert await world.findings() == []
