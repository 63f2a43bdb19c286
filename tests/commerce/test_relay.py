"""The relay: every event reaches listeners and the stream, in order, whatever dies or hangs on the way."""

import asyncio
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from commerce import relay as relaying
from commerce.adapters.redis import LazyRedis
from commerce.backlog import counted
from commerce.context import ANONYMOUS, Context
from commerce.errors import RedisAway
from commerce.events import OutboxRow
from commerce.jobs import EVENTS_KEPT, run_jobs
from commerce.leases import SHORT, held, take
from commerce.relay import STREAM, relay
from tests.prove.stores import Redis as OwnRedis
from tests.streams import StandIn, entries
from tests.worlds import World


@pytest.fixture
async def streamed(each_world: World) -> AsyncIterator[World]:
    """A world with a Redis that keeps a stream."""
    shop = replace(each_world.shop, redis=StandIn())
    yield replace(each_world, shop=shop)
    await shop.redis.close()


async def tell(world: World, *numbers: int, order: str = "DT-2222-2222") -> None:
    ctx = Context(world.shop, ANONYMOUS)
    for number in numbers:
        async with ctx.writing() as inside:
            inside.emit("order.paid", order=order, number=number)


async def left(world: World) -> tuple[int, int]:
    """How many events wait for listeners, and for the stream."""
    figures = await counted(world.shop)
    return int(figures["events_waiting"]), int(figures["events_unstreamed"])


def ctx(world: World) -> Context:
    return Context(world.shop, ANONYMOUS)


async def test_events_come_out_in_the_order_in_which_they_were_committed(streamed: World) -> None:
    heard: list[int] = []

    async def listen(data: dict[str, Any]) -> None:
        heard.append(data["number"])

    streamed.shop.outbox.listen("order.paid", listen)
    await tell(streamed, *range(10))
    await relay(ctx(streamed))
    assert heard == list(range(10))
    found = await entries(streamed.shop.redis, STREAM)
    assert [entry["data"]["number"] for entry in found] == list(range(10))
    assert all(entry.keys() == {"id", "type", "time", "data"} for entry in found)
    assert len({entry["id"] for entry in found}) == 10
    assert await left(streamed) == (0, 0)


async def test_of_one_order_no_event_overtakes_another(streamed: World) -> None:
    """The first transaction of an order starts earlier and commits later than the second: the ids do not tell the order."""
    early = ctx(streamed)
    streamed.clock.move(seconds=1)
    await tell(streamed, 1)
    async with early.writing() as inside:
        inside.emit("order.paid", order="DT-2222-2222", number=2)
    await relay(ctx(streamed))
    assert [entry["data"]["number"] for entry in await entries(streamed.shop.redis, STREAM)] == [1, 2]


async def test_many_relays_at_once_tell_each_event_once_and_in_order(streamed: World) -> None:
    heard: list[int] = []

    async def listen(data: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        heard.append(data["number"])

    streamed.shop.outbox.listen("order.paid", listen)
    await tell(streamed, *range(20))
    await asyncio.gather(*(relay(ctx(streamed)) for _ in range(5)))
    assert heard == list(range(20))
    assert [e["data"]["number"] for e in await entries(streamed.shop.redis, STREAM)] == list(range(20))


async def test_orders_placed_at_once_are_told_in_each_orders_own_order(streamed: World) -> None:
    async def trip() -> None:
        customer = await streamed.customer()
        order = await customer.buy(payment_method=await customer.method("tok_succeeds"))
        await customer("cancel_order", order=order.order)

    await asyncio.gather(*(trip() for _ in range(6)), *(relay(ctx(streamed)) for _ in range(3)))
    streamed.clock.move(minutes=1)
    await run_jobs(streamed.shop)
    told = defaultdict(list)
    for entry in await entries(streamed.shop.redis, STREAM):
        told[entry["data"].get("order")].append(entry["type"])
    told.pop(None, None)
    assert len(told) == 6
    assert all(types == ["order.placed", "order.paid", "order.cancelled", "order.refunded"] for types in told.values())
    assert await streamed.findings() == []


async def test_a_listener_that_fails_delays_its_own_event_only(streamed: World) -> None:
    heard: list[int] = []
    broken = True

    async def listen(data: dict[str, Any]) -> None:
        if broken and data["number"] == 1:
            raise RuntimeError("not now")
        heard.append(data["number"])

    streamed.shop.outbox.listen("order.paid", listen)
    await tell(streamed, 0, 1, 2)
    await relay(ctx(streamed))
    assert heard == [0, 2]
    assert await left(streamed) == (1, 0), "the stream did not wait for it"
    broken = False
    await relay(ctx(streamed))
    assert heard == [0, 2], "not before its time"
    streamed.clock.move(seconds=31)
    await relay(ctx(streamed))
    assert heard == [0, 2, 1]


class LosesAnswers(StandIn):
    """Does what it is asked, and then the connection is gone."""

    async def ask(self, question: Any) -> Any:
        await super().ask(question)
        raise RedisAway("the answer was lost")


async def test_a_lost_answer_repeats_events_under_their_ids_and_loses_none(streamed: World) -> None:
    await tell(streamed, 0, 1)
    cut = replace(streamed, shop=replace(streamed.shop, redis=LosesAnswers(streamed.shop.redis())))
    await relay(ctx(cut))
    assert await left(streamed) == (0, 2)
    await tell(streamed, 2)
    await relay(ctx(streamed))
    found = await entries(streamed.shop.redis, STREAM)
    first_seen = dict.fromkeys(entry["id"] for entry in found)
    assert [entry["data"]["number"] for entry in found] == [0, 1, 0, 1, 2]
    assert len(first_seen) == 3


async def test_a_shop_without_a_redis_server_keeps_nothing_for_a_stream(each_world: World) -> None:
    await tell(each_world, 0)
    assert await left(each_world) == (1, 0)
    await relay(ctx(each_world))
    assert await left(each_world) == (0, 0)


async def test_redis_may_hang_die_and_forget_while_the_shop_goes_on(each_world: World, own_redis: OwnRedis) -> None:
    redis = LazyRedis(own_redis.url)
    world = replace(each_world, shop=replace(each_world.shop, redis=redis))
    heard: list[int] = []

    async def listen(data: dict[str, Any]) -> None:
        heard.append(data["number"])

    world.shop.outbox.listen("order.paid", listen)
    await tell(world, 0)
    await relay(ctx(world))
    own_redis.signal(signal.SIGSTOP)
    await tell(world, 1)
    await relay(ctx(world))
    own_redis.kill()
    await tell(world, 2)
    await relay(ctx(world))
    assert heard == [0, 1, 2], "what is inside does not wait for Redis"
    assert await left(world) == (0, 2)
    own_redis.start()
    back = LazyRedis(own_redis.url)
    world = replace(world, shop=replace(world.shop, redis=back))
    await relay(ctx(world))
    assert [e["data"]["number"] for e in await entries(back, STREAM)] == [1, 2], "it was empty after its death"
    assert await left(world) == (0, 0)
    for client in (redis, back):
        await client.close()


async def test_the_stream_does_not_grow_without_end_and_does_not_stay_for_ever(
    streamed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "LONGEST", 100)
    for first in range(0, 1000, 200):
        async with ctx(streamed).writing() as inside:
            for number in range(first, first + 200):
                inside.emit("order.paid", order="DT-2222-2222", number=number)
        await relay(ctx(streamed))
    found = await entries(streamed.shop.redis, STREAM)
    assert found[-1]["data"]["number"] == 999
    assert len(found) < 400
    assert 0 < await streamed.shop.redis().ttl(STREAM) <= relaying.KEPT_SECONDS


async def test_old_events_are_forgotten_and_those_that_wait_are_not(streamed: World) -> None:
    await tell(streamed, 0)
    await relay(ctx(streamed))
    streamed.clock.move(days=EVENTS_KEPT.days + 1)
    gone = replace(streamed, shop=replace(streamed.shop, redis=LazyRedis("redis://127.0.0.1:1/0")))
    await tell(gone, 1)
    gone.clock.move(days=EVENTS_KEPT.days + 1)
    await run_jobs(gone.shop)
    async with ctx(gone).reading() as inside:
        assert [row.data["number"] for row in await inside.rows(select(OutboxRow))] == [1]
    await gone.shop.redis.close()


async def test_a_lease_has_one_holder_and_ends_with_its_time(each_world: World) -> None:
    here = ctx(each_world)
    async with held(here, "test") as mine:
        assert mine
        assert await asyncio.gather(*(take(here, "test", SHORT) for _ in range(4))) == [False] * 4
    assert await take(here, "test", SHORT), "given back"
    each_world.clock.move(seconds=SHORT.total_seconds() + 1)
    taken = await asyncio.gather(*(take(ctx(each_world), "test", SHORT) for _ in range(6)))
    assert sorted(taken) == [False] * 5 + [True]


async def test_a_new_lease_is_taken_by_one_of_many(each_world: World) -> None:
    taken = await asyncio.gather(*(take(ctx(each_world), "new", SHORT) for _ in range(6)))
    assert sorted(taken) == [False] * 5 + [True]


async def test_a_write_without_events_wakes_no_worker(each_world: World) -> None:
    outbox = each_world.shop.outbox
    outbox.waiting.clear()
    async with ctx(each_world).writing() as inside:
        await inside.value(select(func.count(col(OutboxRow.seq))))
    assert not outbox.waiting.is_set()
    await tell(each_world, 0)
    assert outbox.waiting.is_set()
