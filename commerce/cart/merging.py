"""What happens to a guest's cart when the guest signs in."""

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..context import Context
from .records import CartItemRow, SavedItemRow
from .schemas import MAX_QUANTITY


async def merge_carts(ctx: Context, guest: str, account: str) -> None:
    """Moves over what the guest put into the cart and saved for later; what both hold is added up, to the most that one
    line may hold."""
    for table in (CartItemRow, SavedItemRow):
        await _merge(ctx, table, guest, account)


async def _merge(ctx: Context, table: Any, guest: str, account: str) -> None:
    held = await ctx.rows(select(col(table.sku), col(table.quantity)).where(col(table.account) == account))
    quantities = {row.sku: row.quantity for row in held}
    for row in await ctx.rows(select(table).where(col(table.account) == guest)):
        if row.sku in quantities:
            mine = col(table.account) == account, col(table.sku) == row.sku
            together = min(quantities[row.sku] + row.quantity, MAX_QUANTITY)
            await ctx.run(update(table).where(*mine).values(quantity=together))
        else:
            await ctx.run(insert(table).values(dict(row._mapping) | {"account": account}))
    await ctx.run(delete(table).where(col(table.account) == guest))
