"""Removed payment methods: the provider is told to forget them too, and then their rows go."""

from datetime import timedelta

from sqlalchemy import delete, exists, select, update
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
    return sum([await _forget(ctx, row.id, row.token) for row in found])


async def _forget(ctx: Context, method: str, token: str) -> bool:
    forgotten = await ctx.shop.gateway.detach(token)
    async with ctx.writing() as inside:
        mine = col(PaymentMethodRow.id) == method
        if forgotten:
            await inside.run(delete(PaymentMethodRow).where(mine))
        else:
            await inside.run(update(PaymentMethodRow).where(mine).values(forget_at=ctx.now + AGAIN))
    return forgotten
