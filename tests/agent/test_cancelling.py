"""A turn that the shopper stops: what is in hand comes to its end, nothing more is begun, and the conversation goes on."""

import asyncio
from typing import Any

import pytest

from agent.cancelling import NOTE, stopped
from agent.refusals import ThreadNotFound, TurnNotFound, TurnOver
from agent.views import TurnView
from commerce.errors import ConfirmationAnswered, Refusal
from tests.agent.chats import Chat, Chats, until
from tests.agent.scripted import ScriptedModel, call, says
from tests.agent.test_buying import asked, bought_once, nothing_bought
from tests.gateways import with_bad_line

STOPPED = stopped("")


async def cancel(chat: Chat, turn: str) -> TurnView:
    return await chat.conversations.cancel(chat.owner, chat.box, chat.thread, turn)


def model_of(chat: Chat) -> ScriptedModel:
    assert isinstance(chat.model, ScriptedModel)
    return chat.model


async def thinking(chats: Chats, *script: object, **settings: Any) -> tuple[Chat, str]:
    """A conversation whose model was asked and does not answer before the gate opens."""
    model = ScriptedModel(script=list(script), gate=asyncio.Event())
    chat = await chats.open(model=model, **settings)
    turn = await chat.start("Show me mugs")
    await model.thinking.wait()
    return chat, turn


async def test_a_turn_is_stopped_while_its_model_thinks_and_the_conversation_goes_on(each_chats: Chats) -> None:
    chat, turn = await thinking(each_chats, says("Here I am again."))
    done = await cancel(chat, turn)
    assert (done.status, done.text, done.receipts) == ("cancelled", STOPPED, [])
    events = await chat.events(turn)
    assert (events[-1]["type"], events[-1]["status"], events[-1]["text"]) == ("turn.completed", "cancelled", STOPPED)
    model_of(chat).gate = None
    assert (await chat.say("and now?")).text == "Here I am again."
    assert [str(m.text) for m in model_of(chat).seen[-1]][2:] == ["Show me mugs", NOTE, "and now?"]
    assert [m.status for m in (await chat.history()).messages] == ["completed", "cancelled", "completed", "completed"]


async def test_what_was_done_before_stands_and_is_told(chats: Chats) -> None:
    model = ScriptedModel(script=[says("", call("search_products", query="red enamel mug"))])
    chat = await chats.open(model=model)

    added = asyncio.Event()

    def put_it_in(_messages: object) -> object:
        model.gate = asyncio.Event()  # from the next answer on
        model.thinking.clear()
        added.set()
        return says("I put it in.", call("add_to_cart", sku="MUG-RED-350"))

    model.script.append(put_it_in)
    turn = await chat.start("put it in")
    await added.wait()
    await model.thinking.wait()
    done = await cancel(chat, turn)
    assert (done.status, done.text) == ("cancelled", f"I put it in.\n\n{STOPPED}")
    assert [r.operation for r in done.receipts] == ["add_to_cart"]
    assert (await chat.shopper("view_cart")).items[0].quantity == 1


async def test_a_call_in_hand_comes_to_its_end_and_nothing_follows_it(each_chats: Chats) -> None:
    """Money is on its way when the shopper stops the turn: the order is placed and paid, whole, and its receipt is there."""
    line = with_bad_line(each_chats.world)
    chat, confirmation = await asked(each_chats)
    line.gate = asyncio.Event()
    line.called.clear()
    turn = await chat.conversations.answer(chat.owner, chat.box, chat.thread, confirmation, "approve")
    await line.called.wait()
    model_of(chat).seen.clear()
    stopping = asyncio.create_task(cancel(chat, turn))
    await until(lambda: chat.count("chat_turn", "cancel_asked_at IS NOT NULL"))
    line.gate.set()
    done = await stopping
    assert (done.status, done.text) == ("cancelled", STOPPED)
    assert [r.operation for r in done.receipts] == ["place_order"]
    assert model_of(chat).seen == [], "the model was asked no more"
    await bought_once(chat)


async def test_a_turn_that_waits_for_a_yes_is_stopped_and_its_question_is_over(each_chats: Chats) -> None:
    chat, confirmation = await asked(each_chats)
    turn = (await chat.history()).messages[-1].turn
    done = await cancel(chat, turn)
    assert (done.status, done.text, done.confirmation) == ("cancelled", STOPPED, None)
    with pytest.raises(ConfirmationAnswered):
        await chat.answer(confirmation)
    await nothing_bought(chat)
    assert await chat.count("chat_checkpoint") == await chat.count("chat_checkpoint_write") == 0
    history = await chat.history()
    asked_once = history.messages[1]
    assert asked_once.confirmation is not None
    assert asked_once.confirmation.status == "rejected"
    assert [r.operation for r in asked_once.receipts] == ["add_to_cart", "create_checkout"]
    model_of(chat).script[:] = [says("Goodbye.")]
    assert (await chat.say("never mind")).text == "Goodbye."
    left = [str(m.text) for m in model_of(chat).seen[-1] if m.type == "tool"][-1]
    assert left.startswith("REFUSED turn_cancelled:")


async def test_stopping_twice_is_stopping_once_and_what_ended_by_itself_is_not_stopped(chats: Chats) -> None:
    chat, turn = await thinking(chats, says("Done."))
    both = await asyncio.gather(cancel(chat, turn), cancel(chat, turn))
    assert both[0] == both[1] == await cancel(chat, turn)
    model_of(chat).gate = None
    done = await chat.say("and now?")
    with pytest.raises(TurnOver):
        await cancel(chat, done.turn)
    assert await chat.finished(done.turn) == done


async def test_nobody_stops_somebody_elses_turn(chats: Chats) -> None:
    chat, turn = await thinking(chats, says("Done."))
    stranger = Chat(chat.world, await chat.world.customer(), chat.conversations, chat.model, chat.thread)
    with pytest.raises(ThreadNotFound):
        await cancel(stranger, turn)
    own = await chats.open(shopper=stranger.shopper)
    with pytest.raises(TurnNotFound):
        await cancel(own, turn)
    gate = model_of(chat).gate
    assert gate is not None
    gate.set()
    assert (await chat.finished(turn)).text == "Done."


@pytest.mark.parametrize("one_redis", [True, False])
async def test_another_process_stops_it_and_without_redis_it_takes_a_little_longer(
    each_chats: Chats, one_redis: bool
) -> None:
    """With Redis the lease is so long that nobody looks at the row in time; without, the row is all there is."""
    chat, turn = await thinking(each_chats, lease_seconds=3000 if one_redis else 0.3)
    other = await each_chats.beside(chat, one_redis=one_redis)
    async with asyncio.timeout(20):
        done = await cancel(other, turn)
    assert (done.status, done.text) == ("cancelled", STOPPED)


async def test_a_turn_whose_process_died_is_stopped_by_the_book(chats: Chats) -> None:
    chat, turn = await thinking(chats)
    await chat.conversations.threads.ask_to_stop(turn)
    again = await chats.restarted(chat, says("Here I am."))
    done = await cancel(again, turn)
    assert (done.status, done.text) == ("cancelled", STOPPED)
    assert [m.text for m in (await again.history()).messages] == ["Show me mugs", STOPPED]
    assert (await again.say("hello?")).text == "Here I am."


@pytest.mark.parametrize("head_start", [0, 1, 3, 9])
async def test_a_yes_and_a_stop_at_once_leave_nothing_half_done(each_chats: Chats, head_start: int) -> None:
    chat, confirmation = await asked(each_chats)
    turn = (await chat.history()).messages[-1].turn
    answering = asyncio.create_task(chat.answer(confirmation))
    for _ in range(head_start):
        await asyncio.sleep(0.001)
    outcomes = await asyncio.gather(answering, cancel(chat, turn), return_exceptions=True)
    assert all(isinstance(o, TurnView | Refusal) for o in outcomes), outcomes
    done = await chat.finished(turn)
    assert done.status in {"cancelled", "completed"}
    if [r.operation for r in done.receipts] == ["place_order"]:
        await bought_once(chat)
    else:
        await nothing_bought(chat)
    model_of(chat).script[:] = [says("Goodbye.")]
    assert (await chat.say("thanks")).status == "completed"
