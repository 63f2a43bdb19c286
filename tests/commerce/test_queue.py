"""The job queue: each job is done by one worker, survives its death, and is given up in the open."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from commerce import queue
from commerce.backlog import counted, dead_jobs, revive_jobs
from commerce.context import ANONYMOUS, Context
from commerce.queue import ATTEMPTS, LEASE, JobRow, enqueue, run, run_due, take, wait_after
from tests.worlds import World


@dataclass
class Doing:
    """Does jobs of the kind `test`, and remembers which."""

    done: list[dict[str, Any]] = field(default_factory=list)
    failing: bool = False
    again: datetime | None = None
    gate: asyncio.Event | None = None

    async def __call__(self, _ctx: Context, data: dict[str, Any]) -> datetime | None:
        if self.gate:
            await self.gate.wait()
        self.done.append(data)
        if self.failing:
            raise RuntimeError("the printer is on fire")
        return self.again


@pytest.fixture
def doing() -> Iterator[Doing]:
    queue.KINDS["test"] = made = Doing()
    yield made
    del queue.KINDS["test"]


@pytest.fixture
async def ctx(each_world: World) -> Context:
    return Context(each_world.shop, ANONYMOUS)


def now(world: World) -> Context:
    return Context(world.shop, ANONYMOUS)


async def ask(ctx: Context, name: str = "a", due: datetime | None = None, **data: Any) -> None:
    async with ctx.writing() as inside:
        await enqueue(inside, "test", name, due=due, **data)


async def rows(ctx: Context) -> list[Any]:
    async with ctx.reading() as inside:
        return list(await inside.rows(select(JobRow).order_by(col(JobRow.name))))


async def test_a_job_is_done_once_and_then_gone(each_world: World, ctx: Context, doing: Doing) -> None:
    await ask(ctx, number=7)
    assert await run_due(ctx) == 1
    assert await run_due(ctx) == 0
    assert doing.done == [{"number": 7}]
    assert await rows(ctx) == []


async def test_a_job_waits_until_it_is_due(each_world: World, ctx: Context, doing: Doing) -> None:
    await ask(ctx, due=ctx.now + timedelta(hours=1))
    assert await run_due(ctx) == 0
    each_world.clock.move(hours=1)
    assert await run_due(now(each_world)) == 1


async def test_workers_at_once_never_do_the_same_job(each_world: World, ctx: Context, doing: Doing) -> None:
    for number in range(30):
        await ask(ctx, f"job {number:02}", number=number)
    counts = await asyncio.gather(*(run_due(ctx, 10) for _ in range(6)))
    while await run_due(ctx, 10):
        pass
    assert sorted(d["number"] for d in doing.done) == list(range(30))
    assert max(counts) <= 10


async def test_asked_for_twice_it_is_one_and_the_latest_counts(each_world: World, ctx: Context, doing: Doing) -> None:
    await ask(ctx, due=ctx.now + timedelta(hours=1), number=1)
    await asyncio.gather(*(ask(ctx, number=2) for _ in range(5)))
    assert await run_due(ctx) == 1
    assert doing.done == [{"number": 2}]
    assert await rows(ctx) == []


async def test_asked_for_while_it_runs_it_runs_again(each_world: World, ctx: Context, doing: Doing) -> None:
    doing.gate = asyncio.Event()
    await ask(ctx, number=1)
    [taken] = await take(ctx, 10)
    running = asyncio.create_task(run(ctx, taken))
    await ask(ctx, number=2)
    assert await run_due(ctx) == 0, "not while it runs"
    doing.gate.set()
    await running
    assert await run_due(ctx) == 1
    assert [d["number"] for d in doing.done] == [1, 2]


async def test_a_job_of_a_dead_worker_is_done_when_its_lease_is_over(
    each_world: World, ctx: Context, doing: Doing
) -> None:
    await ask(ctx, number=1)
    [taken] = await take(ctx, 10)
    assert await run_due(ctx) == 0
    each_world.clock.move(seconds=LEASE.total_seconds() + 1)
    later = now(each_world)
    [taken_over] = await take(later, 10)
    await run(ctx, taken)  # the dead one was only slow: what it writes down counts no more
    assert [row.holder for row in await rows(later)] == [taken_over.holder]
    await run(later, taken_over)
    assert await rows(later) == []


async def test_a_stopped_worker_gives_back_what_it_had_in_hand(each_world: World, ctx: Context, doing: Doing) -> None:
    doing.gate = asyncio.Event()
    await ask(ctx, number=1)
    [taken] = await take(ctx, 10)
    running = asyncio.create_task(run(ctx, taken))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    doing.gate.set()
    assert await run_due(ctx) == 1


async def test_a_failing_job_waits_longer_each_time_and_then_is_dead(
    each_world: World, ctx: Context, doing: Doing
) -> None:
    doing.failing = True
    await ask(ctx, number=1)
    waits = []
    for _ in range(ATTEMPTS):
        before = now(each_world)
        assert await run_due(before) == 1
        [row] = await rows(before)
        waits.append((row.due_at - before.now).total_seconds())
        each_world.clock.move(hours=2)
    assert [2.5 * 2**n <= wait <= 5 * 2**n for n, wait in enumerate(waits[:9])] == [True] * 9
    [dead] = await dead_jobs(each_world.shop)
    assert (dead.status, dead.last_error) == ("dead", "RuntimeError: the printer is on fire")
    assert await run_due(now(each_world)) == 0
    assert (await counted(each_world.shop))["jobs_dead"] == 1


async def test_a_dead_job_is_revived_by_an_operator_or_by_being_asked_for(
    each_world: World, ctx: Context, doing: Doing
) -> None:
    for name in ("a", "b", "c"):
        await ask(ctx, name, job=name)
    async with ctx.writing() as inside:
        await inside.run(text("UPDATE job SET status = 'dead', attempts = 10"))
    [first, *_] = await dead_jobs(each_world.shop)
    assert await revive_jobs(each_world.shop, first.id) == 1
    assert await revive_jobs(each_world.shop, first.id) == 0, "it is dead no more"
    await ask(ctx, "b", job="b again")
    assert await run_due(ctx) == 2
    assert {d["job"] for d in doing.done} == {first.name, "b again"}
    assert await revive_jobs(each_world.shop, None) == 1


async def test_a_job_that_kills_its_workers_is_given_up(each_world: World, ctx: Context, doing: Doing) -> None:
    await ask(ctx, number=1)
    for _ in range(ATTEMPTS + 1):
        found = await take(now(each_world), 10)
        each_world.clock.move(seconds=LEASE.total_seconds() + 1)
    await run(now(each_world), found[0])
    assert doing.done == []
    [dead] = await dead_jobs(each_world.shop)
    assert "died" in dead.last_error


async def test_a_job_that_wants_to_comes_again(each_world: World, ctx: Context, doing: Doing) -> None:
    doing.again = ctx.now + timedelta(minutes=5)
    await ask(ctx, number=1)
    await run_due(ctx)
    [row] = await rows(ctx)
    assert (row.due_at, row.holder, row.attempts) == (doing.again, None, 0)


async def test_a_kind_that_nobody_knows_is_not_lost(each_world: World, ctx: Context) -> None:
    async with ctx.writing() as inside:
        await enqueue(inside, "unheard of", "a")
    await run_due(ctx)
    [row] = await rows(ctx)
    assert "unheard of" in row.last_error


async def test_a_job_is_there_when_its_transaction_is(each_world: World, ctx: Context, doing: Doing) -> None:
    async def cut_off() -> None:
        async with ctx.writing() as inside:
            await enqueue(inside, "test", "a")
            raise RuntimeError("no commit")

    with pytest.raises(RuntimeError):
        await cut_off()
    assert await rows(ctx) == []


def test_waits_differ_so_that_failures_do_not_come_back_together() -> None:
    waits = {wait_after(3, timedelta(seconds=5), timedelta(hours=1)) for _ in range(50)}
    assert len(waits) > 10
    assert all(timedelta(seconds=10) <= wait <= timedelta(seconds=20) for wait in waits)
    assert wait_after(100, timedelta(seconds=5), timedelta(hours=1)) <= timedelta(hours=1)
