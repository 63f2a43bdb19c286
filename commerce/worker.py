"""The worker: does what is due, again and again, inside the server or as a process of its own; any number at once.

It looks every `SHOP_SWEEP_SECONDS`, and at once when this process wrote an event. Asked to stop, it takes nothing new and
finishes what it has in hand. It writes down that it is alive, so that operators see whether anybody works.
"""

import asyncio
import os
import socket
from contextlib import suppress
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Field, col

from . import queue
from .context import ANONYMOUS, Context
from .database import ID, Moment, Record, retrying
from .jobs import sweep
from .relay import relay
from .shop import Shop

AT_ONCE = 16
"""Jobs in hand at a time."""
BREATH = 0.25
"""Seconds between rounds, so that many events make few rounds. An event that comes after a rest is carried at once."""
SIGN_OF_LIFE = timedelta(seconds=10)
SILENT = timedelta(seconds=60)
"""A worker that was not heard for so long is taken for dead."""


class WorkerRow(Record, table=True):
    __tablename__ = "worker"

    id: str = Field(primary_key=True, sa_type=ID)
    host: str = Field(max_length=255)
    pid: int
    started_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    """End of its last good round, or a little before."""
    failing: str | None = Field(default=None, max_length=500)
    """Why its last round failed."""


class Worker:
    """One loop. `stop()` ends it cleanly; cancelling it ends it at once, and does no harm either."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._in_hand: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._swept_at = self._told_at = datetime.min.replace(tzinfo=shop.clock().tzinfo)
        self._failing: str | None = None
        self.id = shop.ids.make("wrk", shop.clock())

    def stop(self) -> None:
        self._stopping = True
        self._shop.outbox.wake()

    async def run(self) -> None:
        try:
            while not self._stopping:
                self._shop.outbox.waiting.clear()
                await self._round_or_log()
                await self._rest()
            await asyncio.gather(*self._in_hand)
            await self._say_goodbye()
        finally:
            for task in self._in_hand:
                task.cancel()
            await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _round_or_log(self) -> None:
        try:
            await self._round()
            self._failing = None
        except Exception as failed:  # noqa: BLE001 (the worker must outlive a bad round)
            logger.exception("a round of the worker failed")
            self._failing = f"{type(failed).__name__}: {failed}"[:500]
        with suppress(Exception):  # the round's own failure is logged; this one has the same cause
            await self._say_alive()

    async def _round(self) -> None:
        ctx = Context(self._shop, ANONYMOUS)
        carried = await relay(ctx)
        taken = await queue.take(ctx, AT_ONCE - len(self._in_hand)) if len(self._in_hand) < AT_ONCE else []
        for one in taken:
            task = asyncio.create_task(queue.run(ctx, one))
            self._in_hand.add(task)
            task.add_done_callback(self._done)
        if self._over(self._swept_at, self._shop.settings.sweep_seconds):
            await sweep(ctx)
            self._swept_at = self._shop.clock()
        if carried or taken:
            self._shop.outbox.wake()

    def _done(self, task: asyncio.Task[None]) -> None:
        """A free hand may have something to do."""
        self._in_hand.discard(task)
        self._shop.outbox.wake()
        if not task.cancelled() and (failed := task.exception()):
            logger.opt(exception=failed).error("a job's outcome could not be written; it is done again")

    async def _rest(self) -> None:
        await asyncio.sleep(BREATH)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._shop.outbox.waiting.wait(), self._shop.settings.sweep_seconds)

    def _over(self, since: datetime, seconds: float) -> bool:
        return self._shop.clock() - since >= timedelta(seconds=seconds)

    async def _say_alive(self) -> None:
        if self._over(self._told_at, SIGN_OF_LIFE.total_seconds()) or self._failing:
            await retrying(self._write_sign)
            self._told_at = self._shop.clock()

    async def _write_sign(self) -> None:
        now = self._shop.clock()
        sign = {"failing": self._failing} if self._failing else {"seen_at": now, "failing": None}
        async with self._shop.database.write() as db:
            mine = update(WorkerRow).where(col(WorkerRow.id) == self.id)
            if not (await db.execute(mine.values(**sign))).rowcount:
                facts = {"id": self.id, "host": socket.gethostname()[:255], "pid": os.getpid(), "started_at": now}
                await db.execute(insert(WorkerRow).values(**facts, **({"seen_at": now} | sign)))
                await db.execute(delete(WorkerRow).where(col(WorkerRow.seen_at) < now - timedelta(days=1)))

    async def _say_goodbye(self) -> None:
        async with self._shop.database.write() as db:
            await db.execute(delete(WorkerRow).where(col(WorkerRow.id) == self.id))


async def last_seen(shop: Shop) -> datetime | None:
    """When any worker last ended a good round."""
    async with shop.database.read() as db:
        found: datetime | None = await db.scalar(select(func.max(col(WorkerRow.seen_at))))
        return found
