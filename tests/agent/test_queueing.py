"""Messages that wait in line while their conversation answers, and turns that nobody listens to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent.cancelling import stopped
from agent.parts import cut_off
from agent.refusals import QueueFull, TurnRunning
from commerce.errors import IdempotencyKeyReused
from tests.agent.chats import Chat, Chats, until
from tests.agent.scripted import ScriptedModel, says


async def busy(chats: Chats, *texts: str, **settings: Any) -> tuple[Chat, str, asyncio.Event]:
    """A conversation whose model answers, one after another, once the gate opens."""
    gate = asyncio.Event()
    model = ScriptedModel(script=[says(text) for text in texts], gate=gate)
    chat = await chats.open(model=model, **settings)
    turn = await chat.start("one")
    await model.thinking.wait()
    return chat, turn, gate


async def queue(chat: Chat, said: str, key: str | None = None) -> str:
    return await chat.conversations.say(chat.owner, chat.box, chat.thread, said, key, wait=True)


async def test_messages_wait_in_line_and_are_answered_in_order(each_chats: Chats) -> None:
    chat, first, gate = await busy(each_chats, "First.", "Second.", "Third.")
    second, third = await queue(chat, "two"), await queue(chat, "three")
    history = await chat.history()
    assert (history.running_turn, history.queued_turns) == (first, [second, third])
    gate.set()
    assert [(await chat.finished(turn)).text for turn in (third, second, first)] == ["Third.", "Second.", "First."]
    told = [m.text for m in (await chat.history()).messages]
    assert told == ["one", "First.", "two", "Second.", "three", "Third."]
    events = await chat.events(third)
    assert [event["type"] for event in events if event["type"] != "message.delta"] == [
        "turn.queued",
        "turn.started",
        "turn.completed",
    ]
    assert events[0]["ahead"] == 1


async def test_nobody_gets_ahead_of_those_who_wait(each_chats: Chats) -> None:
    chat, first, gate = await busy(each_chats, "First.", "Second.")
    second = await queue(chat, "two")
    gate.set()
    await chat.finished(first)
    outcomes = await asyncio.gather(*(chat.start(f"me first {i}") for i in range(5)), return_exceptions=True)
    assert (await chat.finished(second)).text == "Second."
    assert await chat.count("chat_turn") - 2 == sum(isinstance(o, str) for o in outcomes)
    assert all(isinstance(o, str | TurnRunning) for o in outcomes)


async def test_the_line_is_bounded(chats: Chats) -> None:
    chat, _first, gate = await busy(chats, "First.", "Second.", "Third.", queue_length=2)
    outcomes = await asyncio.gather(*(queue(chat, f"number {i}") for i in range(5)), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["QueueFull"] * 3 + ["str"] * 2
    with pytest.raises(TurnRunning):
        await chat.start("and I do not wait")
    gate.set()
    for turn in (o for o in outcomes if isinstance(o, str)):
        assert (await chat.finished(turn)).status == "completed"
    none_waits, _turn, gate = await busy(chats, "First.", queue_length=0)
    with pytest.raises(QueueFull):
        await queue(none_waits, "two")
    gate.set()


async def test_the_same_key_waits_once(each_chats: Chats) -> None:
    chat, _first, gate = await busy(each_chats, "First.", "Second.")
    turns = await asyncio.gather(*(queue(chat, "two", "a key") for _ in range(5)))
    assert len(set(turns)) == 1
    with pytest.raises(IdempotencyKeyReused):
        await queue(chat, "something else", "a key")
    gate.set()
    assert (await chat.finished(turns[0])).text == "Second."
    assert await chat.count("chat_turn") == 2


async def test_what_waits_can_be_taken_back(chats: Chats) -> None:
    chat, first, gate = await busy(chats, "First.", "Third.")
    second, third = await queue(chat, "two"), await queue(chat, "three")
    done = await chat.conversations.cancel(chat.owner, chat.box, chat.thread, second)
    assert (done.status, done.text) == ("cancelled", stopped(""))
    gate.set()
    assert (await chat.finished(third)).text == "Third."
    assert (await chat.finished(first)).text == "First."
    assert isinstance(chat.model, ScriptedModel)
    assert "two" not in [m.text for m in chat.model.seen[-1]], "what was taken back was never said"


async def test_two_processes_share_one_line(each_chats: Chats) -> None:
    chat, first, gate = await busy(each_chats, "First.")
    other = await each_chats.beside(chat, says("Second."), says("Third."))
    third_process = await each_chats.beside(chat, says("Fourth."))
    second, third = await queue(other, "two"), await queue(other, "three")
    fourth = await queue(third_process, "four")
    gate.set()
    texts = [(await third_process.finished(turn)).text for turn in (first, second, third, fourth)]
    assert texts == ["First.", "Second.", "Third.", "Fourth."]
    assert [m.text for m in (await chat.history()).messages][::2] == ["one", "two", "three", "four"]


async def test_what_waited_in_a_process_that_died_holds_up_nobody(chats: Chats) -> None:
    chat, first, gate = await busy(chats, "First.")
    dead = await chats.beside(chat, lease_seconds=1000)
    second = await queue(dead, "two")
    for task in dead.conversations.queue._tasks.values():
        task.cancel()  # before it has taken a step, so that it leaves its row as a power cut would
    third = await chats.beside(chat, says("Third."), lease_seconds=5000)
    chat.world.clock.move(seconds=1001)
    waiting = await queue(third, "three")
    gate.set()
    assert (await chat.finished(first)).text == "First."
    assert (await third.finished(waiting)).text == "Third."
    lost = await third.finished(second)
    assert (lost.status, lost.text) == ("failed", cut_off(""))


async def test_a_server_that_stops_tells_those_who_wait(chats: Chats) -> None:
    chat, first, _gate = await busy(chats)
    second = await queue(chat, "two")
    await asyncio.sleep(0)
    await chat.conversations.close()
    for turn in (first, second):
        assert (await chat.finished(turn)).status == "failed"
        assert (await chat.events(turn))[-1]["status"] == "failed"


@asynccontextmanager
async def listening(chat: Chat, turn: str) -> AsyncIterator[None]:
    async def hear() -> None:
        async for _ in chat.conversations.events(chat.owner, chat.thread, turn, "0", 0.05):
            pass

    task = asyncio.create_task(hear())
    yield
    while (
        not task.done()
    ):  # the stand-in for Redis waits by `asyncio.wait_for`, which before Python 3.12 can lose a cancellation
        task.cancel()
        await asyncio.wait([task], timeout=0.1)


async def test_by_default_a_turn_goes_on_when_nobody_listens(chats: Chats) -> None:
    chat, turn, gate = await busy(chats, "First.")
    async with listening(chat, turn):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    gate.set()
    assert (await chat.finished(turn)).text == "First."


async def test_where_that_is_the_policy_a_turn_stops_when_its_last_listener_left(chats: Chats) -> None:
    chat, turn, _gate = await busy(chats, "First.", unheard_seconds=0.3)
    other = await chats.beside(chat, unheard_seconds=0.3)
    async with listening(other, turn):
        async with listening(chat, turn):
            await asyncio.sleep(0.9)
        await asyncio.sleep(0.9)
        assert (await chat.history()).running_turn == turn, "somebody listens in another process"
    await until(lambda: chat.count("chat_turn", "status = 'cancelled'"))


async def test_who_waits_for_the_whole_answer_listens_too(chats: Chats) -> None:
    chat, turn, gate = await busy(chats, "First.", unheard_seconds=0.3)

    async def present() -> bool:
        return True

    waiting = asyncio.create_task(chat.conversations.finished(chat.owner, chat.thread, turn, present=present))
    await asyncio.sleep(0.9)
    gate.set()
    assert (await waiting).text == "First."
