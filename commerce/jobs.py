"""The worker: finishes what stopped half-way, gives up what nobody pays, delivers events, forgets what is old.

Every job finds its work in the database and takes it by compare-and-change, so any number of workers do nothing twice.
"""

import asyncio
from contextlib import suppress

from loguru import logger
from sqlalchemy import select
from sqlmodel import col

from . import idempotency
from .catalog.indexing import reindex_stale
from .context import ANONYMOUS, Context
from .faults import reached
from .inventory.alerts import tell_who_waits
from .orders.operations import give_up
from .orders.records import OrderRow
from .payments.forgetting import forget_methods
from .payments.records import PaymentRow
from .payments.settling import OPEN, settle, settle_order
from .payments.tokens import forget_old_tokens
from .shop import Shop

BATCH = 50


async def run_jobs(shop: Shop) -> None:
    """One round of everything."""
    ctx = Context(shop, ANONYMOUS)
    await shop.outbox.deliver(shop.database, ctx.now)
    await heal_payments(ctx)
    await expire_orders(ctx)
    await forget_methods(ctx)
    await reindex_stale(ctx)
    await tell_who_waits(ctx)
    async with ctx.writing() as inside:
        await idempotency.forget_old(inside)
        await forget_old_tokens(inside)


async def heal_payments(ctx: Context) -> int:
    """Asks the gateway about every payment whose outcome is open and due."""
    due = select(PaymentRow).where(col(PaymentRow.status).in_(OPEN), col(PaymentRow.ask_at) <= ctx.now)
    async with ctx.reading() as inside:
        found = await inside.rows(due.order_by(col(PaymentRow.ask_at)).limit(BATCH))
    for payment in found:
        await reached("found", "healing")
        await settle(ctx, payment)
    return len(found)


async def expire_orders(ctx: Context) -> int:
    """Gives up unpaid orders whose time is over; one with a charge under way waits for its outcome."""
    async with ctx.reading() as inside:
        processing = select(col(PaymentRow.id)).where(col(PaymentRow.status) == "processing")
        late = select(OrderRow).where(col(OrderRow.status) == "awaiting_payment", col(OrderRow.pay_until) <= ctx.now)
        free = col(OrderRow.active_payment).is_(None) | col(OrderRow.active_payment).not_in(processing)
        found = await inside.rows(late.where(free).limit(BATCH))
    for order in found:
        async with ctx.writing() as inside:
            given_up = await give_up(inside, order, "not paid in time")
            await reached("given_up", "expiring")
        await reached("committed", "expiring")
        if given_up:
            await settle_order(ctx, order.number)
    return len(found)


async def work(shop: Shop) -> None:
    """Runs the jobs again and again, at once when an event was written; a failing round does not end it."""
    while True:
        try:
            await run_jobs(shop)
        except Exception:  # noqa: BLE001 (the worker must outlive a bad round)
            logger.exception("a round of jobs failed")
        shop.outbox.waiting.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(shop.outbox.waiting.wait(), shop.settings.sweep_seconds)
