"""The cart as the shopper sees it: one statement for all that it holds, one more for the coupons of who has claimed some."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, exists, select
from sqlmodel import col

from ..catalog.goods import AVAILABLE, GOODS, joined_goods, line_of
from ..context import Context
from ..coupons.offers import Line, reduced
from ..coupons.records import CouponClaimRow
from ..views import Message
from .records import CartItemRow
from .schemas import CartGroup, CartItemView, CartView

OWN: tuple[Any, ...] = (
    col(CartItemRow.sku).label("held"),
    col(CartItemRow.quantity),
    col(CartItemRow.price_seen),
    exists().where(col(CouponClaimRow.account) == bindparam("account")).label("has_claimed"),
)
CONTENTS = (
    joined_goods(select(*OWN, *GOODS, AVAILABLE).select_from(CartItemRow), col(CartItemRow.sku))
    .where(col(CartItemRow.account) == bindparam("account"))
    .order_by(col(CartItemRow.added_at), col(CartItemRow.sku))
)


async def cart_view(ctx: Context) -> CartView:
    return await view_of(ctx, await contents(ctx))


async def contents(ctx: Context) -> Sequence[Row[Any]]:
    """All lines with their goods; what is not known any more has no `sku`, only the one that was `held`."""
    return await ctx.rows(CONTENTS, account=ctx.caller.account)


async def view_of(ctx: Context, rows: Sequence[Row[Any]]) -> CartView:
    """`rows`: what `contents` found."""
    sold = [row for row in rows if row.for_sale]
    items = [item_of(ctx, row) for row in sold]
    off = 0
    codes: list[str] = []
    if sold and sold[0].has_claimed:
        lines = [Line(row.price * row.quantity, row.merchant, row.product, row.category) for row in sold]
        best = await reduced(ctx, lines, None)
        off, codes = sum(best.applied.by_line), best.codes
    return CartView(
        items=items,
        unavailable=[item_of(ctx, row) for row in rows if row.sku and not row.for_sale],
        groups=_groups(ctx, sold),
        subtotal=ctx.money(sum(item.total.amount for item in items)),
        discount=ctx.money(off),
        coupon_codes=codes,
        messages=[message for row in rows for message in _messages(ctx, row)],
    )


def item_of(ctx: Context, row: Row[Any]) -> CartItemView:
    return CartItemView(**dict(line_of(ctx, row, row.quantity)), available=row.available or 0)


def _groups(ctx: Context, rows: Sequence[Row[Any]]) -> list[CartGroup]:
    """In the order of the first item of each merchant."""
    by_merchant: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_merchant.setdefault(row.merchant, []).append(row)
    return [
        CartGroup(
            merchant=merchant,
            name=mine[0].merchant_name or merchant,
            names=mine[0].merchant_names or {},
            skus=[row.sku for row in mine],
            subtotal=ctx.money(sum(row.price * row.quantity for row in mine)),
        )
        for merchant, mine in by_merchant.items()
    ]


def _messages(ctx: Context, row: Row[Any]) -> list[Message]:
    if not row.for_sale:
        gone = f"{row.held} is not sold any more and was left out."
        return [Message(type="warning", code="not_sold", content=gone, severity="requires_buyer_review", sku=row.held)]
    found = []
    if row.price != row.price_seen:
        told = f"The price of {row.sku} was {ctx.money(row.price_seen)} and is {ctx.money(row.price)}."
        found.append(
            Message(type="warning", code="price_changed", content=told, severity="requires_buyer_review", sku=row.sku)
        )
    if row.available < row.quantity:
        told = f"Only {row.available} of {row.sku} are left; {row.quantity} are in the cart."
        found.append(
            Message(type="warning", code="out_of_stock", content=told, severity="requires_buyer_input", sku=row.sku)
        )
    return found
