"""Use cases of delivery and tax for admins: what there is, and what it costs where."""

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..catalog.records import CategoryRow
from ..catalog.refusals import CategoryNotFound
from ..context import Context
from ..money import Money
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import Nothing
from .records import DeliveryOptionRow, DeliveryRateRow, TaxRateRow
from .refusals import DeliveryOptionNotFound, TaxRateNotFound
from .schemas import (
    DeleteDeliveryOption,
    DeleteTaxRate,
    DeliveryRate,
    ManagedDeliveryOption,
    PutDeliveryOption,
    PutTaxRate,
    TaxPlace,
    TaxRateList,
    TaxRateView,
)
from .tax import region_key


@operation(Effect.WRITE, "PUT /delivery-options/{delivery_option}", who=Who.ADMIN, surfaces=REST_ONLY)
async def put_delivery_option(ctx: Context, asked: PutDeliveryOption) -> ManagedDeliveryOption:
    """Make a delivery option, or give one new terms and rates. Checkouts that showed the old price are told at placing."""
    facts = asked.model_dump(exclude={"delivery_option", "rates"})
    known = col(DeliveryOptionRow.slug) == asked.delivery_option
    if await ctx.value(select(col(DeliveryOptionRow.slug)).where(known).with_for_update()):
        await ctx.run(update(DeliveryOptionRow).where(known).values(**facts))
    else:
        await ctx.run(insert(DeliveryOptionRow).values(slug=asked.delivery_option, **facts))
    await ctx.run(delete(DeliveryRateRow).where(col(DeliveryRateRow.delivery_option) == asked.delivery_option))
    rates = [
        rate.model_dump() | {"region": region_key(rate.region), "delivery_option": asked.delivery_option}
        for rate in asked.rates
    ]
    if rates:
        await ctx.db.execute(insert(DeliveryRateRow), rates)
    return await _managed(ctx, asked.delivery_option)


@operation(Effect.READ, "GET /delivery-options/{delivery_option}", who=Who.ADMIN, surfaces=REST_ONLY)
async def get_delivery_option(ctx: Context, asked: DeleteDeliveryOption) -> ManagedDeliveryOption:
    """A delivery option with all its rates."""
    return await _managed(ctx, asked.delivery_option)


@operation(Effect.WRITE, "DELETE /delivery-options/{delivery_option}", who=Who.ADMIN, surfaces=REST_ONLY)
async def delete_delivery_option(ctx: Context, asked: DeleteDeliveryOption) -> Nothing:
    """Take a delivery option away. Orders keep what they were shown."""
    await ctx.run(delete(DeliveryRateRow).where(col(DeliveryRateRow.delivery_option) == asked.delivery_option))
    if not await ctx.run(delete(DeliveryOptionRow).where(col(DeliveryOptionRow.slug) == asked.delivery_option)):
        raise DeliveryOptionNotFound(asked.delivery_option)
    return Nothing()


async def _managed(ctx: Context, slug: str) -> ManagedDeliveryOption:
    row = await ctx.row(select(DeliveryOptionRow).where(col(DeliveryOptionRow.slug) == slug))
    if row is None:
        raise DeliveryOptionNotFound(slug)
    own = select(DeliveryRateRow).where(col(DeliveryRateRow.delivery_option) == slug)
    rates = await ctx.rows(own.order_by(col(DeliveryRateRow.country), col(DeliveryRateRow.region)))
    told = [
        DeliveryRate(country=r.country, region=r.region, price=_money(ctx, r.price), free_from=_money(ctx, r.free_from))
        for r in rates
    ]
    facts = {name: getattr(row, name) for name in ("name", "names", "min_days", "max_days", "everywhere", "position")}
    prices = {"price": ctx.money(row.price), "free_from": _money(ctx, row.free_from)}
    return ManagedDeliveryOption.model_validate(facts | prices | {"delivery_option": slug, "rates": told})


def _money(ctx: Context, amount: int | None) -> Money | None:
    return None if amount is None else ctx.money(amount)


@operation(Effect.READ, "GET /tax-rates", who=Who.ADMIN, surfaces=REST_ONLY)
async def list_tax_rates(ctx: Context, asked: Nothing) -> TaxRateList:
    """All tax rates; where none fits, nothing is taxed."""
    order = col(TaxRateRow.country), col(TaxRateRow.region), col(TaxRateRow.category)
    rows = await ctx.rows(select(TaxRateRow).order_by(*order))
    return TaxRateList(items=[TaxRateView.model_validate(dict(row._mapping)) for row in rows], next_cursor=None)


@operation(Effect.WRITE, "PUT /tax-rates", who=Who.ADMIN, surfaces=REST_ONLY)
async def put_tax_rate(ctx: Context, asked: PutTaxRate) -> TaxRateView:
    """Set the tax of a country, of a region, or of a category of goods there; it comes on top of the price."""
    known = select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == asked.category)
    if asked.category and not await ctx.value(known):
        raise CategoryNotFound(asked.category)
    facts = asked.model_dump(include={"basis_points", "name", "on_delivery"})
    place = {"country": asked.country, "region": region_key(asked.region), "category": asked.category}
    if await ctx.value(select(col(TaxRateRow.country)).where(*_place(asked)).with_for_update()):
        await ctx.run(update(TaxRateRow).where(*_place(asked)).values(**facts))
    else:
        await ctx.run(insert(TaxRateRow).values(**place, **facts))
    return TaxRateView.model_validate(place | facts)


@operation(Effect.WRITE, "DELETE /tax-rates", who=Who.ADMIN, surfaces=REST_ONLY)
async def delete_tax_rate(ctx: Context, asked: DeleteTaxRate) -> Nothing:
    """Take a tax rate away. Orders keep the tax that they were placed with."""
    if not await ctx.run(delete(TaxRateRow).where(*_place(asked))):
        raise TaxRateNotFound(asked.country, asked.region, asked.category)
    return Nothing()


def _place(asked: TaxPlace) -> tuple[Any, ...]:
    return (
        col(TaxRateRow.country) == asked.country,
        col(TaxRateRow.region) == region_key(asked.region),
        col(TaxRateRow.category) == asked.category,
    )
