"""The status of an order follows its parts, in the transaction that moves one of them.

Whoever moves a part locks the order first: two merchants who ship at once queue, and the second sees what the first did.
"""

from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..context import Context
from .records import FulfillmentRow, OrderRow
from .refusals import OrderNotFound
from .rules import status_of


async def locked(ctx: Context, number: str) -> Row[Any]:
    """The order, whosever it is; nobody else moves it or a part of it until this transaction ends."""
    row = await ctx.row(select(OrderRow).where(col(OrderRow.number) == number).with_for_update())
    if row is None:
        raise OrderNotFound(number)
    return row


async def move_part(ctx: Context, part: Row[Any], status: str, **facts: Any) -> bool:
    """From the state that it was read in, once; False when it has left it."""
    as_read = col(FulfillmentRow.id) == part.id, col(FulfillmentRow.status) == part.status
    return await ctx.run(update(FulfillmentRow).where(*as_read).values(status=status, **facts)) > 0


async def follow(ctx: Context, order: Row[Any]) -> str:
    """Brings a paid order, locked by this transaction, in line with its parts, and says what it is now."""
    of_it = select(col(FulfillmentRow.status)).where(col(FulfillmentRow.order_number) == order.number)
    status = status_of([row.status for row in await ctx.rows(of_it)])
    if status != order.status:
        as_read = col(OrderRow.number) == order.number, col(OrderRow.status) == order.status
        assert await ctx.run(update(OrderRow).where(*as_read).values(status=status))
    return status
