"""Use cases of coupons, and their counting."""

from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlmodel import col

from ..context import Context
from ..operation import Effect, Who, operation
from ..views import Nothing
from .records import CouponRow, CouponUseRow
from .refusals import CouponRefused
from .schemas import CouponList, CouponView


@operation(Effect.READ, "GET /coupons", who=Who.ANYONE)
async def list_coupons(ctx: Context, asked: Nothing) -> CouponList:
    """Coupons that can be used now, with what they need and give."""
    running = (
        or_(col(CouponRow.valid_from).is_(None), col(CouponRow.valid_from) <= ctx.now),
        or_(col(CouponRow.valid_until).is_(None), col(CouponRow.valid_until) > ctx.now),
        col(CouponRow.used) < col(CouponRow.uses),
    )
    rows = await ctx.rows(select(CouponRow).where(*running).order_by(col(CouponRow.code)).limit(100))
    return CouponList(items=[_view(ctx, row) for row in rows], next_cursor=None)


async def applicable(ctx: Context, code: str, subtotal: int) -> Row[Any]:
    """The coupon, if it applies to this shopper and this sum; refuses with the reason."""
    row = await ctx.row(select(CouponRow).where(col(CouponRow.code) == code.upper()))
    if row is None:
        raise CouponRefused(code, "there is no such coupon")
    if row.valid_from and row.valid_from > ctx.now:
        raise CouponRefused(row.code, f"it is valid from {row.valid_from:%Y-%m-%d}")
    if row.valid_until and row.valid_until <= ctx.now:
        raise CouponRefused(row.code, f"it ended on {row.valid_until:%Y-%m-%d}")
    if subtotal < row.minimum:
        raise CouponRefused(
            row.code, f"it needs a subtotal of {ctx.money(row.minimum)} and this one is {ctx.money(subtotal)}"
        )
    if row.used >= row.uses:
        raise CouponRefused(row.code, "it is used up")
    if await _uses_of_mine(ctx, row.code) >= row.uses_per_shopper:
        raise CouponRefused(row.code, "you have used it already")
    return row


async def use_coupon(ctx: Context, code: str, order: str) -> None:
    """Counts a use. The row is locked first and one's own uses are counted after, so two orders at once can't both pass."""
    counted = update(CouponRow).where(col(CouponRow.code) == code, col(CouponRow.used) < col(CouponRow.uses))
    if not await ctx.run(counted.values(used=col(CouponRow.used) + 1)):
        raise CouponRefused(code, "it is used up")
    limit = await ctx.value(select(col(CouponRow.uses_per_shopper)).where(col(CouponRow.code) == code))
    if await _uses_of_mine(ctx, code) >= limit:
        raise CouponRefused(code, "you have used it already")
    await ctx.run(
        insert(CouponUseRow).values(order_number=order, coupon=code, account=ctx.caller.account, used_at=ctx.now)
    )


async def return_coupons(ctx: Context, order: str) -> None:
    """Gives back what an order used, once."""
    open_uses = col(CouponUseRow.order_number) == order, col(CouponUseRow.returned_at).is_(None)
    for code in [row.coupon for row in await ctx.rows(select(col(CouponUseRow.coupon)).where(*open_uses))]:
        if await ctx.run(
            update(CouponUseRow).where(*open_uses, col(CouponUseRow.coupon) == code).values(returned_at=ctx.now)
        ):
            await ctx.run(update(CouponRow).where(col(CouponRow.code) == code).values(used=col(CouponRow.used) - 1))


async def _uses_of_mine(ctx: Context, code: str) -> int:
    mine = col(CouponUseRow.account) == ctx.caller.account, col(CouponUseRow.coupon) == code
    count: int = await ctx.value(select(func.count()).where(*mine, col(CouponUseRow.returned_at).is_(None)))
    return count


def _view(ctx: Context, row: Row[Any]) -> CouponView:
    return CouponView(
        coupon=row.code,
        name=row.name,
        names=row.names,
        kind=row.kind,
        percent=row.percent,
        amount=None if row.amount is None else ctx.money(row.amount),
        minimum=ctx.money(row.minimum),
        max_discount=None if row.max_discount is None else ctx.money(row.max_discount),
        valid_until=row.valid_until,
    )
