"""Cards: products as shoppers see them, each kept as one value, so that a list is read in one statement.

A card holds all but the stock, which moves too often to be kept twice. `reindex` writes cards, in the transaction that
changes what they show; `audit` compares them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, and_, select
from sqlmodel import col

from ..context import Context
from ..functions import json_object_of
from ..inventory.records import StockRow
from .goods import LISTED, image_views
from .records import ProductRow, VariantRow
from .schemas import ProductView

AVAILABLE = (
    select(json_object_of(col(VariantRow.sku), col(StockRow.on_hand) - col(StockRow.reserved)))
    .join(StockRow, col(StockRow.sku) == col(VariantRow.sku))
    .where(col(VariantRow.product) == col(ProductRow.slug))
    .correlate(ProductRow)
    .scalar_subquery()
    .label("available")
)
CARD = (col(ProductRow.slug), col(ProductRow.card), AVAILABLE)
"""What `product_views` needs."""
SHOWN = and_(LISTED, col(ProductRow.card).is_not(None))
"""What shoppers see. For a moment after an upgrade a product may be listed and have no card yet."""
VIEWS = TypeAdapter(list[ProductView])
PLAIN = ("name", "names", "description", "descriptions", "brand", "category", "merchant", "free_shipping", "gallery")


def card_of(row: Row[Any], variants: Sequence[Row[Any]]) -> dict[str, Any]:
    """`row`: of ProductRow; `variants`: those of it that are on sale, in their order."""
    plain = {name: row._mapping[name] for name in PLAIN}
    return {"product": row.slug, **plain, "variants": [_variant(variant) for variant in variants]}


def _variant(row: Row[Any]) -> dict[str, Any]:
    return {"sku": row.sku, "attributes": row.attributes, "labels": row.labels, "price": row.price}


def product_views(ctx: Context, rows: Sequence[Row[Any]]) -> list[ProductView]:
    """Of rows of CARD. They are validated in one go: one by one costs several times as much."""
    return VIEWS.validate_python([_product(ctx, row.card, row.available or {}) for row in rows])


def _product(ctx: Context, card: dict[str, Any], available: Mapping[str, int]) -> dict[str, Any]:
    currency = ctx.shop.settings.currency
    prices = [variant["price"] for variant in card["variants"]]
    for variant in card["variants"]:
        variant["price"] = {"amount": variant["price"], "currency": currency}
        variant["available"] = available.get(variant["sku"], 0)
    card["images"] = image_views(ctx, card["gallery"])
    card["price"] = {"amount": min(prices), "currency": currency}
    card["available"] = sum(variant["available"] for variant in card["variants"])
    return card
