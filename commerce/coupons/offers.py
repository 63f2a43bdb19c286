"""What coupons come to for given lines: which apply, why others do not, and the best of those that were claimed."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, or_, select
from sqlmodel import col

from ..catalog.records import CategoryRow
from ..context import Context
from .choosing import best
from .records import CouponClaimRow, CouponRow, CouponUseRow
from .refusals import (
    CouponAlreadyUsed,
    CouponBelowMinimum,
    CouponEnded,
    CouponNotClaimed,
    CouponNotForThese,
    CouponNotYetValid,
    CouponRefused,
    CouponsNotStackable,
    CouponUnknown,
    CouponUsedUp,
)
from .rules import Applied, Goods, Offer, apply, eligible, go_together, offer_of

MOST_CLAIMED = 200
"""Of a shopper's claimed coupons that could apply, so many are looked at."""


class Reduced(NamedTuple):
    """Lines after their coupons."""

    applied: Applied
    coupons: list[Row[Any]]
    """Those that were used, in the order of `codes`."""
    codes: list[str]
    refused: list[CouponRefused]
    complete: bool = True
    """Whether no better combination of the claimed coupons exists."""


class Line(NamedTuple):
    """A line before any coupon."""

    total: int
    merchant: str
    product: str
    category: str


async def reduced(ctx: Context, lines: Sequence[Line], codes: Sequence[str] | None) -> Reduced:
    """`codes`: exactly these; None: the best combination of what the caller has claimed."""
    totals = [line.total for line in lines]
    wanted = None if codes is None else list(dict.fromkeys(code.upper() for code in codes))
    if wanted == [] or not lines:
        return Reduced(apply([], totals), [], [], [])
    found = await _candidates(ctx, wanted)
    goods = await _goods(ctx, lines, found)
    if wanted is None:
        return _best(found, goods, totals)
    return _exactly(ctx, wanted, {row.code: row for row in found}, goods, totals)


def _best(found: Sequence[Row[Any]], goods: Sequence[Goods], totals: Sequence[int]) -> Reduced:
    rows = {row.code: row for row in found}
    offers = [_offer(row, goods) for row in found if _reaches(row, goods)]
    choice = best(offers, totals)
    codes = [offer.code for offer in choice.offers]
    complete = choice.complete and len(found) < MOST_CLAIMED
    return Reduced(apply(choice.offers, totals), [rows[code] for code in codes], codes, [], complete)


def _exactly(
    ctx: Context, codes: Sequence[str], rows: dict[str, Row[Any]], goods: Sequence[Goods], totals: Sequence[int]
) -> Reduced:
    offers: list[Offer] = []
    refused: list[CouponRefused] = []
    for code in codes:
        reason = why_not(ctx, code, rows.get(code), goods)
        offer = None if reason else _offer(rows[code], goods)
        if offer and (other := next((o for o in offers if not go_together(o, offer)), None)):
            reason = CouponsNotStackable(code, other.code)
        if reason:
            refused.append(reason)
        elif offer:
            offers.append(offer)
    used = [offer.code for offer in offers]
    return Reduced(apply(offers, totals), [rows[code] for code in used], used, refused)


def why_not(ctx: Context, code: str, row: Row[Any] | None, goods: Sequence[Goods]) -> CouponRefused | None:
    """Why a coupon does not apply to these goods; None when it does."""
    if row is None:
        return CouponUnknown(code)
    if row.valid_from and row.valid_from > ctx.now:
        return CouponNotYetValid(code, f"{row.valid_from:%Y-%m-%d}")
    over = row.deleted_at or row.valid_until
    if over and over <= ctx.now:
        return CouponEnded(code, f"{over:%Y-%m-%d}")
    if row.claim_required and not row.claimed_by_me:
        return CouponNotClaimed(code)
    if row.used >= row.uses:
        return CouponUsedUp(code)
    if row.my_uses >= row.uses_per_shopper:
        return CouponAlreadyUsed(code, row.uses_per_shopper)
    touches = eligible(row, goods)
    if not touches:
        return CouponNotForThese(code, row.merchant, row.category, row.product)
    subtotal = sum(goods[i].total for i in touches)
    if subtotal < row.minimum:
        return CouponBelowMinimum(code, str(ctx.money(row.minimum)), str(ctx.money(subtotal)))
    return None


def _reaches(row: Row[Any], goods: Sequence[Goods]) -> bool:
    touches = eligible(row, goods)
    return bool(touches) and sum(goods[i].total for i in touches) >= row.minimum


def _offer(row: Row[Any], goods: Sequence[Goods]) -> Offer:
    return offer_of(row.code, row.stackable, row, goods, eligible(row, goods))


async def _goods(ctx: Context, lines: Sequence[Line], coupons: Iterable[Row[Any]]) -> list[Goods]:
    """Lines with all categories above theirs, where a coupon asks for one."""
    parents: dict[str, str | None] = {}
    if any(coupon.category for coupon in coupons):
        parents = {c.slug: c.parent for c in await ctx.rows(select(col(CategoryRow.slug), col(CategoryRow.parent)))}
    return [Goods(line.total, line.merchant, line.product, with_parents(line.category, parents)) for line in lines]


def with_parents(category: str, parents: dict[str, str | None]) -> frozenset[str]:
    found = {category}
    above = parents.get(category)
    while above and above not in found:
        found.add(above)
        above = parents.get(above)
    return frozenset(found)


def running(now: Any) -> tuple[ColumnElement[bool], ...]:
    """What holds of a coupon that can be used now."""
    return (
        or_(col(CouponRow.valid_from).is_(None), col(CouponRow.valid_from) <= now),
        or_(col(CouponRow.valid_until).is_(None), col(CouponRow.valid_until) > now),
        col(CouponRow.deleted_at).is_(None),
        col(CouponRow.used) < col(CouponRow.uses),
    )


def uses_by(account: Any) -> Any:
    """How often somebody has used a coupon, for a query of coupons."""
    mine = col(CouponUseRow.account) == account, col(CouponUseRow.coupon) == col(CouponRow.code)
    counted = select(func.count()).where(*mine, col(CouponUseRow.returned_at).is_(None))
    return counted.correlate(CouponRow).scalar_subquery()


ME: Any = bindparam("me")
CLAIMED = and_(col(CouponClaimRow.coupon) == col(CouponRow.code), col(CouponClaimRow.account) == ME)
NAMED = select(
    CouponRow,
    uses_by(ME).label("my_uses"),
    exists().where(CLAIMED).correlate(CouponRow).label("claimed_by_me"),
).where(col(CouponRow.code).in_(bindparam("codes", expanding=True)))
USABLE = (
    select(CouponRow)
    .join(CouponClaimRow, CLAIMED)
    .where(*running(bindparam("now")), uses_by(ME) < col(CouponRow.uses_per_shopper))
    .order_by(col(CouponRow.code))
    .limit(MOST_CLAIMED)
)
"""Of what was claimed."""


async def _candidates(ctx: Context, codes: Sequence[str] | None) -> Sequence[Row[Any]]:
    if codes is None:
        return await ctx.rows(USABLE, me=ctx.caller.account, now=ctx.now)
    return await ctx.rows(NAMED, me=ctx.caller.account, codes=codes)
