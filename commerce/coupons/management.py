"""Use cases of coupons for those who make them: merchants for their own goods, admins for anything."""

from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import col

from ..catalog.records import CategoryRow, ProductRow
from ..catalog.refusals import CategoryNotFound, ProductNotFound
from ..context import Context
from ..merchants.records import MerchantRow
from ..merchants.refusals import MerchantNotFound
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import ListView
from .records import CouponRow
from .refusals import CouponInUse, CouponNotFound, CouponTaken
from .schemas import CreateCoupon, EndCoupon, ListManagedCoupons, ManagedCouponView, ReplaceCoupon
from .viewing import managed_view

Asked = CreateCoupon | ReplaceCoupon


@operation(Effect.READ, "GET /merchant/coupons", who=Who.MERCHANT)
async def list_managed_coupons(ctx: Context, asked: ListManagedCoupons) -> ListView[ManagedCouponView]:
    """A merchant's coupons, or for admins all of them, with how often they were claimed and used."""
    statement = select(CouponRow)
    if ctx.caller.role != "admin":
        statement = statement.where(col(CouponRow.merchant) == ctx.caller.merchant)
    if not asked.ended:
        statement = statement.where(col(CouponRow.deleted_at).is_(None))
    if key := key_of(asked, str):
        statement = statement.where(col(CouponRow.code) > key[0])
    rows = await ctx.rows(statement.order_by(col(CouponRow.code)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].code]) if len(rows) > asked.limit else None
    return ListView(items=[managed_view(ctx, row) for row in page], next_cursor=more)


@operation(Effect.WRITE, "POST /coupons", who=Who.MERCHANT, surfaces=REST_ONLY, creates=True)
async def create_coupon(ctx: Context, asked: CreateCoupon) -> ManagedCouponView:
    """Make a coupon. A merchant's is for its own goods only; an admin's for those of one merchant, or the whole shop."""
    code = asked.coupon.upper() if asked.coupon else ctx.shop.ids.coupon_code()
    terms = await _terms(ctx, asked)
    if await ctx.value(select(col(CouponRow.code)).where(col(CouponRow.code) == code)):
        raise CouponTaken(code)
    await ctx.run(insert(CouponRow).values(code=code, used=0, claimed=0, **terms))
    return managed_view(ctx, await _managed(ctx, code))


@operation(Effect.WRITE, "PUT /coupons/{coupon}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def replace_coupon(ctx: Context, asked: ReplaceCoupon) -> ManagedCouponView:
    """Give a coupon new terms, while nobody has used it."""
    code = asked.coupon.upper()
    await _managed(ctx, code)
    terms = await _terms(ctx, asked)
    unused = col(CouponRow.code) == code, col(CouponRow.used) == 0, col(CouponRow.deleted_at).is_(None)
    if not await ctx.run(update(CouponRow).where(*unused).values(**terms)):
        changed = await _managed(ctx, code)
        if changed.used:
            raise CouponInUse(code)
    return managed_view(ctx, await _managed(ctx, code))


@operation(Effect.WRITE, "DELETE /coupons/{coupon}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def end_coupon(ctx: Context, asked: EndCoupon) -> ManagedCouponView:
    """End a coupon: it applies to no new order. Orders that used it keep their discount; its code stays taken."""
    code = asked.coupon.upper()
    await _managed(ctx, code)
    going_on = col(CouponRow.code) == code, col(CouponRow.deleted_at).is_(None)
    await ctx.run(update(CouponRow).where(*going_on).values(deleted_at=ctx.now))
    return managed_view(ctx, await _managed(ctx, code, ended=True))


async def _managed(ctx: Context, code: str, *, ended: bool = False) -> Row[Any]:
    """A coupon that the caller manages; refuses others like one that does not exist, and ended ones unless asked for."""
    row = await ctx.row(select(CouponRow).where(col(CouponRow.code) == code).with_for_update())
    if row is None or (row.deleted_at and not ended) or not _may_manage(ctx, row.merchant):
        raise CouponNotFound(code)
    return row


def _may_manage(ctx: Context, merchant: str | None) -> bool:
    return ctx.caller.may_manage(merchant) if merchant else ctx.caller.role == "admin"


async def _terms(ctx: Context, asked: Asked) -> dict[str, Any]:
    """The columns; refuses what is not the caller's to give away."""
    merchant = asked.merchant
    if ctx.caller.role != "admin":
        merchant = asked.merchant or ctx.caller.merchant or ""
        if not ctx.caller.may_manage(merchant):
            raise MerchantNotFound(merchant)
    if merchant and not await ctx.value(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == merchant)):
        raise MerchantNotFound(merchant)
    known = select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == asked.category)
    if asked.category and not await ctx.value(known):
        raise CategoryNotFound(asked.category)
    if asked.product:
        await _check_product(ctx, asked.product, merchant)
    return asked.model_dump(exclude={"coupon", "merchant"}) | {"merchant": merchant}


async def _check_product(ctx: Context, product: str, merchant: str | None) -> None:
    there = col(ProductRow.slug) == product, col(ProductRow.deleted_at).is_(None)
    seller = await ctx.value(select(col(ProductRow.merchant)).where(*there))
    if seller is None or merchant not in (None, seller):
        raise ProductNotFound(product)
