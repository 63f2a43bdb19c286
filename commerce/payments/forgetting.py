"""Removed payment methods: the provider is told to forget them too, and then their rows go."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, select, update
from sqlmodel import col

from ..context import Context
from .records import PaymentMethodRow, PaymentRow
from .settling import OPEN

BATCH = 50
AGAIN = timedelta(minutes=10)


async def forget_methods(ctx: Context) -> int:
    """Tells the provider of each removed method that no open payment needs any more; how many it has forgotten."""
    needed = exists().where(
        col(PaymentRow.token) == col(PaymentMethodRow.token), col(PaymentRow.status).in_((*OPEN, "authorized"))
    )
    due = select(PaymentMethodRow).where(col(PaymentMethodRow.forget_at) <= ctx.now, ~needed).limit(BATCH)
    async with ctx.reading() as inside:
        found = await inside.rows(due)
    return sum([await _forget(ctx, row) for row in found])


async def _forget(ctx: Context, row: Row[Any]) -> bool:
    """Taken by moving its time, so that no other worker asks meanwhile, nor this one again too soon."""
    this = col(PaymentMethodRow.id) == row.id
    as_read = update(PaymentMethodRow).where(this, col(PaymentMethodRow.forget_at) == row.forget_at)
    async with ctx.writing() as inside:
        if not await inside.run(as_read.values(forget_at=ctx.now + AGAIN)):
            return False
    forgotten = await ctx.shop.gateway.detach(row.token)
    if forgotten:
        async with ctx.writing() as inside:
            await inside.run(delete(PaymentMethodRow).where(this))
    return forgotten
