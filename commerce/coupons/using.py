"""Counting the uses of coupons: at placing, and back when an order is given up as a whole."""

from sqlalchemy import func, insert, literal, select, update
from sqlmodel import col

from ..context import Context
from .records import CouponRow, CouponUseRow
from .refusals import CouponAlreadyUsed, CouponUsedUp


async def use_coupon(ctx: Context, code: str, order: str, amount: int) -> None:
    """Counts a use. The coupon's row is locked first and one's own uses are counted after, so that two orders at once
    can't both pass. Callers go through codes in their order, so that two orders can't block each other."""
    counted = update(CouponRow).where(
        col(CouponRow.code) == code, col(CouponRow.used) < col(CouponRow.uses), col(CouponRow.deleted_at).is_(None)
    )
    if not await ctx.run(counted.values(used=col(CouponRow.used) + 1)):
        raise CouponUsedUp(code)
    mine = col(CouponUseRow.account) == ctx.caller.account, col(CouponUseRow.coupon) == code
    uses = select(func.count()).where(*mine, col(CouponUseRow.returned_at).is_(None)).scalar_subquery()
    row = (literal(order), literal(code), literal(ctx.caller.account), literal(amount), literal(ctx.now))
    fits = select(*row).where(col(CouponRow.code) == code, uses < col(CouponRow.uses_per_shopper))
    columns = ["order_number", "coupon", "account", "amount", "used_at"]
    if not await ctx.run(insert(CouponUseRow).from_select(columns, fits)):
        limit = await ctx.value(select(col(CouponRow.uses_per_shopper)).where(col(CouponRow.code) == code))
        raise CouponAlreadyUsed(code, limit)


async def return_coupons(ctx: Context, order: str) -> None:
    """Gives back what an order used, once. An order of which a part is left keeps its coupons: nobody calls this for it."""
    open_uses = col(CouponUseRow.order_number) == order, col(CouponUseRow.returned_at).is_(None)
    codes = [row.coupon for row in await ctx.rows(select(col(CouponUseRow.coupon)).where(*open_uses))]
    for code in sorted(codes):
        given_back = update(CouponUseRow).where(*open_uses, col(CouponUseRow.coupon) == code)
        if await ctx.run(given_back.values(returned_at=ctx.now)):
            await ctx.run(update(CouponRow).where(col(CouponRow.code) == code).values(used=col(CouponRow.used) - 1))
