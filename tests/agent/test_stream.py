"""The event log: kept in Redis, its stand-in or this process, read from the start or from any event on, and never in a turn's way."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from redis.asyncio import Redis

from agent.stream import LAST, EventLog, Sent
from agent.stream_here import LocalLog
from agent.stream_redis import RedisLog
from commerce.adapters.redis import LazyRedis, open_redis
from tests.agent.chats import Chats
from tests.agent.scripted import says
from tests.conftest import REDIS
from tests.prove.stores import Redis as OwnRedis
from tests.streams import StandIn

KINDS = ["stand-in", *(["redis"] if REDIS else [])]


@pytest.fixture(params=KINDS)
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    opened = open_redis(REDIS) if request.param == "redis" else FakeRedis(server=FakeServer())
    yield opened
    await opened.aclose()


@pytest.fixture(params=[*KINDS, "here"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[EventLog]:
    if request.param == "here":
        yield LocalLog()
        return
    opened = open_redis(REDIS) if request.param == "redis" else FakeRedis(server=FakeServer())
    yield RedisLog(StandIn(opened))
    await opened.aclose()


@pytest.fixture
async def turn(log: EventLog) -> AsyncIterator[str]:
    """A turn of this test's own, whose events are taken away afterwards."""
    name = f"trn_test_{uuid.uuid4().hex}"
    yield name
    await log.forget(name)


def delta(text: str) -> dict[str, Any]:
    return {"type": "message.delta", "text": text}


async def heard(log: EventLog, turn: str, after: str = "0") -> list[Sent]:
    return [sent async for sent in log.read(turn, after, 0.05) if sent is not None]


async def test_events_come_back_in_order_with_ids_that_grow(log: EventLog, turn: str) -> None:
    written = [
        delta("你好 «mug»"),
        {"type": "receipt", "view": {"total": 1299, "none": None}},
        {"type": "turn.completed"},
    ]
    for event in written:
        await log.write(turn, event)
    found = await heard(log, turn)
    assert [sent.event for sent in found] == written
    ids = [tuple(int(part) for part in sent.id.split("-")) for sent in found]
    assert ids == sorted(set(ids))
    assert await log.last_id(turn) == found[-1].id


async def test_listening_goes_on_where_it_was_dropped(log: EventLog, turn: str) -> None:
    for number in range(250):
        await log.write(turn, delta(str(number)))
    await log.write(turn, {"type": "turn.completed"})
    whole = await heard(log, turn)
    assert len(whole) == 251
    for dropped in (0, 99, 100, 249):
        assert await heard(log, turn, whole[dropped].id) == whole[dropped + 1 :]


@pytest.mark.parametrize("last", sorted(LAST))
async def test_a_listener_leaves_when_the_turn_stands_still(log: EventLog, turn: str, last: str) -> None:
    for event in (delta("a"), {"type": last}, delta("of the next part")):
        await log.write(turn, event)
    found = await heard(log, turn)
    assert [sent.event["type"] for sent in found] == ["message.delta", last]
    await log.write(turn, {"type": last})
    assert [sent.event for sent in await heard(log, turn, found[-1].id)] == [delta("of the next part"), {"type": last}]


async def test_listeners_hear_what_comes_later_and_a_sign_of_life_before(log: EventLog, turn: str) -> None:
    signs: list[Sent | None] = []

    async def listen() -> None:
        async for sent in log.read(turn, "0", 0.05):
            signs.append(sent)

    listeners = [asyncio.create_task(listen()) for _ in range(2)]
    await asyncio.sleep(0.4)  # a real Redis looks at its blocked readers ten times a second
    assert signs
    assert set(signs) == {None}
    await log.write(turn, delta("a"))
    await log.write(turn, {"type": "turn.completed"})
    await asyncio.wait_for(asyncio.gather(*listeners), 5)
    assert [sent.event["type"] for sent in signs if sent] in (
        ["message.delta", "message.delta", "turn.completed", "turn.completed"],
        ["message.delta", "turn.completed"] * 2,
    )


async def test_turns_do_not_hear_each_other(log: EventLog, turn: str) -> None:
    await log.write(turn, {"type": "turn.completed"})
    assert await log.last_id(f"{turn}x") == "0"
    assert [sent async for sent in _first(log, f"{turn}x")] == [None]


async def _first(log: EventLog, turn: str) -> AsyncIterator[Sent | None]:
    reading = log.read(turn, "0", 0.02)
    yield await anext(reading)
    await reading.aclose()  # type: ignore[attr-defined]


async def test_events_are_kept_for_a_while_only(redis: Redis) -> None:
    turn = f"trn_test_{uuid.uuid4().hex}"
    await RedisLog(StandIn(redis)).write(turn, delta("a"))
    left = await redis.ttl(f"domtok:turn:{{{turn}}}")
    assert 3500 < left <= 3600
    await RedisLog(StandIn(redis)).forget(turn)


async def test_in_this_process_they_have_bounds() -> None:
    log = LocalLog(most_bytes=10_000)
    for number in range(20):
        await log.write(f"trn_{number}", delta("x" * 1_000))
    kept = [number for number in range(20) if await log.last_id(f"trn_{number}") != "0"]
    assert kept == list(range(20 - len(kept), 20))
    assert 5 <= len(kept) <= 9
    await log.mark_heard("trn_1", 60)
    assert (await log.is_heard("trn_1"), await log.is_heard("trn_2")) == (True, False)


async def test_what_came_together_is_told_as_such(log: EventLog, turn: str) -> None:
    for event in (delta("a"), delta("b"), {"type": "turn.completed"}):
        await log.write(turn, event)
    assert [sent.more for sent in await heard(log, turn)] == [True, True, False]


async def test_a_redis_that_is_gone_stops_no_turn(chats: Chats) -> None:
    gone = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    log = RedisLog(StandIn(gone))
    await log.write("trn_1", delta("a"))
    assert await log.last_id("trn_1") == "0"
    chat = await chats.open(says("Here I am."))
    chat.conversations.runner.log = log
    done = await chat.say("hello")
    assert (done.status, done.text) == ("completed", "Here I am.")
    events = await chat.events(done.turn)
    assert [event["type"] for event in events] == ["turn.completed"]
    assert events[0]["text"] == "Here I am."
    await gone.aclose()


class LosingOne(LocalLog):
    """Loses the first cancellation, as `asyncio.wait_for` may where an answer comes at the same time."""

    lost = False

    async def read(self, turn: str, after: str, patience: float) -> AsyncIterator[Sent | None]:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if self.lost:
                    raise
                self.lost = True
            yield None


async def test_a_process_ends_though_a_cancellation_was_lost(chats: Chats) -> None:
    chat = await chats.open(says("Here I am."))
    log = chat.conversations.runner.log = LosingOne()
    await chat.start("hello")
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await chat.conversations.close()
    assert log.lost


async def test_a_redis_that_hangs_holds_up_no_turn(own_redis: OwnRedis) -> None:
    redis = LazyRedis(own_redis.url)
    log = RedisLog(redis)
    await log.write("trn_1", delta("a"))
    own_redis.signal(signal.SIGSTOP)
    async with asyncio.timeout(20):  # a patient client would wait half a minute for each
        for _ in range(20):
            await log.write("trn_1", delta("b"))
        assert await log.last_id("trn_1") == "0"
    own_redis.signal(signal.SIGCONT)
    await redis.close()


class LateEnd(LocalLog):
    """Tells the end of a turn long after its row says so, as in a process that has much to do."""

    async def write(self, turn: str, event: dict[str, Any]) -> None:
        if event["type"] == "turn.completed":
            await asyncio.sleep(0.3)
        await super().write(turn, event)


async def test_the_end_of_a_turn_of_this_process_is_told_once_however_late(chats: Chats) -> None:
    chat = await chats.open(says("Here I am."))
    chat.conversations.runner.log = LateEnd()
    turn = await chat.start("hello")
    live = [s async for s in chat.conversations.events(chat.owner, chat.thread, turn, "0", 0.02) if s]
    again = [s async for s in chat.conversations.events(chat.owner, chat.thread, turn, "0") if s]
    assert [sent.id for sent in live] == [sent.id for sent in again]
    assert live[-1].type == "turn.completed"
