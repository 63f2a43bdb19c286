"""Conversations as things: found, renamed, exported, and really deleted."""

import asyncio

import pytest

from agent.exporting import as_markdown
from agent.leases import titled
from agent.refusals import ThreadNotFound, TurnRunning
from agent.threads import Threads
from commerce.errors import ConfirmationNotFound, CursorInvalid
from tests.agent.chats import Chat, Chats
from tests.agent.scripted import ScriptedModel, call, says
from tests.agent.test_buying import asked, nothing_bought

TABLES = ("chat_thread", "chat_turn", "chat_message", "chat_checkpoint", "chat_checkpoint_write")


def threads_of(chat: Chat) -> Threads:
    return chat.conversations.threads


async def found(chat: Chat, query: str) -> list[str]:
    return [t.title for t in (await threads_of(chat).list_mine(chat.owner, 20, None, query)).items]


async def talked(chats: Chats, said: str, answered: str) -> Chat:
    chat = await chats.open(says(answered))
    await chat.say(said)
    return chat


async def test_conversations_are_found_by_title_and_by_what_was_said(each_chats: Chats) -> None:
    mugs = await talked(each_chats, "Show me MUGS, 100% cotton_free", "The Blue Enamel mug is $12.99.")
    await talked(each_chats, "我想买一个茶壶", "这里有三个青瓷茶壶。")
    await talked(each_chats, "Ｆｕｌｌ width words", "Plain words.")
    await threads_of(mugs).rename(mugs.owner, mugs.thread, "Birthday présent")
    assert await found(mugs, "mugs") == await found(mugs, "enamel BLUE") == await found(mugs, "birthday") != []
    assert await found(mugs, "birthday enamel") == ["Birthday présent"], "one word in the title, one in an answer"
    assert await found(mugs, "茶壶") == await found(mugs, "青瓷") == ["我想买一个茶壶"]
    assert await found(mugs, "full") == ["Ｆｕｌｌ width words"]
    assert await found(mugs, "mugs 茶壶") == []
    assert await found(mugs, "100%") == await found(mugs, "cotton_f") == ["Birthday présent"]
    assert await found(mugs, "%") == ["Birthday présent"], "no wildcard"
    assert await found(mugs, "cotton%free") == await found(mugs, "/") == await found(mugs, "\\") == []
    assert len(await found(mugs, "   ")) == 3


async def test_what_is_found_comes_page_by_page_and_is_ones_own(each_chats: Chats) -> None:
    for number in range(5):
        last = await talked(each_chats, f"mug number {number}", "Here.")
        each_chats.world.clock.move(seconds=1)
    stranger = await each_chats.open(says("Here."), shopper=await each_chats.world.customer())
    await stranger.say("mug of somebody else")
    pages, cursor = [], None
    while True:
        page = await threads_of(last).list_mine(last.owner, 2, cursor, "mug")
        pages.append([t.title for t in page.items])
        if (cursor := page.next_cursor) is None:
            break
    assert pages == [["mug number 4", "mug number 3"], ["mug number 2", "mug number 1"], ["mug number 0"]]
    with pytest.raises(CursorInvalid):
        await threads_of(last).list_mine(last.owner, 2, "nonsense", "mug")
    with pytest.raises(ThreadNotFound):
        await threads_of(last).rename(stranger.owner, last.thread, "mine")


async def test_a_deleted_conversation_that_answers_is_stopped_first(each_chats: Chats) -> None:
    model = ScriptedModel(script=[says("Never.")], gate=asyncio.Event())
    chat = await each_chats.open(model=model)
    turn = await chat.start("one")
    await model.thinking.wait()
    queued = await chat.conversations.say(chat.owner, chat.box, chat.thread, "two", None, wait=True)
    with pytest.raises(TurnRunning):
        await threads_of(chat).delete(chat.owner, chat.thread)
    await chat.conversations.delete(chat.owner, chat.box, chat.thread)
    assert [await chat.count(table) for table in TABLES] == [0] * len(TABLES)
    for gone in (turn, queued):
        assert await chat.conversations.log.last_id(gone) == "0", "its events are gone too"
    with pytest.raises(ThreadNotFound):
        await chat.conversations.delete(chat.owner, chat.box, chat.thread)


async def test_a_deleted_question_can_not_be_answered_any_more(each_chats: Chats) -> None:
    chat, confirmation = await asked(each_chats)
    await chat.conversations.delete(chat.owner, chat.box, chat.thread)
    with pytest.raises(ThreadNotFound):
        await chat.answer(confirmation)
    assert [q.status for q in await chat.box.questions(chat.thread)] == ["rejected"]
    other = await each_chats.open(shopper=chat.shopper)
    with pytest.raises(ConfirmationNotFound):
        await other.answer(confirmation)
    await nothing_bought(chat)
    assert [await chat.count(table) for table in TABLES[1:]] == [0] * 4


async def test_a_process_that_was_taken_for_dead_writes_nothing_into_what_was_deleted(chats: Chats) -> None:
    model = ScriptedModel(script=[says("I live.")], gate=asyncio.Event())
    chat = await chats.open(model=model, lease_seconds=1000)
    await chat.start("one")
    await model.thinking.wait()
    chat.world.clock.move(seconds=1001)
    other = await chats.beside(chat)
    await other.conversations.delete(other.owner, other.box, chat.thread)
    assert model.gate is not None
    model.gate.set()
    await asyncio.gather(*chat.conversations.runner._tasks.values())
    assert [await chat.count(table) for table in TABLES] == [0] * len(TABLES)


async def test_a_conversation_is_exported_whole_for_people(chats: Chats) -> None:
    chat = await chats.open(shopper_day_input_tokens=0)
    assert isinstance(chat.model, ScriptedModel)
    for number in range(205):
        chat.model.script[:] = [says(f"Answer {number}.")]
        await chat.say(f"question {number}")
    chat.model.script[:] = [says("", call("search_products", query="red enamel mug"))]
    chat.model.script += [says("", call("add_to_cart", sku="MUG-RED-350")), says("It is in.")]
    await chat.say("加一个")
    history = await chat.conversations.history(chat.owner, chat.box, chat.thread, whole=True)
    text = as_markdown(history)
    assert text.startswith("# question 0\n")
    assert [text.count(f"Answer {n}.") for n in (0, 1, 204)] == [1, 1, 1]
    assert "加一个" in text
    assert "- ✔ Added 1 × MUG-RED-350" in text
    assert len(history.messages) == 412


def test_no_title_holds_the_number_of_a_card() -> None:
    assert titled("pay with 4242 4242-4242 4242, please") == "pay with ••••, please"
    assert titled("order DT-7K3M-92QF for\n $12.99") == "order DT-7K3M-92QF for $12.99"
