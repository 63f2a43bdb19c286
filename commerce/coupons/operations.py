"""Use cases of coupons for shoppers: which there are, claiming, and one's own."""

from typing import Any

from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy import case as sa_case
from sqlmodel import col

from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import ListView
from .offers import running, uses_by
from .records import CouponClaimRow, CouponRow
from .refusals import AllClaimed, AlreadyClaimed, ClaimingOver, CouponNotFound
from .schemas import ClaimCoupon, CouponList, ListCoupons, ListMyCoupons, MyCouponView
from .viewing import coupon_facts, coupon_view


@operation(Effect.READ, "GET /coupons", who=Who.ANYONE)
async def list_coupons(ctx: Context, asked: ListCoupons) -> CouponList:
    """Coupons that can be used now, with what they need and give; some have to be claimed first (claim_coupon)."""
    free = or_(col(CouponRow.claimable).is_(None), col(CouponRow.claimed) < col(CouponRow.claimable))
    in_time = or_(col(CouponRow.claim_until).is_(None), col(CouponRow.claim_until) > ctx.now)
    open_to_all = or_(col(CouponRow.claim_required).is_(False), and_(free, in_time))
    statement = select(CouponRow).where(*running(ctx.now), open_to_all)
    if key := key_of(asked, str):
        statement = statement.where(col(CouponRow.code) > key[0])
    rows = await ctx.rows(statement.order_by(col(CouponRow.code)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].code]) if len(rows) > asked.limit else None
    return ListView(items=[coupon_view(ctx, row) for row in page], next_cursor=more)


@operation(Effect.READ, "GET /account/coupons", who=Who.CUSTOMER)
async def list_my_coupons(ctx: Context, asked: ListMyCoupons) -> ListView[MyCouponView]:
    """Coupons that the shopper has claimed: usable, used, or expired."""
    state = _state(ctx)
    statement = select(
        CouponRow, col(CouponClaimRow.claimed_at), uses_by(ctx.caller.account).label("my_uses"), state.label("state")
    )
    statement = statement.join(CouponClaimRow, col(CouponClaimRow.coupon) == col(CouponRow.code))
    statement = statement.where(col(CouponClaimRow.account) == ctx.caller.account)
    if asked.state:
        statement = statement.where(state == asked.state)
    if key := key_of(asked, str):
        statement = statement.where(col(CouponRow.code) > key[0])
    rows = await ctx.rows(statement.order_by(col(CouponRow.code)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].code]) if len(rows) > asked.limit else None
    return ListView(items=[_my_view(ctx, row) for row in page], next_cursor=more)


@operation(Effect.WRITE, "POST /coupons/{coupon}/claim", who=Who.CUSTOMER)
async def claim_coupon(ctx: Context, asked: ClaimCoupon) -> MyCouponView:
    """Claim a coupon, once. Claimed coupons are used by themselves at the checkout, in the combination that saves most."""
    code = asked.coupon.upper()
    counted = update(CouponRow).where(
        col(CouponRow.code) == code,
        col(CouponRow.deleted_at).is_(None),
        or_(col(CouponRow.claimable).is_(None), col(CouponRow.claimed) < col(CouponRow.claimable)),
        or_(col(CouponRow.claim_until).is_(None), col(CouponRow.claim_until) > ctx.now),
        or_(col(CouponRow.valid_until).is_(None), col(CouponRow.valid_until) > ctx.now),
    )
    hit = await ctx.run(counted.values(claimed=col(CouponRow.claimed) + 1))
    mine = col(CouponClaimRow.account) == ctx.caller.account, col(CouponClaimRow.coupon) == code
    if await ctx.value(select(col(CouponClaimRow.coupon)).where(*mine)):
        raise AlreadyClaimed(code)
    if not hit:
        raise await _why_not_claimable(ctx, code)
    await ctx.run(insert(CouponClaimRow).values(account=ctx.caller.account, coupon=code, claimed_at=ctx.now))
    row = await ctx.row(
        select(CouponRow, uses_by(ctx.caller.account).label("my_uses"), _state(ctx).label("state")).where(
            col(CouponRow.code) == code
        )
    )
    assert row is not None
    return _my_view(ctx, row, claimed_at=ctx.now)


async def _why_not_claimable(ctx: Context, code: str) -> CouponNotFound | ClaimingOver | AllClaimed:
    row = await ctx.row(select(CouponRow).where(col(CouponRow.code) == code))
    if row is None:
        return CouponNotFound(code)
    ends = [moment for moment in (row.deleted_at, row.claim_until, row.valid_until) if moment]
    return ClaimingOver(code) if any(moment <= ctx.now for moment in ends) else AllClaimed(code)


def _state(ctx: Context) -> Any:
    spent = uses_by(ctx.caller.account) >= col(CouponRow.uses_per_shopper)
    not_yet = and_(col(CouponRow.valid_from) > ctx.now, col(CouponRow.deleted_at).is_(None))
    return sa_case((spent, "used"), (or_(not_yet, and_(*running(ctx.now))), "usable"), else_="expired")


def _my_view(ctx: Context, row: Row[Any], **more: Any) -> MyCouponView:
    left = max(0, row.uses_per_shopper - row.my_uses) if row.state == "usable" else 0
    facts = {"claimed_at": row.claimed_at} if "claimed_at" in row._mapping else more
    return MyCouponView.model_validate(coupon_facts(ctx, row) | facts | {"state": row.state, "uses_left": left})
