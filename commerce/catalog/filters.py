"""What a result of a search fulfils, besides holding its words."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from ..inventory.records import StockRow
from .goods import LISTED
from .records import CategoryRow, ProductRow, VariantAttributeRow, VariantRow
from .rules import attributes_of
from .schemas import SearchProducts


def filters(asked: SearchProducts, *, without: str = "") -> list[ColumnElement[bool]]:
    """What every result fulfils, but for the part named. Price, stock and attributes speak of one and the same variant: red at
    12.99 in stock, not red sold out and blue at 12.99."""
    found: list[ColumnElement[bool]] = [LISTED]
    fits = _fits(asked, without)
    if len(fits) > len(variant_on_sale()):
        found.append(exists().where(*fits))
    if asked.in_stock is False and without != "in_stock":
        found.append(~exists().where(*variant_on_sale(), *buyable()))
    if asked.category and without != "category":
        found.append(col(ProductRow.category).in_(below(asked.category)))
    if asked.merchant and without != "merchant":
        found.append(col(ProductRow.merchant) == asked.merchant)
    if asked.free_shipping and without != "free_shipping":
        found.append(col(ProductRow.free_shipping).is_(True))
    return found


def _fits(asked: SearchProducts, without: str) -> list[ColumnElement[bool]]:
    fits = variant_on_sale()
    if asked.min_price is not None and without != "price":
        fits.append(col(VariantRow.price) >= asked.min_price)
    if asked.max_price is not None and without != "price":
        fits.append(col(VariantRow.price) <= asked.max_price)
    if asked.in_stock and without != "in_stock":
        fits += buyable()
    if without != "attributes":
        fits += [_has(name, value) for name, value in attributes_of(asked.attributes).items()]
    return fits


def variant_on_sale(variant: type[VariantRow] = VariantRow) -> list[ColumnElement[bool]]:
    return [
        col(variant.product) == col(ProductRow.slug),
        col(variant.on_sale).is_(True),
        col(variant.deleted_at).is_(None),
    ]


def buyable() -> list[ColumnElement[bool]]:
    return [col(StockRow.sku) == col(VariantRow.sku), col(StockRow.on_hand) > col(StockRow.reserved)]


def _has(name: str, value: str) -> ColumnElement[bool]:
    held = aliased(VariantAttributeRow)
    return exists().where(col(held.sku) == col(VariantRow.sku), col(held.name) == name, col(held.value) == value)


def below(category: str) -> Select[Any]:
    """A category and all that are parts of it."""
    tree = (
        select(col(CategoryRow.slug).label("slug"))
        .where(col(CategoryRow.slug) == category)
        .cte("shelf", recursive=True)
    )
    parts = select(col(CategoryRow.slug)).join(tree, col(CategoryRow.parent) == tree.c.slug)
    return select(tree.union(parts).c.slug)
