"""Cards: products as shoppers see them, each kept as one value, so that a list is read in one statement.

A card holds all but the stock, which moves too often to be kept twice. `reindex` writes cards, in the transaction that
changes what they show; `audit` compares them.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Text, and_, func, select, type_coerce
from sqlmodel import col

from ..connections import read_json
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
)
CARD = (type_coerce(col(ProductRow.card), Text) + "\n" + func.coalesce(AVAILABLE, "{}")).label("card")
"""What `product_views` needs, in one column, because each one of a page costs a driver in Python: the card and, on a line of
its own, what is free of each SKU."""
SHOWN = and_(LISTED, col(ProductRow.card).is_not(None))
"""What shoppers see. For a moment after an upgrade a product may be listed and have no card yet."""
PLAIN = ("name", "names", "description", "descriptions", "brand", "category", "merchant", "free_shipping", "gallery")


def card_of(row: Row[Any], variants: Sequence[Row[Any]]) -> dict[str, Any]:
    """`row`: of ProductRow; `variants`: those of it that are on sale, in their order."""
    plain = {name: row._mapping[name] for name in PLAIN}
    return {"product": row.slug, **plain, "variants": [_variant(variant) for variant in variants]}


def _variant(row: Row[Any]) -> dict[str, Any]:
    return {"sku": row.sku, "attributes": row.attributes, "labels": row.labels, "price": row.price}


def product_views(ctx: Context, cards: Iterable[str]) -> list[ProductView]:
    """Of values of CARD."""
    settings = ctx.shop.settings
    return [_view(card, settings.currency, settings.images_url) for card in cards]


@lru_cache(maxsize=4_096)
def _view(card: str, currency: str, images_url: str) -> ProductView:
    """The text is all that it depends on. What many look at is read and checked once; that is most of what a page costs."""
    kept, _, available = card.partition("\n")
    product: dict[str, Any] = read_json(kept)
    free: dict[str, int] = read_json(available)
    prices = [variant["price"] for variant in product["variants"]]
    for variant in product["variants"]:
        variant["price"] = {"amount": variant["price"], "currency": currency}
        variant["available"] = free.get(variant["sku"], 0)
    product["images"] = image_views(images_url, product["gallery"])
    product["price"] = {"amount": min(prices), "currency": currency}
    product["available"] = sum(variant["available"] for variant in product["variants"])
    return ProductView.model_validate(product)
