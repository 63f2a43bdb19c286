"""Reading the tree of categories."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import col

from ..catalog.goods import LISTED
from ..catalog.records import CategoryRow, ProductRow
from ..catalog.schemas import CategoryView
from ..context import Context
from .rules import with_parts

THERE = col(CategoryRow.deleted_at).is_(None)


async def parents_of_all(ctx: Context) -> dict[str, str | None]:
    """In the order that they are shown in."""
    ordered = select(col(CategoryRow.slug), col(CategoryRow.parent)).where(THERE)
    return {
        r.slug: r.parent for r in await ctx.rows(ordered.order_by(col(CategoryRow.position), col(CategoryRow.slug)))
    }


async def held_products(ctx: Context, parents: Mapping[str, str | None]) -> Counter[str]:
    """How many products shoppers see in each category and its parts."""
    counts = select(col(ProductRow.category), func.count().label("products")).where(LISTED)
    rows = await ctx.rows(counts.group_by(col(ProductRow.category)))
    return with_parts(parents, {row.category: row.products for row in rows})


def category_view(row: Row[Any], products: Counter[str]) -> CategoryView:
    return CategoryView(
        category=row.slug,
        name=row.name,
        names=row.names,
        keywords=row.keywords,
        parent=row.parent,
        products=products[row.slug],
    )
