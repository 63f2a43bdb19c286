"""Events: written to the outbox with the change they tell of, delivered at least once to whoever listens."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from loguru import logger
from sqlalchemy import Index, insert, select, update
from sqlmodel import Field, col

from .database import ID, JSON_VALUE, TABLE_OPTIONS, Database, Moment, Record
from .faults import reached

if TYPE_CHECKING:
    from .context import Context

Listener = Callable[[dict[str, Any]], Awaitable[None]]
RETRY = timedelta(seconds=30)


class OutboxRow(Record, table=True):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_undelivered", "delivered_at", "due_at"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    type: str = Field(max_length=64)
    data: dict[str, Any] = Field(sa_type=JSON_VALUE)
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_type=Moment)


class Outbox:
    """Listeners of this process, and the rows that wait for them. A listener may see an event twice and must not mind."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}
        self.waiting = asyncio.Event()

    def listen(self, type: str, listener: Listener) -> None:
        self._listeners.setdefault(type, []).append(listener)

    def wake(self) -> None:
        self.waiting.set()

    async def write(self, ctx: "Context") -> None:
        if not ctx.events:
            return
        rows = [
            {
                "id": ctx.new_id("evt"),
                "type": e.type,
                "data": e.data,
                "created_at": ctx.now,
                "due_at": ctx.now,
                "attempts": 0,
            }
            for e in ctx.events
        ]
        await ctx.db.execute(insert(OutboxRow), rows)

    async def deliver(self, database: Database, now: datetime, limit: int = 100) -> int:
        """Hands due events to the listeners, oldest first; says how many were delivered."""
        due = select(OutboxRow).where(col(OutboxRow.delivered_at).is_(None), col(OutboxRow.due_at) <= now)
        async with database.read() as db:
            rows = (await db.execute(due.order_by(col(OutboxRow.id)).limit(limit))).all()
        if rows:
            await reached("picked", "relaying")
        return sum([await self._deliver_one(database, row, now) for row in rows])

    async def _deliver_one(self, database: Database, row: Any, now: datetime) -> bool:
        """A failing listener delays its own event only."""
        try:
            for listener in self._listeners.get(row.type, []):
                await listener(row.data)
            await reached("delivered", "relaying")
            change: dict[str, Any] = {"delivered_at": now}
        except Exception:  # noqa: BLE001 (the relay must go on; the event stays and is tried again)
            logger.exception("event {} {} was not delivered", row.type, row.id)
            change = {"due_at": now + RETRY * 2 ** min(row.attempts, 6)}
        async with database.write() as db:
            await db.execute(
                update(OutboxRow).where(col(OutboxRow.id) == row.id).values(attempts=row.attempts + 1, **change)
            )
            await reached("marking", "relaying")
        await reached("marked", "relaying")
        return "delivered_at" in change
