"""Use cases of the stock: what a merchant sees and corrects."""

from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..catalog.records import ProductRow, VariantRow
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of
from .moves import ByHand, correct, count
from .records import StockMovementRow, StockRow
from .schemas import (
    AdjustStock,
    GetStock,
    ListLowStock,
    ListMovements,
    MovementList,
    MovementView,
    SetLowStock,
    StockList,
    StockView,
)

AVAILABLE = col(StockRow.on_hand) - col(StockRow.reserved)


@operation(Effect.READ, "GET /merchant/stock/{sku}", who=Who.MERCHANT)
async def get_stock(ctx: Context, asked: GetStock) -> StockView:
    """How many of one of the merchant's variants are on hand, promised and left."""
    return await _view(ctx, asked.sku)


@operation(Effect.WRITE, "POST /merchant/stock/{sku}/adjustments", who=Who.MERCHANT)
async def adjust_stock(ctx: Context, asked: AdjustStock) -> StockView:
    """Correct the stock of one of the merchant's variants: by so many more or fewer, or to what was counted.

    Goods that are promised to orders can't be taken away.
    """
    await _mine(ctx, asked.sku)
    why = ByHand(asked.reason, asked.note)
    if asked.by is not None:
        await correct(ctx, asked.sku, asked.by, why)
    elif asked.counted is not None:
        await count(ctx, asked.sku, asked.counted, why, asked.expected)
    return await _view(ctx, asked.sku)


@operation(Effect.WRITE, "PATCH /merchant/stock/{sku}", who=Who.MERCHANT)
async def set_low_stock(ctx: Context, asked: SetLowStock) -> StockView:
    """Say from how few pieces on one of the merchant's variants counts as low."""
    await _mine(ctx, asked.sku)
    await ctx.run(update(StockRow).where(col(StockRow.sku) == asked.sku).values(low_stock_at=asked.low_stock_at))
    return await _view(ctx, asked.sku)


@operation(Effect.READ, "GET /merchant/stock/{sku}/movements", who=Who.MERCHANT)
async def list_stock_movements(ctx: Context, asked: ListMovements) -> MovementList:
    """Every change of the stock of one of the merchant's variants, newest first; their sum is the stock."""
    await _mine(ctx, asked.sku)
    statement = select(StockMovementRow).where(col(StockMovementRow.sku) == asked.sku)
    if key := key_of(asked, str):
        statement = statement.where(col(StockMovementRow.id) < key[0])
    rows = await ctx.rows(statement.order_by(col(StockMovementRow.id).desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    return MovementList(
        items=[_movement(row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None,
    )


@operation(Effect.READ, "GET /merchant/low-stock", who=Who.MERCHANT)
async def list_low_stock(ctx: Context, asked: ListLowStock) -> StockList:
    """The merchant's variants of which few or none are left, the scarcest first."""
    statement = _goods().where(col(StockRow.low_stock_at) >= AVAILABLE)
    if ctx.caller.role != "admin":
        statement = statement.where(col(ProductRow.merchant) == ctx.caller.merchant)
    if asked.merchant:
        statement = statement.where(col(ProductRow.merchant) == asked.merchant)
    if key := key_of(asked, int, str):
        statement = statement.where(sa_tuple(AVAILABLE, col(StockRow.sku)) > sa_tuple(*key))
    rows = await ctx.rows(statement.order_by(AVAILABLE, col(StockRow.sku)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return StockList(
        items=[_stock(row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].available, page[-1].sku]) if more else None,
    )


async def _mine(ctx: Context, sku: str) -> Row[Any]:
    """Refuses a variant that is not the caller's to manage."""
    row = await ctx.row(_goods().where(col(StockRow.sku) == sku))
    if row is None or not ctx.caller.may_manage(row.merchant):
        raise VariantNotFound(sku)
    return row


async def _view(ctx: Context, sku: str) -> StockView:
    return _stock(await _mine(ctx, sku))


def _goods() -> Select[Any]:
    stock = col(StockRow.sku), col(StockRow.on_hand), col(StockRow.reserved), col(StockRow.low_stock_at)
    variant = col(VariantRow.product), col(VariantRow.attributes), col(VariantRow.labels)
    product = col(ProductRow.name), col(ProductRow.names), col(ProductRow.merchant)
    return (
        select(*stock, AVAILABLE.label("available"), *variant, *product)
        .join(VariantRow, col(VariantRow.sku) == col(StockRow.sku))
        .join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
        .where(col(VariantRow.deleted_at).is_(None))
    )


def _stock(row: Row[Any]) -> StockView:
    shown = {name: value for name, value in row._mapping.items() if name != "merchant"}
    return StockView(**shown, low=row.available <= row.low_stock_at)


def _movement(row: Row[Any]) -> MovementView:
    return MovementView(
        on_hand=row.on_hand,
        reserved=row.reserved,
        reason=row.reason,
        order=row.order_number,
        note=row.note,
        at=row.at,
    )
