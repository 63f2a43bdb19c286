"""Changes of a cart's lines, each in one statement, so that changes at once add up."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, delete, insert, literal, or_, select, update
from sqlmodel import col

from ..accounts.records import AccountRow
from ..catalog.records import VariantRow
from ..context import Context
from .records import CartItemRow


def mine(ctx: Context, sku: str) -> tuple[Any, Any]:
    return col(CartItemRow.account) == ctx.caller.account, col(CartItemRow.sku) == sku


async def put_more(ctx: Context, sku: str, quantity: int) -> bool:
    """On top of what is there, at the price of now; False when there is no such variant. Limits are looked at afterwards."""
    price = select(col(VariantRow.price)).where(col(VariantRow.sku) == sku).scalar_subquery()
    more = update(CartItemRow).where(*mine(ctx, sku))
    if await ctx.run(more.values(quantity=col(CartItemRow.quantity) + quantity, price_seen=price)):
        return True
    await lock_cart(ctx)
    columns = ["account", "sku", "quantity", "price_seen", "added_at"]
    row = (literal(ctx.caller.account), col(VariantRow.sku), literal(quantity), col(VariantRow.price), literal(ctx.now))
    new = insert(CartItemRow).from_select(columns, select(*row).where(col(VariantRow.sku) == sku))
    return bool(await ctx.run(new))


async def lock_cart(ctx: Context) -> None:
    """New lines of one cart come one after another, so that their number can be limited."""
    await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.id) == ctx.caller.account).with_for_update())


async def remove(ctx: Context, sku: str) -> int:
    return await ctx.run(delete(CartItemRow).where(*mine(ctx, sku)))


async def take_bought(ctx: Context, bought: Mapping[str, int]) -> None:
    """What was ordered leaves the cart, by SKU; what was added to it meanwhile stays."""
    own, sku, quantity = col(CartItemRow.account) == ctx.caller.account, col(CartItemRow.sku), col(CartItemRow.quantity)
    whole = [and_(sku == each, quantity <= many) for each, many in sorted(bought.items())]
    if await ctx.run(delete(CartItemRow).where(own, or_(*whole))) < len(bought):
        less = case(dict(bought), value=sku)
        await ctx.run(update(CartItemRow).where(own, sku.in_(list(bought))).values(quantity=quantity - less))
