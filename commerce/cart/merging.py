"""What happens to a guest's cart when the guest signs in."""

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..context import Context
from .records import CartItemRow
from .schemas import MAX_QUANTITY


async def merge_carts(ctx: Context, guest: str, account: str) -> None:
    """Moves the guest's items over; what both carts hold is added up, to the most that one cart line may hold."""
    held = await ctx.rows(
        select(col(CartItemRow.sku), col(CartItemRow.quantity)).where(col(CartItemRow.account) == account)
    )
    quantities = {row.sku: row.quantity for row in held}
    for row in await ctx.rows(select(CartItemRow).where(col(CartItemRow.account) == guest)):
        if row.sku in quantities:
            mine = col(CartItemRow.account) == account, col(CartItemRow.sku) == row.sku
            together = min(quantities[row.sku] + row.quantity, MAX_QUANTITY)
            await ctx.run(update(CartItemRow).where(*mine).values(quantity=together))
        else:
            await ctx.run(insert(CartItemRow).values(dict(row._mapping) | {"account": account}))
    await ctx.run(delete(CartItemRow).where(col(CartItemRow.account) == guest))
