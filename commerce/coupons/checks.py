"""What must be true of coupons at any quiet moment; the audit asks."""

from sqlalchemy import func, select
from sqlmodel import col

from ..connections import Connection, rows_of
from ..orders.records import OrderLineRow, OrderRow
from .records import CouponClaimRow, CouponRow, CouponUseRow


async def coupon_uses_add_up(db: Connection) -> list[str]:
    open_uses = (
        select(col(CouponUseRow.coupon), func.count().label("uses"))
        .where(col(CouponUseRow.returned_at).is_(None))
        .group_by(col(CouponUseRow.coupon))
        .subquery()
    )
    statement = select(CouponRow, open_uses.c.uses.label("counted")).outerjoin(
        open_uses, open_uses.c.coupon == col(CouponRow.code)
    )
    wrong = func.coalesce(open_uses.c.uses, 0) != col(CouponRow.used)
    return [f"coupon {r.code}: {r.used} uses, {r.counted or 0} rows" for r in await rows_of(db, statement.where(wrong))]


async def coupon_claims_add_up(db: Connection) -> list[str]:
    counted = (
        select(func.count()).where(col(CouponClaimRow.coupon) == col(CouponRow.code)).correlate(CouponRow)
    ).scalar_subquery()
    statement = select(col(CouponRow.code), col(CouponRow.claimed), counted.label("counted"))
    return [
        f"coupon {r.code}: {r.claimed} claimed, {r.counted} rows"
        for r in await rows_of(db, statement.where(col(CouponRow.claimed) != counted))
    ]


async def coupons_took_off_what_the_lines_say(db: Connection) -> list[str]:
    lines = (
        select(func.sum(col(OrderLineRow.discount))).where(col(OrderLineRow.order_number) == col(OrderRow.number))
    ).scalar_subquery()
    uses = (
        select(func.sum(col(CouponUseRow.amount))).where(col(CouponUseRow.order_number) == col(OrderRow.number))
    ).scalar_subquery()
    statement = select(col(OrderRow.number), lines.label("lines"), uses.label("uses"))
    wrong = func.coalesce(lines, 0) != func.coalesce(uses, 0)
    return [
        f"order {r.number}: its lines cost {r.lines} less, its coupons took off {r.uses}"
        for r in await rows_of(db, statement.where(wrong))
    ]


async def no_coupon_of_a_cancelled_order_is_kept(db: Connection) -> list[str]:
    statement = (
        select(CouponUseRow)
        .join(OrderRow, col(OrderRow.number) == col(CouponUseRow.order_number))
        .where(col(OrderRow.status) == "cancelled", col(CouponUseRow.returned_at).is_(None))
    )
    return [f"order {r.order_number} is cancelled and still holds {r.coupon}" for r in await rows_of(db, statement)]


CHECKS = [
    coupon_uses_add_up,
    coupon_claims_add_up,
    coupons_took_off_what_the_lines_say,
    no_coupon_of_a_cancelled_order_is_kept,
]
