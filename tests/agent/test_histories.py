"""Clients that send whole histories: the conversation is found again, and a request that comes twice is one."""

import asyncio

from agent.histories import Said
from tests.agent.chats import Chat, Chats
from tests.agent.scripted import ScriptedModel, says

HELLO = [Said("user", "hello")]


async def place(chat: Chat, *history: Said, key: str | None = None) -> str:
    return await chat.conversations.histories.place(chat.owner, history, key)


async def test_the_same_first_message_at_once_begins_one_conversation(each_chats: Chats) -> None:
    chat = await each_chats.open()
    for same in (await asyncio.gather(*(place(chat, *HELLO) for _ in range(8))),):
        assert len(set(same)) == 1
    keyed = await asyncio.gather(*(place(chat, *HELLO, key="a key") for _ in range(8)))
    assert len(set(keyed)) == 1
    assert keyed[0] != same[0]
    assert await chat.count("chat_thread") == 3, "with the one that the test began itself"


async def test_later_the_same_first_message_begins_another_and_each_goes_on(each_chats: Chats) -> None:
    chat = await each_chats.open()
    assert isinstance(chat.model, ScriptedModel)
    first = await place(chat, *HELLO)
    each_chats.world.clock.move(minutes=9)
    assert await place(chat, *HELLO) == first
    each_chats.world.clock.move(minutes=2)
    second = await place(chat, *HELLO)
    assert second != first
    for thread, answer in ((first, "Good morning."), (second, "Good evening.")):
        chat.thread = thread
        chat.model.script[:] = [says(answer)]
        await chat.say("hello")
    for thread, answer in ((first, " Good morning.\n"), (second, "Good even")):
        more = [*HELLO, Said("assistant", answer), Said("user", f"and after {answer}")]
        assert await place(chat, *more) == thread, "trimmed, or cut off, it is still its answer"
        assert await place(chat, *more) == thread
        assert await place(chat, *more, Said("assistant", "Yes."), Said("user", "so?")) == thread


async def test_what_is_unknown_or_somebody_elses_begins_anew(chats: Chats) -> None:
    chat = await chats.open()
    known = await place(chat, *HELLO)
    more = [*HELLO, Said("assistant", "Hi."), Said("user", "and?")]
    stranger = await chats.open(shopper=await chats.world.customer())
    assert await place(stranger, *more) != known
    edited = await place(chat, Said("user", "goodbye"), *more[1:])
    assert edited != known
    await chat.conversations.delete(chat.owner, chat.box, known)
    assert await place(chat, *more) not in {known, edited}
    assert await chat.count("chat_completion", "thread NOT IN (SELECT id FROM chat_thread)") == 0
