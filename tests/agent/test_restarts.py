"""Processes that die: what ran is told as cut off or asked again, nothing is repeated, and the conversation goes on."""

import asyncio

import pytest

from agent.cancelling import BROKE_OFF
from agent.parts import cut_off
from agent.refusals import TurnRunning
from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel, call, says
from tests.agent.test_buying import asked, bought_once, nothing_bought


def hanging(*script: object) -> ScriptedModel:
    """Thinks until its process dies."""
    return ScriptedModel(script=list(script), gate=asyncio.Event())


async def test_a_turn_that_was_cut_off_has_failed_and_the_conversation_goes_on(chats: Chats) -> None:
    model = hanging()
    chat = await chats.open(model=model)
    turn = await chat.start("Show me mugs")
    await model.thinking.wait()
    again = await chats.restarted(chat, says("Here are mugs."))
    cut = await again.finished(turn)
    assert (cut.status, cut.text, cut.receipts) == ("failed", cut_off(""), [])
    history = await again.history()
    assert history.running_turn is None
    assert [(m.role, m.status) for m in history.messages] == [("shopper", "completed"), ("assistant", "failed")]
    assert (await again.say("Show me mugs again")).text == "Here are mugs."
    assert (await again.say("and now?")).status == "completed"


async def test_a_turn_that_was_cut_off_is_not_run_again_by_its_key(chats: Chats) -> None:
    model = hanging()
    chat = await chats.open(model=model)
    turn = await chat.start("Show me mugs", "a key")
    await model.thinking.wait()
    again = await chats.restarted(chat, says("Here are mugs."))
    assert await again.start("Show me mugs", "a key") == turn
    assert (await again.finished(turn)).status == "failed"
    assert isinstance(again.model, ScriptedModel)
    assert again.model.seen == []


async def test_a_yes_whose_process_died_can_be_given_again(each_chats: Chats) -> None:
    """The order was placed, but the model never told it."""
    chat, confirmation = await asked(each_chats)
    assert isinstance(chat.model, ScriptedModel)
    chat.model.gate = asyncio.Event()
    chat.model.thinking.clear()
    turn = await chat.conversations.answer(chat.owner, chat.box, chat.thread, confirmation, "approve")
    await chat.model.thinking.wait()
    await bought_once(chat)
    again = await each_chats.restarted(chat, says("It is yours."))
    assert (await again.finished(turn)).status == "waiting"
    done = await again.answer(confirmation)
    assert (done.status, done.text) == ("completed", "It is yours.")
    assert [r.operation for r in done.receipts] == ["place_order"]
    await bought_once(again)


async def test_a_question_without_its_answer_still_waits_after_a_restart(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    again = await chats.restarted(chat, says("As you wish."))
    turn = (await again.history()).messages[-1].turn
    assert (await again.finished(turn)).status == "waiting"
    await nothing_bought(again)
    assert (await again.answer(confirmation, "reject")).text == "As you wish."
    await nothing_bought(again)


async def test_a_server_that_stops_tells_its_turns(chats: Chats) -> None:
    model = hanging()
    chat = await chats.open(model=model)
    turn = await chat.start("Show me mugs")
    await model.thinking.wait()
    await chat.conversations.close()
    cut = await chat.finished(turn)
    assert (cut.status, cut.text) == ("failed", cut_off(""))
    assert (await chat.events(turn))[-1]["status"] == "failed"
    again = await chats.restarted(chat, says("Here I am."))
    assert (await again.say("hello?")).text == "Here I am."


async def test_what_was_done_before_a_turn_broke_off_is_known_in_the_next_one(chats: Chats) -> None:
    model = ScriptedModel(
        script=[says("", call("search_products", query="mug")), says("", call("add_to_cart", sku="MUG-RED-350"))],
        gate=(gate := asyncio.Event()),
    )
    chat = await chats.open(model=model)
    turn = await chat.start("put the red enamel mug into my cart")
    for _ in range(2):
        await model.thinking.wait()
        model.thinking.clear()
        gate.set()
        await asyncio.sleep(0)
        gate.clear()
    await model.thinking.wait()  # the third thought never ends
    await chat.conversations.close()
    assert (await chat.finished(turn)).status == "failed"
    again = await chats.restarted(chat, says("One mug."))
    await again.say("what is in my cart?")
    assert isinstance(again.model, ScriptedModel)
    read = again.model.seen[0][2:]  # behind what the shop is and who the shopper is
    assert [m.type for m in read] == ["human", "ai", "tool", "ai", "tool", "ai", "human"]
    assert "MUG-RED-350" in str(read[4].content)
    assert str(read[5].content) == BROKE_OFF


async def test_with_several_processes_a_turn_is_taken_for_dead_when_its_lease_is_over(chats: Chats) -> None:
    model = hanging()
    chat = await chats.open(model=model, lease_seconds=20)
    turn = await chat.start("Show me mugs")
    await model.thinking.wait()
    other = await chats.open(says("Here are mugs."), shopper=chat.shopper)
    other.thread = chat.thread
    with pytest.raises(TurnRunning):
        await other.start("are you there?")
    chat.world.clock.move(seconds=21)
    assert (await other.say("are you there?")).text == "Here are mugs."
    assert (await other.finished(turn)).status == "failed"


async def test_a_living_turn_keeps_its_lease(chats: Chats) -> None:
    model = hanging(says("Done."))
    chat = await chats.open(model=model, lease_seconds=0.06)
    turn = await chat.start("Show me mugs")
    await model.thinking.wait()
    for _ in range(3):
        chat.world.clock.move(seconds=0.05)
        await asyncio.sleep(0.06)
        with pytest.raises(TurnRunning):
            await chat.start("are you there?")
    assert model.gate is not None
    model.gate.set()
    assert (await chat.finished(turn)).text == "Done."


async def test_a_model_that_dies_hands_over_to_the_planner_and_what_it_did_stands(chats: Chats) -> None:
    searched = says("", call("search_products", query="red enamel mug"))
    added = says("", call("add_to_cart", sku="MUG-RED-350"))
    chat = await chats.open(searched, added, RuntimeError("out of memory"))
    done = await chat.say("put the red enamel mug into my cart")
    assert done.status == "completed"
    assert "built-in planner" in done.text
    assert "out of memory" not in done.text
    assert done.usage.model == "planner"
    assert (await chat.shopper("view_cart")).items[0].quantity == 1, "not added a second time"


async def test_a_bug_ends_the_turn_and_says_so(chats: Chats) -> None:
    """A fault of the shop's own, such as a table that is gone, is not told as a success."""
    from sqlalchemy import text

    chat = await chats.open(says("", call("view_cart")), says("Your cart is empty."))
    async with chat.world.shop.database.write() as db:
        await db.execute(text("ALTER TABLE cart_item RENAME TO cart_item_gone"))
    done = await chat.say("what is in my cart?")
    assert (done.status, done.text) == ("failed", cut_off(""))
    async with chat.world.shop.database.write() as db:
        await db.execute(text("ALTER TABLE cart_item_gone RENAME TO cart_item"))
    assert isinstance(chat.model, ScriptedModel)
    chat.model.script[:] = [says("All is well.")]
    assert (await chat.say("and now?")).text == "All is well."
