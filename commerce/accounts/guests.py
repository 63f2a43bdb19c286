"""Guests who can't come back: the last of their sessions is over, and there is no other way in."""

from datetime import timedelta

from sqlalchemy import delete, exists, select
from sqlmodel import col

from ..context import Context
from ..database import retrying
from .closing import PERSONAL
from .records import AccountEventRow, AccountRow, SessionRow

BATCH = 200
AGE = timedelta(days=1)
"""What follows from signing in, in other processes, is done by then."""


async def forget_guests(ctx: Context) -> int:
    """Deletes some of them with all that they left: cart, wishes, conversations. Who was banned stays in the books."""
    return await retrying(lambda: _forget_some(ctx))


async def _forget_some(ctx: Context) -> int:
    of_it = col(AccountRow.id)
    gone = (
        col(AccountRow.role) == "guest",
        col(AccountRow.created_at) < ctx.now - AGE,
        ~exists().where(col(SessionRow.account) == of_it),
        ~exists().where(col(AccountEventRow.account) == of_it),
    )
    async with ctx.writing() as inside:
        found = select(of_it).where(*gone).order_by(of_it).limit(BATCH).with_for_update(skip_locked=True)
        guests = [row.id for row in await inside.rows(found)]
        if not guests:
            return 0
        for table in PERSONAL:
            await inside.run(delete(table).where(col(table.account).in_(guests)))
        await inside.run(delete(AccountRow).where(of_it.in_(guests)))
        for guest in guests:
            inside.emit("account.closed", account=guest)
    return len(guests)
