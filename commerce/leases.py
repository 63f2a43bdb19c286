"""Leases: work that one worker does at a time. Who holds one and dies loses it when its time is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Field, col

from .context import Context
from .database import ID, Moment, Record, retrying

SHORT = timedelta(seconds=5)


class LeaseRow(Record, table=True):
    __tablename__ = "lease"

    name: str = Field(primary_key=True, sa_type=ID)
    holder: str = Field(sa_type=ID)
    until: datetime = Field(sa_type=Moment)


@asynccontextmanager
async def held(ctx: Context, name: str, length: timedelta = SHORT) -> AsyncIterator[bool]:
    """Whether the block has the lease; it is given back at its end."""
    holder = ctx.new_id("hld")
    mine = await take(ctx, name, length, holder)
    try:
        yield mine
    finally:
        if mine:
            async with ctx.writing() as inside:
                still = update(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.holder) == holder)
                await inside.run(still.values(until=ctx.now))


async def take(ctx: Context, name: str, length: timedelta, holder: str = "") -> bool:
    """Takes a lease that is over. Never given back, it makes something happen once in so long, whoever does it."""
    return await retrying(lambda: _take(ctx, name, length, holder))


async def _take(ctx: Context, name: str, length: timedelta, holder: str) -> bool:
    now = ctx.shop.clock()
    async with ctx.reading() as inside:
        until = await inside.value(select(col(LeaseRow.until)).where(col(LeaseRow.name) == name))
    if until is not None and until > now:
        return False
    values = {"holder": holder, "until": now + length}
    async with ctx.writing() as inside:
        if until is None:
            await inside.run(insert(LeaseRow).values(name=name, **values))
            return True
        over = update(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.until) <= now)
        return await inside.run(over.values(**values)) > 0
