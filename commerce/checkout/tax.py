"""Tax: on top of the price, line by line after coupons, and on deliveries where a rate says so.

One rate holds for a line: that of the region before that of the country, and among these that of the nearest category
before the general one. Each line and each delivery is rounded on its own, half to even.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from ..adapters.taxes import TaxRate
from ..catalog.records import CategoryRow
from ..context import Context
from .records import TaxRateRow


@dataclass(frozen=True)
class TaxTable:
    """Rates as an admin wrote them down."""

    @property
    def rates(self) -> Select[Any]:
        found: Select[Any] = RATES
        return found


RATES: Any = select(
    col(TaxRateRow.region), col(TaxRateRow.category), col(TaxRateRow.basis_points), col(TaxRateRow.on_delivery)
).where(col(TaxRateRow.country) == bindparam("country"), col(TaxRateRow.region).in_(["", bindparam("region")]))


def region_key(region: str) -> str:
    """Regions are compared without regard to case."""
    return region.strip().upper()


async def parents_of(ctx: Context, rates: Sequence[TaxRate]) -> dict[str, str | None]:
    """The tree of categories, where a rate asks for one."""
    if not any(rate.category for rate in rates):
        return {}
    rows = await ctx.rows(select(col(CategoryRow.slug), col(CategoryRow.parent)))
    return {row.slug: row.parent for row in rows}


def rate_of(rates: Sequence[TaxRate], category: str, parents: Mapping[str, str | None]) -> int:
    """In basis points, for goods of this category."""
    near = nearest_first(category, parents)
    fitting = [rate for rate in rates if not rate.category or rate.category in near]
    if not fitting:
        return 0
    return min(
        fitting, key=lambda rate: (not rate.region, near.index(rate.category) if rate.category else len(near))
    ).basis_points


def rate_on_delivery(rates: Sequence[TaxRate]) -> int:
    """In basis points: the general rate, where it is on deliveries too."""
    general = sorted((rate for rate in rates if not rate.category), key=lambda rate: not rate.region)
    return general[0].basis_points if general and general[0].on_delivery else 0


def nearest_first(category: str, parents: Mapping[str, str | None]) -> list[str]:
    found = [category]
    while (above := parents.get(found[-1])) and above not in found:
        found.append(above)
    return found
