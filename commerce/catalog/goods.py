"""Reading and writing goods: the queries behind the catalogue's operations, the cart and the checkout."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select, true
from sqlmodel import col

from ..context import Context
from ..inventory.records import StockRow
from ..merchants.records import MerchantRow
from .records import ProductRow, VariantRow
from .schemas import ImageView, LineView

AVAILABLE = (col(StockRow.on_hand) - col(StockRow.reserved)).label("available")
LISTED = col(ProductRow.listed) == true()
ON_SALE = (col(VariantRow.on_sale) == true(), col(VariantRow.deleted_at).is_(None))
"""What holds of a variant that shoppers may buy, where its product is listed."""
FOR_SALE = and_(LISTED, *ON_SALE).label("for_sale")


GOODS: tuple[Any, ...] = (
    col(VariantRow.sku),
    col(VariantRow.product),
    col(VariantRow.attributes),
    col(VariantRow.labels),
    col(VariantRow.price),
    col(ProductRow.merchant),
    col(ProductRow.category),
    col(ProductRow.free_shipping),
    col(ProductRow.name),
    col(ProductRow.names),
    col(MerchantRow.name).label("merchant_name"),
    col(MerchantRow.names).label("merchant_names"),
    FOR_SALE,
)
"""What carts and checkouts need to know of a variant."""


SELLABLE = (
    select(*GOODS, AVAILABLE)
    .join(StockRow, col(StockRow.sku) == col(VariantRow.sku))
    .join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
    .outerjoin(MerchantRow, col(MerchantRow.slug) == col(ProductRow.merchant))
    .where(col(VariantRow.sku).in_(bindparam("skus", expanding=True)))
)


async def sellable(ctx: Context, skus: Iterable[str]) -> dict[str, Row[Any]]:
    """What carts and checkouts need to know of variants, by SKU; those that do not exist are missing.

    `for_sale`: whether it can be bought at all; what was taken off sale, or out of the shop, is still told by its name.
    """
    return {row.sku: row for row in await ctx.rows(SELLABLE, skus=list(skus))}


def joined_goods(statement: Select[Any], sku: Any) -> Select[Any]:
    """Adds the tables of GOODS and AVAILABLE to a query of rows that hold a SKU, whether or not there still is such a variant."""
    return (
        statement.outerjoin(VariantRow, col(VariantRow.sku) == sku)
        .outerjoin(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
        .outerjoin(MerchantRow, col(MerchantRow.slug) == col(ProductRow.merchant))
        .outerjoin(StockRow, col(StockRow.sku) == col(VariantRow.sku))
    )


def line_of(ctx: Context, goods: Any, quantity: int) -> LineView:
    """`goods`: a row of `sellable`."""
    return LineView(
        sku=goods.sku,
        product=goods.product,
        merchant=goods.merchant,
        name=goods.name,
        names=goods.names,
        attributes=goods.attributes,
        labels=goods.labels,
        quantity=quantity,
        unit_price=ctx.money(goods.price),
        total=ctx.money(goods.price * quantity),
    )


def grave_for(ctx: Context) -> str:
    """A slug for something deleted that others still refer to; its own is free again."""
    return ctx.new_id("deleted").replace("_", "-").lower()


def image_views(images_url: str, gallery: list[dict[str, Any]] | None) -> list[ImageView]:
    """`gallery`: as a product holds it."""
    base = images_url.rstrip("/")
    return [
        ImageView(
            image=kept["image"],
            url=f"{base}/{kept['file']}.webp",
            thumbnail_url=f"{base}/{kept['file']}-small.webp",
            alt=kept["alt"],
            width=kept["width"],
            height=kept["height"],
            variant=kept["sku"],
        )
        for kept in gallery or []
    ]
