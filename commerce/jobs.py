"""What is done behind the scenes: carry events out, do the jobs that are due, finish what stopped half-way, give up what
nobody pays, forget what is old.

Each finds its work in the database and takes it by compare-and-change, skipping what others are taking: any number of
workers do nothing twice.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, or_, select, update
from sqlmodel import col

from . import idempotency, leases, queue
from .accounts import attempts, guests, sessions
from .aftersales.requesting import expire_requests
from .catalog.indexing import reindex_stale
from .context import ANONYMOUS, Context
from .database import retrying
from .events import OutboxRow
from .faults import reached
from .images.files import remove_unused
from .inventory.alerts import tell_who_waits
from .orders.cancelling import give_up
from .orders.records import OrderRow
from .payments.forgetting import forget_methods
from .payments.gateway_events import forget_old_events
from .payments.outcomes import LONGEST_WAIT
from .payments.records import PaymentRow
from .payments.settling import OPEN, settle, settle_order
from .payments.tokens import forget_old_tokens
from .relay import relay
from .shop import Shop
from .webhooks import delivering
from .webhooks.operations import forget_old as forget_old_deliveries

BATCH = 50
AT_ONCE = 8
ASKED = timedelta(seconds=10)
"""How long a payment is left to the worker that asks about it."""
FORGETTING = timedelta(minutes=1)
EVENTS_KEPT = timedelta(days=14)
DELIVERIES_KEPT = timedelta(days=30)
HANDLERS = (delivering,)
"""Modules whose jobs this process knows."""


async def run_jobs(shop: Shop) -> None:
    """One round of everything, to its end."""
    ctx = Context(shop, ANONYMOUS)
    await relay(ctx)
    await queue.run_due(ctx)
    await sweep(ctx)


async def sweep(ctx: Context) -> int:
    """What no event and no job tells of; says how much there was."""
    done = await heal_payments(ctx) + await expire_orders(ctx) + await cancel_lost(ctx) + await forget_methods(ctx)
    done += await reindex_stale(ctx) + await tell_who_waits(ctx) + await remove_unused(ctx)
    done += await expire_requests(ctx)
    if await leases.take(ctx, "forgetting", FORGETTING):
        await forget(ctx)
    return done


async def heal_payments(ctx: Context) -> int:
    """Asks the gateway about every payment whose outcome is open and due, a few at a time."""
    never = ctx.now + 2 * LONGEST_WAIT  # nobody waits for so long: the clock was put back
    now = or_(col(PaymentRow.ask_at) <= ctx.now, col(PaymentRow.ask_at) > never)
    due = col(PaymentRow.status).in_(OPEN), now
    async with ctx.reading() as inside:
        if not await inside.rows(select(col(PaymentRow.id)).where(*due).limit(1)):
            return 0
    found = await retrying(lambda: _take_payments(ctx, due))
    outcomes = await asyncio.gather(*(_heal(ctx, payment) for payment in found), return_exceptions=True)
    for failed in (outcome for outcome in outcomes if outcome is not None):
        raise failed  # when all have ended: the round is told in the log
    return len(found)


async def _take_payments(ctx: Context, due: Any) -> Sequence[Row[Any]]:
    first = select(PaymentRow).where(*due).order_by(col(PaymentRow.ask_at)).limit(AT_ONCE)
    async with ctx.writing() as inside:
        rows = await inside.rows(first.with_for_update(skip_locked=True))
        mine = col(PaymentRow.id).in_([row.id for row in rows])
        if rows:
            await inside.run(update(PaymentRow).where(mine).values(ask_at=ctx.now + ASKED))
    return rows


async def _heal(ctx: Context, payment: Row[Any]) -> None:
    await reached("found", "healing")
    await settle(ctx, payment)


async def expire_orders(ctx: Context) -> int:
    """Gives up unpaid orders whose time is over; one with a charge under way waits for its outcome."""
    processing = select(col(PaymentRow.id)).where(col(PaymentRow.status) == "processing")
    late = col(OrderRow.status) == "awaiting_payment", col(OrderRow.pay_until) <= ctx.now
    free = col(OrderRow.active_payment).is_(None) | col(OrderRow.active_payment).not_in(processing)
    async with ctx.reading() as inside:
        found = await inside.rows(select(col(OrderRow.number)).where(*late, free).limit(BATCH))
    for order in found:
        await _expire(ctx, order.number, late)
    return len(found)


async def _expire(ctx: Context, number: str, late: Any) -> None:
    if await retrying(lambda: _give_up(ctx, number, late)):
        await reached("committed", "expiring")
        await settle_order(ctx, number)


async def _give_up(ctx: Context, number: str, late: Any) -> bool:
    """Passes over an order that another worker, or its shopper, is at."""
    still = select(OrderRow).where(col(OrderRow.number) == number, *late)
    async with ctx.writing() as inside:
        order = await inside.row(still.with_for_update(skip_locked=True))
        given_up = order is not None and await give_up(inside, order, "not paid in time", event="expired")
        await reached("given_up", "expiring")
        return given_up


async def cancel_lost(ctx: Context) -> int:
    """Cancels paid orders whose authorised money the provider let go before anything was shipped."""
    lost = exists().where(col(PaymentRow.order_number) == col(OrderRow.number), col(PaymentRow.status) == "lost")
    gone = col(OrderRow.status) == "paid", lost
    async with ctx.reading() as inside:
        found = await inside.rows(select(col(OrderRow.number)).where(*gone).limit(BATCH))
    for order in found:
        await _cancel_lost(ctx, order.number, gone)
    return len(found)


async def _cancel_lost(ctx: Context, number: str, gone: Any) -> None:
    if await retrying(lambda: _give_up_lost(ctx, number, gone)):
        await settle_order(ctx, number)


async def _give_up_lost(ctx: Context, number: str, gone: Any) -> bool:
    still = select(OrderRow).where(col(OrderRow.number) == number, *gone)
    async with ctx.writing() as inside:
        order = await inside.row(still.with_for_update(skip_locked=True))
        return order is not None and await give_up(inside, order, "the payment provider no longer holds the money")


async def forget(ctx: Context) -> None:
    """Removes what nobody will ask for any more."""
    heard = col(OutboxRow.delivered_at) < ctx.now - EVENTS_KEPT, col(OutboxRow.streamed_at).is_not(None)
    async with ctx.writing() as inside:
        await idempotency.forget_old(inside)
        await forget_old_tokens(inside)
        await sessions.sweep(inside)
        await attempts.forget_old(inside)
        await forget_old_events(inside)
    await guests.forget_guests(ctx)
    async with ctx.writing() as inside:
        await inside.run(delete(OutboxRow).where(*heard))
        await forget_old_deliveries(inside, ctx.now - DELIVERIES_KEPT)
