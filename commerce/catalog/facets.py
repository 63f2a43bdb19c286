"""Facets: what the results of a search could be narrowed by, counted."""

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from ..context import Context
from ..merchants.records import MerchantRow
from .filters import Filters, buyable, conditions, variant_on_sale
from .records import CategoryRow, ProductRow, VariantAttributeRow, VariantRow
from .schemas import AttributeFacet, FacetCount, Facets

MOST_VALUES = 400
"""Attribute values that are counted at most, the most frequent first."""


class Results(NamedTuple):
    """What was found: its conditions, the products that hold the words (None: all), and what is bound to these."""

    asked: Filters
    matches: Select[Any] | None
    values: dict[str, Any]
    besides: tuple[ColumnElement[bool], ...] = ()
    """What else each result fulfils."""

    def all_but(self, part: str) -> Select[Any]:
        statement: Select[Any] = select(ProductRow).where(*conditions(self.asked, apart_from=part), *self.besides)
        if self.matches is None:
            return statement
        found = self.matches.subquery()
        return statement.join(found, found.c.product == col(ProductRow.slug))


async def count_facets(ctx: Context, results: Results) -> Facets:
    counts = await ctx.row(
        results.all_but("").with_only_columns(
            func.count(), func.sum(case((col(ProductRow.free_shipping).is_(True), 1), else_=0)).label("free")
        ),
        **results.values,
    )
    stocked = exists().where(*variant_on_sale(), *buyable())
    each = aliased(VariantRow)
    prices = await ctx.row(
        results.all_but("price")
        .join(each, and_(*variant_on_sale(each)))
        .with_only_columns(func.min(col(each.price)).label("low"), func.max(col(each.price)).label("high")),
        **results.values,
    )
    assert counts is not None
    assert prices is not None
    return Facets(
        products=counts[0],
        free_shipping=int(counts.free or 0),
        in_stock=await ctx.value(
            results.all_but("in_stock").where(stocked).with_only_columns(func.count()), **results.values
        ),
        lowest_price=None if prices.low is None else ctx.money(prices.low),
        highest_price=None if prices.high is None else ctx.money(prices.high),
        categories=await _counted(ctx, results, "category", CategoryRow, col(ProductRow.category)),
        merchants=await _counted(ctx, results, "merchant", MerchantRow, col(ProductRow.merchant)),
        attributes=await _attributes(ctx, results),
    )


async def _counted(ctx: Context, results: Results, what: str, table: Any, column: Any) -> list[FacetCount]:
    counted = (
        results.all_but(what)
        .join(table, table.slug == column)
        .with_only_columns(table.slug, table.name, table.names, func.count().label("products"))
    )
    grouped = counted.group_by(table.slug, table.name).order_by(func.count().desc(), table.slug)
    return [
        FacetCount(value=row.slug, label=row.name, names=row.names, products=row.products)
        for row in await ctx.rows(grouped.limit(MOST_VALUES), **results.values)
    ]


async def _attributes(ctx: Context, results: Results) -> list[AttributeFacet]:
    """By attribute, with its words in every language."""
    own = aliased(VariantAttributeRow)
    held = results.all_but("attributes").join(
        own, and_(col(own.product) == col(ProductRow.slug), col(own.language) == "")
    )
    counts = held.with_only_columns(
        col(own.attribute), col(own.value), func.min(col(own.sku)).label("sku"), _products(own).label("products")
    )
    ordered = counts.group_by(col(own.attribute), col(own.value)).order_by(_products(own).desc(), col(own.value))
    rows = await ctx.rows(ordered.limit(MOST_VALUES), **results.values)
    words = await _words(ctx, [row.sku for row in rows])
    by_attribute: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_attribute[row.attribute].append(row)
    return [_facet(attribute, of_it, words) for attribute, of_it in by_attribute.items()]


def _products(own: Any) -> Any:
    return func.count(col(own.product).distinct())


Words = dict[tuple[str, str], dict[str, Row[Any]]]
"""Rows by language, by SKU and attribute."""


async def _words(ctx: Context, skus: list[str]) -> Words:
    found: Words = defaultdict(dict)
    for row in await ctx.rows(select(VariantAttributeRow).where(col(VariantAttributeRow.sku).in_(skus))):
        found[row.sku, row.attribute][row.language] = row
    return found


def _facet(attribute: str, rows: list[Row[Any]], words: Words) -> AttributeFacet:
    first = words[rows[0].sku, attribute]
    return AttributeFacet(
        name=first[""].shown_name,
        labels={language: row.shown_name for language, row in first.items() if language},
        values=[_value(row, words[row.sku, attribute]) for row in rows],
    )


def _value(row: Row[Any], words: dict[str, Row[Any]]) -> FacetCount:
    names = {language: told.shown_value for language, told in words.items() if language}
    return FacetCount(value=row.value, label=words[""].shown_value, names=names, products=row.products)
