"""Turns: one at a time, the same key once, and new words while a question waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from agent.refusals import ThreadNotFound, TurnNotFound, TurnRunning
from agent.stream_redis import RedisLog
from commerce.errors import ConfirmationNotFound
from tests.agent.chats import Chat, Chats
from tests.agent.scripted import ScriptedModel, call, says, shown
from tests.agent.test_buying import BUYING, asked, bought_once, nothing_bought, place, question_of
from tests.streams import StandIn
from tests.worlds import World


async def slow(chats: Chats, *script: AIMessage) -> tuple[Chat, asyncio.Event]:
    """A conversation whose model waits for the gate."""
    gate = asyncio.Event()
    return await chats.open(model=ScriptedModel(script=list(script), gate=gate)), gate


async def test_a_conversation_answers_one_message_at_a_time(chats: Chats) -> None:
    chat, gate = await slow(chats, says("First."), says("Second."))
    first = await chat.start("one")
    with pytest.raises(TurnRunning):
        await chat.start("two")
    assert (await chat.history()).running_turn == first
    gate.set()
    assert (await chat.finished(first)).text == "First."
    assert (await chat.history()).running_turn is None
    assert (await chat.say("three")).text == "Second."
    assert [m.text for m in (await chat.history()).messages] == ["one", "First.", "three", "Second."]


async def test_two_messages_at_once_start_one_turn(each_chats: Chats) -> None:
    chat = await each_chats.open(says("First."))
    both = await asyncio.gather(chat.start("one"), chat.start("two"), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in both) == ["TurnRunning", "str"]
    await chat.finished(next(answer for answer in both if isinstance(answer, str)))
    assert await chat.count("chat_turn") == 1


async def test_conversations_do_not_wait_for_each_other(chats: Chats) -> None:
    blocked, gate = await slow(chats, says("First."))
    other = await chats.open(says("Other."))
    turn = await blocked.start("one")
    assert (await other.say("hello")).text == "Other."
    gate.set()
    assert (await blocked.finished(turn)).text == "First."


async def test_the_same_key_is_the_same_turn(chats: Chats) -> None:
    chat, gate = await slow(chats, says("", call("add_to_cart", sku="MUG-RED-350")), says("First."))
    chat.model.script[:0] = [says("", call("search_products", query="red enamel mug"))]  # type: ignore[attr-defined]
    first = await chat.start("one", "a key")
    assert await chat.start("one", "a key") == first, "while it runs"
    gate.set()
    done = await chat.finished(first)
    again = await chat.say("one", "a key")
    assert again == done
    assert await chat.count("chat_turn") == 1
    assert (await chat.shopper("view_cart")).items[0].quantity == 1
    assert (await chat.say("one", "another key")).turn != first


async def test_a_key_belongs_to_its_conversation(chats: Chats) -> None:
    chat, other = await chats.open(says("First.")), await chats.open(says("Second."))
    assert (await chat.say("one", "k")).turn != (await other.say("one", "k")).turn


async def test_words_while_a_question_waits_are_answered_and_the_question_stays(each_chats: Chats) -> None:
    chat, confirmation = await asked(each_chats)
    model = chat.model
    assert isinstance(model, ScriptedModel)
    after_the_yes = list(model.script)
    model.script[:] = [says("", call("view_cart")), says("One mug is in it.")]
    between = await chat.say("what is in my cart?")
    assert (between.status, between.text) == ("completed", "One mug is in it.")
    assert [m.text for m in model.seen[-1] if m.type == "human"][1:] == [
        "Buy me the red enamel mug",
        "what is in my cart?",
    ]
    assert [str(m.text)[:9] for m in model.seen[-2] if m.type == "tool"][-1] == "AWAITING:"
    await nothing_bought(chat)
    model.script[:] = after_the_yes
    done = await chat.answer(confirmation)
    assert (done.status, done.text) == ("completed", "It is yours.")
    await bought_once(chat)
    model.script[:] = [says("Goodbye.")]
    assert (await chat.say("thanks")).text == "Goodbye."
    placed = next(i for i, m in enumerate(model.seen[-1]) if isinstance(m, AIMessage) and _calls(m) == ["place_order"])
    assert "status paid" in str(model.seen[-1][placed + 1].text), "the late result stands behind its call"


def _calls(message: AIMessage) -> list[str]:
    return [c["name"] for c in message.tool_calls]


async def test_two_questions_can_wait_and_each_keeps_its_own_answer(chats: Chats) -> None:
    chat, first = await asked(chats)

    def again(messages: list[BaseMessage]) -> AIMessage:
        return says("", call("add_to_cart", sku="MUG-RED-500"), call("create_checkout"))

    assert isinstance(chat.model, ScriptedModel)
    chat.model.script[:] = [says("", call("search_products", query="red enamel mug")), again, place, says("Ordered.")]
    second = question_of(await chat.say("and the bigger one"))
    assert second.confirmation != first
    stale = await chat.answer(first)
    assert stale.receipts == [], "its checkout was replaced by the second one"
    assert await chat.orders() == []
    chat.model.script[:] = [says("Ordered.")]
    assert (await chat.answer(second.confirmation)).text == "Ordered."
    assert len(await chat.orders()) == 1
    assert await chat.world.findings() == []


async def test_nobody_else_sees_or_answers_a_conversation(world: World, chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    turn = (await chat.history()).messages[-1].turn
    stranger = Chat(world, await world.customer(), chat.conversations, chat.model, chat.thread)
    for refused in (
        stranger.say("hello"),
        stranger.answer(confirmation),
        stranger.answer(confirmation, "reject"),
        stranger.history(),
        stranger.finished(turn),
        stranger.events(turn),
        chat.conversations.delete(stranger.owner, stranger.box, chat.thread),
    ):
        with pytest.raises(ThreadNotFound) as told:
            await refused
        assert told.value.thread == chat.thread
    assert (await chat.conversations.threads.list_mine(stranger.owner, 20, None)).items == []
    await nothing_bought(chat)
    assert (await chat.answer(confirmation)).status == "completed"
    await bought_once(chat)


async def test_a_question_is_answered_in_its_own_conversation_alone(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    other = await chats.open(shopper=chat.shopper)
    with pytest.raises(ConfirmationNotFound):
        await other.answer(confirmation)
    turn = (await chat.history()).messages[-1].turn
    with pytest.raises(TurnNotFound):
        await other.finished(turn)
    await nothing_bought(chat)


async def test_a_deleted_conversation_leaves_nothing_behind(chats: Chats) -> None:
    chat, confirmation = await asked(chats)
    kept = await chats.open(*BUYING, shopper=chat.shopper)
    question_of(await kept.say("the same for me"))
    tables = ("chat_message", "chat_turn", "chat_checkpoint", "chat_checkpoint_write")
    before = {table: await chat.count(table) for table in tables}
    await chat.conversations.delete(chat.owner, chat.box, chat.thread)
    assert {table: await chat.count(table) * 2 for table in tables} == before
    assert await chat.count("chat_thread") == 1
    for refused in (chat.answer(confirmation), chat.say("hello"), chat.history()):
        with pytest.raises(ThreadNotFound):
            await refused
    assert await chat.orders() == []
    assert (await kept.history()).messages[-1].confirmation is not None


async def test_the_window_is_as_long_as_set_and_begins_with_the_shopper(chats: Chats) -> None:
    chat = await chats.open(window_messages=8)
    assert isinstance(chat.model, ScriptedModel)
    for number in range(6):
        chat.model.script[:] = [says("", call("view_cart"), call("list_orders")), says(f"Answer {number}.")]
        assert (await chat.say(f"question {number}")).text == f"Answer {number}."
    read = chat.model.seen[-2][2:]
    assert len(read) <= 9
    assert str(read[0].text).startswith("question")
    assert [str(m.text) for m in read if m.type == "human"][-1] == "question 5"
    assert shown(chat.model.seen[-1], r"subtotal (\S+)") == "$0.00"


@asynccontextmanager
async def silent_redis() -> AsyncIterator[Redis]:
    """Takes connections and never answers."""
    gone = asyncio.Event()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    redis = Redis(port=server.sockets[0].getsockname()[1], socket_timeout=0.05, retry=Retry(NoBackoff(), 0))
    try:
        yield redis
    finally:
        gone.set()
        await redis.aclose()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)


async def test_a_message_that_is_sent_twice_at_once_gets_one_answer_twice(chats: Chats) -> None:
    """While the first one's turn is being started, which a slow Redis makes long."""
    chat = await chats.open(says("First."))
    async with silent_redis() as redis:
        chat.conversations.runner.log = RedisLog(StandIn(redis))
        first = asyncio.create_task(chat.say("one", "a key"))
        for _ in range(100):
            if await chat.count("chat_turn"):
                break
        again = (await asyncio.gather(chat.say("one", "a key"), return_exceptions=True))[0]
        assert await first == again
    assert await chat.count("chat_turn") == 1
