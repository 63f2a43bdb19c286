"""What a result of a search fulfils, besides holding its words."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, exists, literal, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from ..inventory.records import StockRow
from .cards import SHOWN
from .records import CategoryRow, ProductRow, VariantAttributeRow, VariantRow
from .rules import attributes_of, phrases_of
from .schemas import SearchProducts
from .tokens import CJK


class Filters(NamedTuple):
    """Which conditions there are. What they compare with is bound to the statement: `values_of`."""

    min_price: bool
    max_price: bool
    in_stock: bool | None
    attributes: int
    category: bool
    merchant: bool
    free_shipping: bool
    without: int
    """How many things are not wanted."""


def filters_of(asked: SearchProducts) -> Filters:
    return Filters(
        asked.min_price is not None,
        asked.max_price is not None,
        asked.in_stock,
        len(attributes_of(asked.attributes)),
        asked.category is not None,
        asked.merchant is not None,
        asked.free_shipping,
        len(phrases_of(asked.without)),
    )


def values_of(asked: SearchProducts) -> dict[str, Any]:
    found = {name: getattr(asked, name) for name in ("min_price", "max_price", "category", "merchant")}
    for number, (name, value) in enumerate(attributes_of(asked.attributes).items()):
        found |= {f"attribute_{number}": name, f"value_{number}": value}
    for number, phrase in enumerate(phrases_of(asked.without)):
        found[f"like_{number}"] = like(phrase)
    return found


def like(phrase: str) -> str:
    """As `holds` compares with. A phrase is words, so nothing in it stands for anything else."""
    return f"%{phrase}%" if CJK.search(phrase) else f"% {phrase} %"


def conditions(asked: Filters, *, apart_from: str = "") -> list[ColumnElement[bool]]:
    """What every result fulfils, but for the part named. Price, stock and attributes speak of one and the same variant: red at
    12.99 in stock, not red sold out and blue at 12.99."""
    found: list[ColumnElement[bool]] = [SHOWN]
    fits = _fits(asked, apart_from)
    if len(fits) > len(variant_on_sale()):
        found.append(exists().where(*fits))
    if asked.in_stock is False and apart_from != "in_stock":
        found.append(~exists().where(*variant_on_sale(), *buyable()))
    if asked.category and apart_from != "category":
        found.append(col(ProductRow.category).in_(below(bindparam("category"))))
    if asked.merchant and apart_from != "merchant":
        found.append(col(ProductRow.merchant) == bindparam("merchant"))
    if asked.free_shipping and apart_from != "free_shipping":
        found.append(col(ProductRow.free_shipping).is_(True))
    return found


def _fits(asked: Filters, apart_from: str) -> list[ColumnElement[bool]]:
    fits = variant_on_sale()
    if asked.min_price and apart_from != "price":
        fits.append(col(VariantRow.price) >= bindparam("min_price"))
    if asked.max_price and apart_from != "price":
        fits.append(col(VariantRow.price) <= bindparam("max_price"))
    if asked.in_stock and apart_from != "in_stock":
        fits += buyable()
    if apart_from != "attributes":
        fits += [_has(number) for number in range(asked.attributes)]
    return [*fits, *(_lacks(number) for number in range(asked.without))]


def variant_on_sale(variant: type[VariantRow] = VariantRow) -> list[ColumnElement[bool]]:
    return [
        col(variant.product) == col(ProductRow.slug),
        col(variant.on_sale).is_(True),
        col(variant.deleted_at).is_(None),
    ]


def buyable() -> list[ColumnElement[bool]]:
    return [col(StockRow.sku) == col(VariantRow.sku), col(StockRow.on_hand) > col(StockRow.reserved)]


def _has(number: int) -> ColumnElement[bool]:
    held = aliased(VariantAttributeRow)
    named = col(held.name) == bindparam(f"attribute_{number}"), col(held.value) == bindparam(f"value_{number}")
    return exists().where(col(held.sku) == col(VariantRow.sku), *named)


def _lacks(number: int) -> ColumnElement[bool]:
    unwanted = holds(col(VariantAttributeRow.value), f"like_{number}")
    return ~exists().where(col(VariantAttributeRow.sku) == col(VariantRow.sku), unwanted)


def holds(value: Any, phrase: str) -> ColumnElement[bool]:
    """Whether an attribute's value holds words. `phrase`: what these are bound as."""
    whole: ColumnElement[str] = literal(" ") + value + literal(" ")
    return whole.like(bindparam(phrase))


def below(category: Any) -> Select[Any]:
    """A category and all that are parts of it."""
    tree = (
        select(col(CategoryRow.slug).label("slug"))
        .where(col(CategoryRow.slug) == category)
        .cte("shelf", recursive=True)
    )
    parts = select(col(CategoryRow.slug)).join(tree, col(CategoryRow.parent) == tree.c.slug)
    return select(tree.union(parts).c.slug)
