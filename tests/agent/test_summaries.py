"""Long conversations: what is no longer read becomes a summary, with facts from the views; bounded, raced for, and deleted."""

import json
from dataclasses import replace
from typing import Any

from agent.exporting import as_markdown
from agent.memory.summaries import load_behind, load_summary, write_summary
from agent.memory.summary import NOTHING, Summary
from tests.agent.chats import Chat, Chats
from tests.agent.models_at import playing
from tests.agent.openai_server import error, said
from tests.agent.scripted import ScriptedModel, call, says
from tests.statements import counting

SHORT: dict[str, Any] = {"window_messages": 16}


async def talk(chat: Chat, turns: int, *more: Any) -> None:
    """Turns that look at something; `more` is called in the first of them."""
    model = chat.model
    assert isinstance(model, ScriptedModel)
    for number in range(turns):
        calls = [*(more if number == 0 else ()), call("view_cart")]
        model.script[:] = [says("", *calls), says(f"Answer {number}."), says("The shopper looks at the cart.")]
        assert (await chat.say(f"question {number}")).status == "completed"
        await chat.conversations.runner.summariser.settled()


async def summary_of(chat: Chat) -> Summary:
    async with chat.world.shop.database.read() as db:
        return await load_summary(db, chat.thread)


async def behind(chat: Chat) -> int:
    async with chat.world.shop.database.read() as db:
        return len(await load_behind(db, chat.thread, await load_summary(db, chat.thread)))


async def test_a_long_conversation_is_summed_up_by_its_model_and_stays_bounded(each_chats: Chats) -> None:
    chat = await each_chats.open(**SHORT)
    await talk(chat, 12)
    summary = await summary_of(chat)
    assert summary.words == "«The shopper looks at the cart.»"
    assert await behind(chat) <= SHORT["window_messages"]
    assert await chat.count("chat_summary") == 1
    assert await chat.count("chat_message") == 48, "nothing is taken from the history"
    context = str(chat.model.seen[-2][1].text)  # type: ignore[attr-defined]
    assert "«The shopper looks at the cart.»" in context or "question" in context


async def test_ids_in_the_summary_may_be_used_and_others_may_not(each_chats: Chats) -> None:
    chat = await each_chats.open(**SHORT)
    await talk(chat, 10, call("search_products", query="enamel mug"))
    model = chat.model
    assert isinstance(model, ScriptedModel)
    assert "MUG-RED-350" in (await summary_of(chat)).ids
    model.script[:] = [says("", call("add_to_cart", sku="MUG-RED-350")), says("It is in.")]
    done = await chat.say("put the first thing that I saw into my cart")
    assert [r.operation for r in done.receipts] == ["add_to_cart"]
    model.script[:] = [says("", call("add_to_cart", sku="CUP-ESP-WHT")), says("Sorry.")]
    assert (await chat.say("and a cup")).receipts == []


async def test_words_of_a_model_are_no_source_of_ids(chats: Chats) -> None:
    chat = await chats.open(**SHORT)
    model = chat.model
    assert isinstance(model, ScriptedModel)
    for number in range(8):
        model.script[:] = [says("", call("view_cart")), says(f"{number}"), says("They may have CUP-ESP-WHT.")]
        await chat.say(f"question {number}")
        await chat.conversations.runner.summariser.settled()
    assert "CUP-ESP-WHT" in (await summary_of(chat)).words
    model.script[:] = [says("", call("add_to_cart", sku="CUP-ESP-WHT")), says("Sorry.")]
    assert (await chat.say("add it")).receipts == []


async def test_a_model_that_fails_leaves_the_words_to_the_rule(chats: Chats) -> None:
    chat = await chats.open(**SHORT)
    model = chat.model
    assert isinstance(model, ScriptedModel)
    for number in range(6):
        cart = call("add_to_cart", sku="MUG-RED-350")
        model.script[:] = [says("", call("search_products", query="enamel mug")), says("", cart), says("Added.")]
        model.script.append(RuntimeError("down"))
        await chat.say(f"question {number}")
        await chat.conversations.runner.summariser.settled()
    words = (await summary_of(chat)).words
    assert "- the shopper said «question 0»" in words
    assert "- done: Added 1 × MUG-RED-350" in words


async def test_the_planner_sums_up_by_rule_and_remembers_the_cart_and_the_list(chats: Chats) -> None:
    chat = await chats.open(endpoints=[], window_messages=10)
    chat.conversations.runner._models.endpoints[:] = []  # type: ignore[index]
    await chat.say("show me enamel mugs")
    await chat.say("add MUG-RED-350 to my cart")
    for _ in range(6):
        await chat.say("hello")
        await chat.conversations.runner.summariser.settled()
    summary = await summary_of(chat)
    assert "show me enamel mugs" in summary.words
    assert [item["sku"] for view in summary.facts.views if "subtotal" in view.view for item in view.view["items"]]
    done = await chat.say("make it two")
    assert [r.view["items"][0]["quantity"] for r in done.receipts] == [2], done.text


async def test_a_turn_costs_the_same_statements_however_long_the_conversation_is(each_chats: Chats) -> None:
    chat = await each_chats.open(**SHORT)
    model = chat.model
    assert isinstance(model, ScriptedModel)
    found = []
    for number in range(14):
        model.script[:] = [says("", call("view_cart")), says("Here."), says("Notes.")]
        with counting() as counted:
            await chat.say(f"question {number}")
        found.append(len(counted.statements))
        await chat.conversations.runner.summariser.settled()
    assert min(found[7:]) <= min(found[:7]), found  # the least: summaries, and who waits for a turn, ask beside it


async def test_of_two_summaries_at_once_one_is_written(each_chats: Chats) -> None:
    chat = await each_chats.open(**SHORT)
    await talk(chat, 1)
    now = chat.world.clock()
    first, second = replace(NOTHING, words="one", upto=1), replace(NOTHING, words="two", upto=2)
    for summary, written in ((first, True), (second, False)):
        async with chat.world.shop.database.write() as db:
            assert await write_summary(db, chat.thread, summary, NOTHING, "rule", now) is written
    assert (await summary_of(chat)).words == "one"


async def test_a_deleted_conversation_takes_its_summary_along_and_gets_none_later(each_chats: Chats) -> None:
    chat = await each_chats.open(**SHORT)
    await talk(chat, 8)
    assert await chat.count("chat_summary") == 1
    exported = await chat.conversations.history(chat.owner, chat.box, chat.thread, whole=True)
    assert "The shopper looks at the cart." in str(exported.summary)
    assert (await chat.history()).summary is None
    assert "## What the assistant keeps of" in as_markdown(exported)
    await chat.conversations.delete(chat.owner, chat.box, chat.thread)
    assert await chat.count("chat_summary") == 0
    async with chat.world.shop.database.write() as db:
        assert not await write_summary(db, chat.thread, NOTHING, NOTHING, "rule", chat.world.clock())


async def test_the_beginning_of_a_request_is_the_same_bytes_for_every_turn_and_shopper(chats: Chats) -> None:
    async with playing(chats, said("Hello.")) as (chat, serving):
        await chat.say("hello")
        await chat.say("你好")
        other = await chats.open(shopper=await chats.world.customer(), endpoints=chat.endpoints)
        await other.say("anything new?")
        tools = {body[body.index(b'"tools":') :].split(b'"stream', 1)[0] for body in serving.bodies}
        systems = {body[body.index(b'{"content"') : body.index(b"[Notes from the shop")] for body in serving.bodies}
        assert (len(serving.bodies), len(tools), len(systems)) == (3, 1, 1)
        notes = [request["messages"][1]["content"] for request in serving.requests]
        assert "«Ada Lovelace» and writes English" in notes[0]
        assert "«Ada Lovelace» and writes Chinese" in notes[1]
        assert "Ada" not in notes[2]


async def test_an_endpoint_that_is_down_sums_up_by_rule(chats: Chats) -> None:
    answers = [said(f"{i}") for i in range(7)]
    async with playing(chats, *answers, error("400 Bad Request"), window_messages=16) as (chat, _):
        for number in range(7):
            await chat.say(f"question {number}")
        await chat.conversations.runner.summariser.settled()
        summary = await summary_of(chat)
        assert "question 0" in summary.words
        assert json.dumps(summary.facts.as_json())
