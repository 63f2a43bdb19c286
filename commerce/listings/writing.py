"""Writing listings: everything that changes goods locks their product first and brings what hangs on it up to date last."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, insert, select, tuple_, update
from sqlmodel import col

from ..catalog.records import CategoryRow, ProductRow, VariantRow
from ..catalog.refusals import CategoryNotFound, ProductNotFound, VariantNotFound
from ..context import Context
from ..inventory.moves import ByHand, count, receive
from ..inventory.records import StockRow
from .records import PriceRow
from .refusals import SkuTaken, TooManyVariants
from .rules import MAX_VARIANTS, tell_apart
from .schemas import NewVariant


def named(product: str) -> tuple[ColumnElement[bool], ...]:
    """A product that is not deleted."""
    return col(ProductRow.slug) == product, col(ProductRow.deleted_at).is_(None)


async def my_product(ctx: Context, product: str) -> Row[Any]:
    """Locked where the database locks rows, so that all changes of one product happen one after another. Refuses one that is
    not the caller's to manage."""
    return await _managed(ctx, product, select(ProductRow).where(*named(product)).with_for_update())


async def managed_product(ctx: Context, product: str) -> Row[Any]:
    """To look at. Refuses one that is not the caller's to manage."""
    return await _managed(ctx, product, select(ProductRow).where(*named(product)))


async def _managed(ctx: Context, product: str, statement: Select[Any]) -> Row[Any]:
    row = await ctx.row(statement)
    if row is None or not ctx.caller.may_manage(row.merchant):
        raise ProductNotFound(product)
    return row


async def my_variant(ctx: Context, sku: str) -> Row[Any]:
    """Its product is locked. Refuses one that is not the caller's to manage."""
    product = await ctx.value(select(col(VariantRow.product)).where(col(VariantRow.sku) == sku))
    try:
        locked = await my_product(ctx, product) if product else None
    except ProductNotFound:
        raise VariantNotFound(sku) from None
    own = col(VariantRow.sku) == sku, col(VariantRow.product) == product, col(VariantRow.deleted_at).is_(None)
    row = await ctx.row(select(VariantRow).where(*own)) if locked else None
    if row is None:
        raise VariantNotFound(sku)
    return row


async def insert_product(ctx: Context, slug: str, merchant: str, facts: Mapping[str, Any]) -> None:
    """`facts`: columns; those that are missing are as for new goods."""
    blank: dict[str, Any] = {"names": {}, "description": "", "descriptions": {}, "brand": "", "keywords": []}
    shown = {"free_shipping": False, "on_sale": True, "listed": False, "sold": 0, "name_length": 0, "lowest_price": 0}
    own = {"slug": slug, "merchant": merchant, "created_at": ctx.now}
    await ctx.run(insert(ProductRow).values(**blank | shown | dict(facts) | own))


async def category_for_goods(ctx: Context, category: str) -> None:
    """Holds the category as it is until the goods are written."""
    held = select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == category, col(CategoryRow.deleted_at).is_(None))
    if await ctx.value(held.with_for_update(read=True)) is None:
        raise CategoryNotFound(category)


async def add_variants(ctx: Context, product: Row[Any], wanted: Sequence[NewVariant]) -> None:
    """Makes new variants, and takes back deleted ones whose SKU the merchant asks for again."""
    if not wanted:
        return
    held = await ctx.rows(select(VariantRow).where(col(VariantRow.product) == product.slug))
    siblings = [row for row in held if row.deleted_at is None]
    if len(siblings) + len(wanted) > MAX_VARIANTS:
        raise TooManyVariants(product.slug, MAX_VARIANTS)
    known = await _known(ctx, product, wanted)
    attributes = {row.sku: row.attributes for row in siblings}
    for variant in wanted:
        if variant.sku in attributes:
            raise SkuTaken(variant.sku)
        attributes[variant.sku] = variant.attributes
    tell_apart(product.slug, attributes)
    rows = [_row(product.slug, v, len(held) + i) for i, v in enumerate(wanted)]
    fresh = [row for row in rows if row["sku"] not in known]
    if fresh:
        await ctx.db.execute(insert(VariantRow), fresh)
    await receive(ctx, {v.sku: v.stock for v in wanted if v.sku not in known})
    for row in rows:
        if row["sku"] in known:
            await ctx.run(update(VariantRow).where(col(VariantRow.sku) == row["sku"]).values(**row))
    for variant in wanted:
        low = {"low_stock_at": variant.low_stock_at}
        await ctx.run(update(StockRow).where(col(StockRow.sku) == variant.sku).values(**low))
        if variant.sku in known:
            await count(ctx, variant.sku, variant.stock, ByHand("counted"))
    await note_prices(ctx, {v.sku: v.price for v in wanted})


async def _known(ctx: Context, product: Row[Any], wanted: Sequence[NewVariant]) -> set[str]:
    """SKUs that were deleted and are this merchant's to use again; refuses those that are in use or somebody else's."""
    statement = (
        select(col(VariantRow.sku), col(VariantRow.deleted_at), col(ProductRow.merchant))
        .join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
        .where(col(VariantRow.sku).in_([v.sku for v in wanted]))
    )
    rows = await ctx.rows(statement)
    for row in rows:
        if row.deleted_at is None or row.merchant != product.merchant:
            raise SkuTaken(row.sku)
    return {row.sku for row in rows}


def _row(product: str, variant: NewVariant, position: int) -> dict[str, Any]:
    kept = variant.model_dump(include={"sku", "attributes", "labels", "price", "on_sale"})
    return kept | {"product": product, "position": position, "deleted_at": None}


async def note_prices(ctx: Context, prices: Mapping[str, int]) -> None:
    """Opens a new version for each price that is not the newest one. The products are locked."""
    newest = (
        select(col(PriceRow.sku), func.max(col(PriceRow.version)).label("version"))
        .where(col(PriceRow.sku).in_(list(prices)))
        .group_by(col(PriceRow.sku))
    )
    last = tuple_(col(PriceRow.sku), col(PriceRow.version)).in_(newest)
    held = {row.sku: row for row in await ctx.rows(select(PriceRow).where(last))}
    changed = [
        {
            "sku": sku,
            "version": held[sku].version + 1 if sku in held else 1,
            "price": price,
            "previous": held[sku].price if sku in held else None,
            "account": ctx.caller.account or None,
            "at": ctx.now,
        }
        for sku, price in sorted(prices.items())
        if sku not in held or held[sku].price != price
    ]
    if changed:
        await ctx.db.execute(insert(PriceRow), changed)
