"""The job queue: work for later, kept in the database, so that it survives restarts. Any number of workers take from it.

A job is taken by moving its due time behind the end of a lease, in one transaction that skips what others are taking. A
worker that dies loses it when the lease is over; one that is slow is stopped before that. So no two do one job at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from loguru import logger
from sqlalchemy import ColumnElement, Index, Row, UniqueConstraint, and_, case, delete, insert, select, update
from sqlmodel import Field, col

from .context import Context
from .database import ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record, retrying
from .faults import reached

Handler = Callable[[Context, dict[str, Any]], Awaitable[datetime | None]]
"""Does a job, outside any transaction; None when it is done, or when it wants to be run again. It may run twice."""
LEASE = timedelta(seconds=60)
LONGEST_RUN = 45.0
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
ATTEMPTS = 10
"""After so many failures a job is dead, until an operator revives it."""
chance = SystemRandom()


class JobRow(Record, table=True):
    """Of one kind and name there is one job: asked for again while it waits it is the same, while it runs it runs again."""

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "name"), Index("ix_job_due", "status", "due_at"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    kind: str = Field(max_length=64)
    name: str = Field(max_length=128)
    data: dict[str, Any] = Field(sa_type=JSON_VALUE)
    status: str = Field(max_length=16)
    """waiting or dead; what is done is deleted."""
    due_at: datetime = Field(sa_type=Moment)
    """While it runs, the end of its lease."""
    holder: str | None = Field(default=None, sa_type=ID)
    asked: int = 1
    attempts: int = 0
    last_error: str | None = Field(default=None, max_length=500)
    created_at: datetime = Field(sa_type=Moment)


KINDS: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Declares who does jobs of a kind; its module must be known to `commerce.jobs`."""

    def declare(handler: Handler) -> Handler:
        KINDS[kind] = handler
        return handler

    return declare


async def enqueue(ctx: Context, kind: str, name: str, *, due: datetime | None = None, **data: Any) -> None:
    """Asks for a job, in the caller's transaction. A dead one of this name lives again."""
    due = due or ctx.now
    row, idle = JobRow, col(JobRow.holder).is_(None)
    sooner = case((and_(idle, (col(row.due_at) > due) | (col(row.status) == "dead")), due), else_=col(row.due_at))
    again = update(row).where(col(row.kind) == kind, col(row.name) == name)
    if not await ctx.run(
        again.values(due_at=sooner, status="waiting", attempts=0, asked=col(row.asked) + 1, data=data)
    ):
        await ctx.run(insert(row).values(**_fresh(ctx, kind, name, due, data)))


async def enqueue_new(ctx: Context, kind: str, jobs: dict[str, dict[str, Any]]) -> None:
    """Many jobs of names that nobody has used, in one statement."""
    if jobs:
        rows = [_fresh(ctx, kind, name, ctx.now, data) for name, data in jobs.items()]
        await ctx.db.execute(insert(JobRow), rows)


def _fresh(ctx: Context, kind: str, name: str, due: datetime, data: dict[str, Any]) -> dict[str, Any]:
    facts = {"id": ctx.new_id("job"), "kind": kind, "name": name, "data": data, "due_at": due, "created_at": ctx.now}
    return facts | {"status": "waiting", "asked": 1, "attempts": 0}


@dataclass(frozen=True)
class Taken:
    """A job, and the name under which this worker holds it."""

    row: Row[Any]
    holder: str


async def take(ctx: Context, limit: int) -> Sequence[Taken]:
    """Due jobs, the longest due first; nobody else gets them while the lease lasts."""
    due = col(JobRow.status) == "waiting", col(JobRow.due_at) <= ctx.now
    async with ctx.reading() as inside:
        if not await inside.rows(select(col(JobRow.id)).where(*due).limit(1)):
            return []
    return await retrying(lambda: _take(ctx, due, limit))


async def _take(ctx: Context, due: Any, limit: int) -> Sequence[Taken]:
    first = select(JobRow).where(*due).order_by(col(JobRow.due_at)).limit(limit)
    holder = ctx.new_id("hld")
    async with ctx.writing() as inside:
        rows = await inside.rows(first.with_for_update(skip_locked=True))
        held = {"holder": holder, "due_at": ctx.now + LEASE, "attempts": col(JobRow.attempts) + 1}
        if rows:
            await inside.run(update(JobRow).where(col(JobRow.id).in_([r.id for r in rows])).values(**held))
    if rows:
        await reached("taken", "working")
    return [Taken(row, holder) for row in rows]


async def run(ctx: Context, taken: Taken) -> None:
    """Does one job and writes down what became of it; the end of a worker gives it back at once."""
    row = taken.row
    try:
        if row.kind not in KINDS:
            raise LookupError(f"nobody here does jobs of the kind {row.kind}")
        if row.attempts >= ATTEMPTS:
            raise RuntimeError("whoever took it died")
        async with asyncio.timeout(LONGEST_RUN):
            again = await KINDS[row.kind](ctx, row.data)
        await reached("done", "working")
        await _close(ctx, taken, again)
    except asyncio.CancelledError:
        await asyncio.shield(_change(ctx, taken, holder=None, due_at=ctx.now, attempts=row.attempts))
        raise
    except Exception as failed:  # noqa: BLE001 (the worker must go on; the job stays and is tried again)
        logger.opt(exception=failed).error("job {} {} failed, time {}", row.kind, row.name, row.attempts + 1)
        await _fail(ctx, taken, failed)


async def run_due(ctx: Context, limit: int = 20) -> int:
    """Takes and does due jobs, to their end."""
    found = await take(ctx, limit)
    await asyncio.gather(*(run(ctx, taken) for taken in found))
    return len(found)


async def _close(ctx: Context, taken: Taken, again: datetime | None) -> None:
    """What was asked for again while it ran runs again now."""
    unasked = *_as_taken(taken), col(JobRow.asked) == taken.row.asked
    later = update(JobRow).where(*unasked).values(holder=None, due_at=again, attempts=0)
    async with ctx.writing() as inside:
        closed = await inside.run(later if again else delete(JobRow).where(*unasked))
    if not closed:
        await _change(ctx, taken, holder=None, due_at=ctx.shop.clock(), attempts=0)


async def _fail(ctx: Context, taken: Taken, failed: Exception) -> None:
    attempts = taken.row.attempts + 1
    dead = attempts >= ATTEMPTS
    told = f"{type(failed).__name__}: {failed}"[:500]
    due = ctx.shop.clock() + wait_after(attempts, FIRST_WAIT, LONGEST_WAIT)
    await _change(ctx, taken, holder=None, due_at=due, status="dead" if dead else "waiting", last_error=told)


async def _change(ctx: Context, taken: Taken, **values: Any) -> None:
    """Unless the lease was over and somebody else has it."""
    async with ctx.writing() as inside:
        await inside.run(update(JobRow).where(*_as_taken(taken)).values(**values))


def _as_taken(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    return col(JobRow.id) == taken.row.id, col(JobRow.holder) == taken.holder


def wait_after(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """Doubles each time, between half and the whole of it, so that what failed together does not come back together."""
    doubled: timedelta = min(first * 2 ** min(attempts - 1, 30), longest)
    return doubled * chance.uniform(0.5, 1.0)
