"""Limits: a minute's worth at once, then steadily; the same in the process, on the stand-in and on Redis."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from commerce.adapters.redis import LazyRedis
from commerce.errors import TooManyRequests
from commerce.limits import MOST_BUCKETS, Buckets, Limits, key_of
from commerce.shared import Shared, open_shared
from evals.world import HandClock
from tests.conftest import REDIS
from tests.prove.stores import Redis as OwnRedis
from tests.streams import StandIn

KINDS = ["process", "stand-in", *(["redis"] if REDIS else [])]


@pytest.fixture(params=KINDS)
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    opened = StandIn() if request.param == "stand-in" else open_shared(REDIS if request.param == "redis" else "")
    yield opened
    await opened.close()


@pytest.fixture
def who() -> str:
    return uuid4().hex


async def taken(limits: Limits, who: str, times: int, per_minute: int) -> int:
    """How many of so many tries were let through."""

    async def once() -> bool:
        try:
            await limits.take("test", who, per_minute)
        except TooManyRequests:
            return False
        return True

    return sum(await asyncio.gather(*(once() for _ in range(times))))


async def test_a_minutes_worth_may_come_at_once_and_no_more(redis: Shared, who: str) -> None:
    limits = Limits(redis, HandClock())
    assert await taken(limits, who, 25, per_minute=10) == 10
    assert await taken(limits, "somebody else " + who, 1, per_minute=10) == 1


async def test_the_bucket_fills_steadily_and_not_beyond_its_rim(redis: Shared, who: str) -> None:
    clock = HandClock()
    limits = Limits(redis, clock)
    await taken(limits, who, 10, per_minute=10)
    clock.move(seconds=12)
    assert await taken(limits, who, 10, per_minute=10) == 2
    clock.move(hours=1)
    assert await taken(limits, who, 25, per_minute=10) == 10


async def test_the_refusal_says_how_long_to_wait(redis: Shared, who: str) -> None:
    clock = HandClock()
    limits = Limits(redis, clock)
    await limits.take("test", who, 2)
    await limits.take("test", who, 2)
    with pytest.raises(TooManyRequests) as refused:
        await limits.take("test", who, 2)
    assert refused.value.retry_after == 30
    clock.move(seconds=30)
    await limits.take("test", who, 2)


async def test_a_clock_that_goes_back_gives_nothing_away(redis: Shared, who: str) -> None:
    clock = HandClock()
    limits = Limits(redis, clock)
    await taken(limits, who, 10, per_minute=10)
    clock.move(seconds=-600)
    assert await taken(limits, who, 1, per_minute=10) == 0
    clock.move(seconds=600)
    assert await taken(limits, who, 1, per_minute=10) == 0


@pytest.mark.skipif(not REDIS, reason="no Redis answers")
async def test_processes_share_a_bucket_which_does_not_stay_for_ever(who: str) -> None:
    clock, one, other = HandClock(), LazyRedis(REDIS), LazyRedis(REDIS)
    assert await taken(Limits(one, clock), who, 7, per_minute=10) == 7
    assert await taken(Limits(other, clock), who, 7, per_minute=10) == 3
    assert 0 < await one().ttl(key_of("test", who)) <= 61
    assert who not in key_of("test", who)
    await one.close()
    await other.close()


async def test_without_redis_the_process_keeps_its_own_buckets(who: str) -> None:
    gone = LazyRedis("redis://127.0.0.1:1/0")
    assert await taken(Limits(gone, HandClock()), who, 25, per_minute=10) == 10
    await gone.close()


async def test_a_redis_that_dies_hangs_or_forgets_turns_nobody_away(own_redis: OwnRedis, who: str) -> None:
    clock, redis = HandClock(), LazyRedis(own_redis.url)
    limits = Limits(redis, clock)
    assert await taken(limits, who, 10, per_minute=10) == 10
    own_redis.flush()
    assert await taken(limits, who, 25, per_minute=10) == 10
    own_redis.signal(signal.SIGSTOP)
    assert await taken(limits, who, 25, per_minute=10) == 10
    own_redis.kill()
    assert await taken(limits, who, 25, per_minute=10) == 0
    await redis.close()


def test_buckets_of_a_process_do_not_grow_without_end() -> None:
    buckets = Buckets()
    for number in range(MOST_BUCKETS + 1):
        buckets.take(str(number), 1, 0.0)
    assert len(buckets._held) <= MOST_BUCKETS // 2
    assert buckets.take(str(MOST_BUCKETS), 1, 0.0) > 0, "the newest are kept"
