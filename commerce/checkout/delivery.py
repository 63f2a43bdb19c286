"""Which delivery options there are for an address, and what each parcel costs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlmodel import col

from ..context import Context
from .records import DeliveryOptionRow, DeliveryRateRow
from .refusals import DeliveryOptionNotFound
from .rules import Parcel, delivery_price
from .schemas import DeliveryOptionView, QuotedLine
from .tax import region_key

RATES = and_(
    col(DeliveryRateRow.delivery_option) == col(DeliveryOptionRow.slug),
    col(DeliveryRateRow.country) == bindparam("country"),
    col(DeliveryRateRow.region).in_(["", bindparam("region")]),
)
RATE: tuple[Any, ...] = (
    col(DeliveryRateRow.region).label("rate_region"),
    col(DeliveryRateRow.price).label("rate_price"),
    col(DeliveryRateRow.free_from).label("rate_free_from"),
)
OPTIONS = select(DeliveryOptionRow, *RATE).outerjoin(DeliveryRateRow, RATES)
"""All, each with what it costs in a country and in one of its regions."""


class Offered(NamedTuple):
    """An option with the rate that holds for one address."""

    option: Any
    price: int
    free_from: int | None


async def offered(ctx: Context, country: str, region: str) -> list[Offered]:
    """Those that go there, in their order."""
    return offers(await ctx.rows(OPTIONS, country=country, region=region_key(region)))


def offers(rows: Iterable[Any]) -> list[Offered]:
    """Of rows of OPTIONS. The rate of the region holds before that of the country, and this before the option's own, which
    holds everywhere else unless the option only goes where a rate says so."""
    nearest: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: (row.position, row.slug)):
        if row.slug not in nearest or row.rate_region:
            nearest[row.slug] = row
    return [found for row in nearest.values() if (found := _offered(row))]


def _offered(row: Any) -> Offered | None:
    if row.rate_region is not None:
        return None if row.rate_price is None else Offered(row, row.rate_price, row.rate_free_from)
    return Offered(row, row.price, row.free_from) if row.everywhere else None


async def check_option(ctx: Context, slug: str) -> None:
    """Refuses one that does not exist."""
    if not await ctx.value(select(col(DeliveryOptionRow.slug)).where(col(DeliveryOptionRow.slug) == slug)):
        raise DeliveryOptionNotFound(slug)


def option_view(ctx: Context, found: Offered, parcels: Sequence[Parcel]) -> DeliveryOptionView:
    return DeliveryOptionView(
        delivery_option=found.option.slug,
        name=found.option.name,
        names=found.option.names,
        price=ctx.money(sum(delivery_price(found, parcel) for parcel in parcels)),
        min_days=found.option.min_days,
        max_days=found.option.max_days,
    )


def parcels_of(lines: Sequence[QuotedLine], goods: Mapping[str, Any]) -> list[Parcel]:
    """One a merchant, in the order of the first line of each."""
    by_merchant: dict[str, list[QuotedLine]] = {}
    for line in lines:
        by_merchant.setdefault(line.merchant, []).append(line)
    return [_parcel(mine, goods) for mine in by_merchant.values()]


def _parcel(lines: Sequence[QuotedLine], goods: Mapping[str, Any]) -> Parcel:
    first = goods[lines[0].sku]
    return Parcel(
        merchant=first.merchant,
        name=first.merchant_name or first.merchant,
        names=first.merchant_names or {},
        skus=[line.sku for line in lines],
        subtotal=sum(line.total.amount for line in lines),
        goods=sum(line.total.amount - line.discount.amount for line in lines),
        ships_free=all(goods[line.sku].free_shipping for line in lines),
    )
