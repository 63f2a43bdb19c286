"""Tries of passwords, counted by whom they are for: known or not, in the database that all processes share."""

import hashlib
from datetime import timedelta
from ipaddress import ip_network

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..context import Context
from ..database import retrying
from .records import FailedSignIn
from .refusals import TooManyAttempts

FREE = 10
"""Tries in a row before somebody has to wait, and again between two waits."""
LONGEST_WAIT = timedelta(hours=1)
REMEMBERED = timedelta(days=1)
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


async def count(ctx: Context, who: str) -> None:
    """Counts a try before the password is looked at, so that many at once count as many; refuses while one has to wait."""
    await retrying(lambda: _count(ctx, _key(who)))


async def _count(ctx: Context, key: str) -> None:
    mine = col(FailedSignIn.email_hash) == key
    async with ctx.writing() as inside:
        row = await inside.row(select(FailedSignIn).where(mine).with_for_update())
        if row is None:
            await inside.run(insert(FailedSignIn).values(email_hash=key, failures=1, window_ends=ctx.now))
            return
        if row.window_ends > ctx.now:
            raise TooManyAttempts(max(1, int((row.window_ends - ctx.now).total_seconds())))
        failures = 1 if row.window_ends <= ctx.now - REMEMBERED else row.failures + 1
        await inside.run(
            update(FailedSignIn).where(mine).values(failures=failures, window_ends=ctx.now + wait_after(failures))
        )


def wait_after(failures: int) -> timedelta:
    """Nothing but after each tenth; then one minute, two, four …, at most an hour."""
    if failures % FREE:
        return timedelta()
    doublings = min(failures // FREE - 1, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_WAIT)


async def forgive(ctx: Context, who: str) -> None:
    """The password was right: what failed before was a slip."""
    await ctx.run(delete(FailedSignIn).where(col(FailedSignIn.email_hash) == _key(who)))


async def forget_old(ctx: Context) -> int:
    return await ctx.run(delete(FailedSignIn).where(col(FailedSignIn.window_ends) <= ctx.now - REMEMBERED))


async def admit(ctx: Context, what: str, per_minute: int) -> None:
    """Refuses a network address that does this too often. This machine itself is a proxy that nobody named, or an operator."""
    if ctx.address and not _is_loopback(ctx.address):
        await ctx.shop.limits.take(what, ctx.address, per_minute)


def _is_loopback(address: str) -> bool:
    network = ip_network(address, strict=False)
    return any(own.version == network.version and own.overlaps(network) for own in LOOPBACK)


def _key(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()
