"""Changes of a cart's lines, each in one statement, so that changes at once add up."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Delete, Integer, and_, bindparam, delete, insert, or_, select, update
from sqlmodel import col

from ..accounts.records import AccountRow
from ..catalog.records import VariantRow
from ..context import Context
from ..database import ID, Moment
from .records import CartItemRow

OF: Any = bindparam("of")
WANTED: Any = bindparam("wanted")
BY = bindparam("by", type_=Integer)
PUT_MORE = (
    update(CartItemRow)
    .where(col(CartItemRow.account) == OF, col(CartItemRow.sku) == WANTED)
    .values(
        quantity=col(CartItemRow.quantity) + BY,
        price_seen=select(col(VariantRow.price)).where(col(VariantRow.sku) == WANTED).scalar_subquery(),
    )
)
NEW = select(
    bindparam("of", type_=ID), col(VariantRow.sku), BY, col(VariantRow.price), bindparam("at", type_=Moment())
).where(col(VariantRow.sku) == WANTED)
PUT_NEW = insert(CartItemRow).from_select(["account", "sku", "quantity", "price_seen", "added_at"], NEW)
TAKE_SOME = (
    update(CartItemRow)
    .where(col(CartItemRow.account) == OF, col(CartItemRow.sku) == bindparam("taken"))
    .values(quantity=col(CartItemRow.quantity) - BY)
)
LOCK_LINE = (
    select(col(AccountRow.id), col(CartItemRow.quantity))
    .outerjoin(CartItemRow, and_(col(CartItemRow.account) == col(AccountRow.id), col(CartItemRow.sku) == WANTED))
    .where(col(AccountRow.id) == OF)
    .with_for_update()
)
"""The cart, and its line of a variant as it is once the cart is ours: a locking read sees what was committed meanwhile."""
LOCK = select(col(AccountRow.id)).where(col(AccountRow.id) == OF).with_for_update()


def mine(ctx: Context, sku: str) -> tuple[Any, Any]:
    return col(CartItemRow.account) == ctx.caller.account, col(CartItemRow.sku) == sku


async def put_more(ctx: Context, sku: str, quantity: int) -> bool:
    """On top of what is there, at the price of now; False when there is no such variant. Limits are looked at afterwards."""
    asked = {"of": ctx.caller.account, "wanted": sku}
    held = await ctx.row(LOCK_LINE, **asked)
    if held and held.quantity is not None:
        return bool(await ctx.run(PUT_MORE, **asked, by=quantity))
    return bool(await ctx.run(PUT_NEW, **asked, by=quantity, at=ctx.now))


async def lock_cart(ctx: Context) -> None:
    """New lines of one cart come one after another, so that their number can be limited."""
    await ctx.value(LOCK, of=ctx.caller.account)


async def remove(ctx: Context, sku: str) -> int:
    return await ctx.run(delete(CartItemRow).where(*mine(ctx, sku)))


async def take_bought(ctx: Context, bought: Mapping[str, int]) -> None:
    """What was ordered leaves the cart, by SKU; what was added to it meanwhile stays."""
    lines: dict[str, Any] = {}
    for number, (sku, quantity) in enumerate(sorted(bought.items())):
        lines |= {f"sku_{number}": sku, f"many_{number}": quantity}
    if await ctx.run(_take_whole(len(bought)), of=ctx.caller.account, **lines) < len(bought):
        for sku, quantity in sorted(bought.items()):
            await ctx.run(TAKE_SOME, of=ctx.caller.account, taken=sku, by=quantity)


@lru_cache(maxsize=128)
def _take_whole(lines: int) -> Delete:
    """Lines of which everything was bought."""
    each = (
        and_(col(CartItemRow.sku) == bindparam(f"sku_{n}"), col(CartItemRow.quantity) <= bindparam(f"many_{n}"))
        for n in range(lines)
    )
    return delete(CartItemRow).where(col(CartItemRow.account) == bindparam("of"), or_(*each))
