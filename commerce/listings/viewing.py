"""What a merchant sees of its own products."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import col

from ..catalog.goods import image_views
from ..catalog.records import ProductRow, VariantRow
from ..context import Context
from ..inventory.records import StockRow
from .schemas import OwnProductView, OwnVariantView


async def own_product(ctx: Context, product: str) -> OwnProductView:
    row = await ctx.row(select(ProductRow).where(col(ProductRow.slug) == product))
    assert row is not None
    return (await own_products(ctx, [row]))[0]


async def own_products(ctx: Context, rows: Sequence[Row[Any]]) -> list[OwnProductView]:
    variants = await _variants(ctx, [row.slug for row in rows]) if rows else {}
    return [_product(ctx, row, variants.get(row.slug, [])) for row in rows]


async def _variants(ctx: Context, products: Sequence[str]) -> dict[str, list[OwnVariantView]]:
    stock = col(StockRow.on_hand), col(StockRow.reserved), col(StockRow.low_stock_at)
    rows = await ctx.rows(
        select(VariantRow, *stock)
        .join(StockRow, col(StockRow.sku) == col(VariantRow.sku))
        .where(col(VariantRow.product).in_(products), col(VariantRow.deleted_at).is_(None))
        .order_by(col(VariantRow.product), col(VariantRow.position), col(VariantRow.sku))
    )
    found: dict[str, list[OwnVariantView]] = defaultdict(list)
    for row in rows:
        found[row.product].append(_variant(ctx, row))
    return found


def _variant(ctx: Context, row: Row[Any]) -> OwnVariantView:
    return OwnVariantView(
        sku=row.sku,
        attributes=row.attributes,
        labels=row.labels,
        price=ctx.money(row.price),
        on_sale=row.on_sale,
        on_hand=row.on_hand,
        reserved=row.reserved,
        available=row.on_hand - row.reserved,
        low_stock_at=row.low_stock_at,
        position=row.position,
    )


def _product(ctx: Context, row: Row[Any], variants: list[OwnVariantView]) -> OwnProductView:
    return OwnProductView(
        product=row.slug,
        merchant=row.merchant,
        name=row.name,
        names=row.names,
        description=row.description,
        descriptions=row.descriptions,
        brand=row.brand,
        category=row.category,
        keywords=row.keywords,
        free_shipping=row.free_shipping,
        on_sale=row.on_sale,
        listed=row.listed,
        sold=row.sold,
        created_at=row.created_at,
        images=image_views(ctx.shop.settings.images_url, row.gallery),
        variants=variants,
    )
