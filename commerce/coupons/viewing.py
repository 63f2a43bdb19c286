"""Coupons as shoppers and those who made them see them."""

from typing import Any

from sqlalchemy import Row

from ..context import Context
from .schemas import CouponScope, CouponView, ManagedCouponView


def coupon_facts(ctx: Context, row: Row[Any]) -> dict[str, Any]:
    plain = (
        *("name", "names", "kind", "percent", "merchant", "category", "product", "stackable"),
        *("uses_per_shopper", "claim_required", "claim_until", "valid_from", "valid_until"),
    )
    return {name: getattr(row, name) for name in plain} | {
        "coupon": row.code,
        "amount": None if row.amount is None else ctx.money(row.amount),
        "minimum": ctx.money(row.minimum),
        "max_discount": None if row.max_discount is None else ctx.money(row.max_discount),
        "scope": scope_of(row),
    }


def scope_of(row: Any) -> CouponScope:
    """The narrowest thing that it names."""
    if row.product:
        return "product"
    if row.category:
        return "category"
    return "merchant" if row.merchant else "shop"


def coupon_view(ctx: Context, row: Row[Any]) -> CouponView:
    return CouponView.model_validate(coupon_facts(ctx, row))


def managed_view(ctx: Context, row: Row[Any]) -> ManagedCouponView:
    counts = {name: getattr(row, name) for name in ("uses", "used", "claimable", "claimed")}
    return ManagedCouponView.model_validate(coupon_facts(ctx, row) | counts | {"ended_at": row.deleted_at})
