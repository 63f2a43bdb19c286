"""Events: written to the outbox with the change they tell of; the relay carries them out of it.

An event's `data` is JSON and says by standard keys what it concerns: `order`, `fulfillment`, `product`, `merchant`. What
names a merchant is told to that merchant as it is; of what only names an order, its merchants hear the order's number. What
names an `account` is told to no merchant.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Index, Integer, insert
from sqlmodel import Field

from .database import ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record

if TYPE_CHECKING:
    from .context import Context

Listener = Callable[[dict[str, Any]], Awaitable[None]]
COUNTER = BigInteger().with_variant(Integer(), "sqlite")
"""Counted by the database; only INTEGER is on SQLite."""
EVENTS = {
    "order.placed": "An order was placed; its goods are reserved.",
    "order.paid": "An order was paid.",
    "order.payment_declined": "A payment was declined; the order can be paid another way.",
    "order.payment_lost": "Money that was held is gone at the provider; an order of which nothing is shipped is cancelled.",
    "order.shipped": "A part of an order is on its way.",
    "order.tracking_corrected": "Carrier or tracking number of a shipped part was corrected.",
    "order.delivered": "A part of an order has arrived.",
    "order.cancelled": "An order was cancelled; goods and coupons are back.",
    "order.expired": "An order was not paid in time; goods and coupons are back.",
    "order.line_cancelled": "Pieces of an order were cancelled before they were shipped.",
    "order.part_cancelled": "A merchant can't deliver its part of an order; the money goes back.",
    "order.address_changed": "An order goes to another address.",
    "order.refunded": "Money of an order was given back.",
    "order.refund_failed": "A refund did not go through.",
    "order.refund_requested": "A shopper asks to send pieces of a part back.",
    "order.refund_withdrawn": "A shopper took a refund request back.",
    "order.refund_rejected": "A merchant rejected a refund request.",
    "order.refund_approved": "A merchant approved a refund request; the money goes back.",
    "order.refund_granted": "A merchant gave money back of its own accord.",
    "order.refund_expired": "Nobody reviewed a refund request in time.",
    "stock.back": "What a shopper waits for can be bought again; one for each who waits. Told to the shop, not to merchants.",
}
"""What the outside can be told, by type."""
INTERNAL = {"guest.signed_in", "account.closed"}
"""Types that stay inside: they name accounts."""


class OutboxRow(Record, table=True):
    """`seq` is counted when the row is written, which happens while what it tells of is locked: of one order, events are
    numbered in the order in which they were committed."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_undelivered", "delivered_at", "due_at"),
        Index("ix_outbox_unstreamed", "streamed_at", "seq"),
        TABLE_OPTIONS | {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=COUNTER)
    id: str = Field(sa_type=ID, unique=True)
    type: str = Field(max_length=64)
    data: dict[str, Any] = Field(sa_type=JSON_VALUE)
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_type=Moment)
    """Every listener has heard it, and each webhook that wants it has its delivery."""
    streamed_at: datetime | None = Field(default=None, sa_type=Moment)
    """It is in the Redis Stream; without a Redis server, when it was written."""


WRITE = insert(OutboxRow)


class Outbox:
    """Listeners of this process, and what wakes its worker. A listener may hear an event twice and must not mind."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}
        self.waiting = asyncio.Event()

    def listen(self, type: str, listener: Listener) -> None:
        self._listeners.setdefault(type, []).append(listener)

    def listeners(self, type: str) -> list[Listener]:
        return self._listeners.get(type, [])

    def wake(self) -> None:
        self.waiting.set()

    async def write(self, ctx: "Context") -> None:
        if not ctx.events:
            return
        common = {"created_at": ctx.now, "due_at": ctx.now, "attempts": 0}
        common["streamed_at"] = ctx.now if ctx.shop.redis.embedded else None
        rows = [{"id": ctx.new_id("evt"), "type": e.type, "data": e.data} | common for e in ctx.events]
        await ctx.add(WRITE, rows)
