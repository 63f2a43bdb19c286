"""Use cases of waiting for goods: a shopper is told once when what was sold out is back."""

from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..catalog.goods import FOR_SALE
from ..catalog.records import ProductRow, VariantRow
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from ..views import Page
from .moves import available
from .records import StockAlertRow, StockRow
from .refusals import StillInStock, StockAlertNotFound, TooManyStockAlerts
from .schemas import StockAlertList, StockAlertView, UnwatchStock, WatchStock

MAX_ALERTS = 100
BATCH = 200


@operation(Effect.WRITE, "POST /stock-alerts", who=Who.CUSTOMER, creates=True)
async def watch_stock(ctx: Context, asked: WatchStock) -> StockAlertView:
    """Ask to be told when a variant that is sold out can be bought again. Asking twice is asking once."""
    sold = await ctx.value(_goods().where(col(VariantRow.sku) == asked.sku).with_only_columns(FOR_SALE))
    if not sold:
        raise VariantNotFound(asked.sku)
    await _lock(ctx, asked.sku)
    if (left := await available(ctx, asked.sku)) > 0:
        raise StillInStock(asked.sku, left)
    await ctx.run(delete(StockAlertRow).where(*_my(ctx, asked.sku), col(StockAlertRow.back_at).is_not(None)))
    if await ctx.value(select(col(StockAlertRow.sku)).where(*_my(ctx, asked.sku))) is None:
        await _subscribe(ctx, asked.sku)
    row = await ctx.row(_mine(ctx).where(col(StockAlertRow.sku) == asked.sku))
    assert row is not None
    return _view(row)


@operation(Effect.WRITE, "DELETE /stock-alerts/{sku}", who=Who.CUSTOMER)
async def unwatch_stock(ctx: Context, asked: UnwatchStock) -> StockAlertList:
    """Give up waiting for a variant, and return what the shopper still waits for."""
    if not await ctx.run(delete(StockAlertRow).where(*_my(ctx, asked.sku))):
        raise StockAlertNotFound(asked.sku)
    return await _list(ctx, Page())


@operation(Effect.READ, "GET /stock-alerts", who=Who.CUSTOMER)
async def list_stock_alerts(ctx: Context, asked: Page) -> StockAlertList:
    """What the shopper waits for, newest first; `back_at` says that it is back."""
    return await _list(ctx, asked)


async def tell_who_waits(ctx: Context) -> int:
    """The job: one `stock.back` for each shopper who waits for something that can be bought again. Looking for what is back,
    instead of being told by whoever changes stock, also finds what was put on sale again."""
    async with ctx.reading() as inside:
        back = (
            _goods()
            .join(StockRow, col(StockRow.sku) == col(VariantRow.sku))
            .where(col(StockRow.awaited).is_(True), col(StockRow.on_hand) > col(StockRow.reserved), FOR_SALE)
        )
        found = await inside.rows(back.with_only_columns(col(VariantRow.sku), col(VariantRow.product)).limit(BATCH))
    told = 0
    for row in found:
        while batch := await _tell_some(ctx, row):
            told += batch
    return told


async def _tell_some(ctx: Context, goods: Row[Any]) -> int:
    """Whoever holds the stock's row tells; nobody can join meanwhile."""
    async with ctx.writing() as inside:
        await _lock(inside, goods.sku)
        waiting = col(StockAlertRow.sku) == goods.sku, col(StockAlertRow.back_at).is_(None)
        rows = await inside.rows(select(col(StockAlertRow.account)).where(*waiting).limit(BATCH))
        accounts = [row.account for row in rows]
        those = update(StockAlertRow).where(*waiting, col(StockAlertRow.account).in_(accounts))
        await inside.run(those.values(back_at=inside.now))
        for account in accounts:
            inside.emit("stock.back", account=account, sku=goods.sku, product=goods.product)
        if len(accounts) < BATCH:
            await inside.run(update(StockRow).where(col(StockRow.sku) == goods.sku).values(awaited=False))
    return len(accounts)


async def _subscribe(ctx: Context, sku: str) -> None:
    held = select(func.count()).where(col(StockAlertRow.account) == ctx.caller.account)
    if await ctx.value(held) >= MAX_ALERTS:
        raise TooManyStockAlerts(MAX_ALERTS)
    await ctx.run(insert(StockAlertRow).values(account=ctx.caller.account, sku=sku, created_at=ctx.now))
    await ctx.run(update(StockRow).where(col(StockRow.sku) == sku).values(awaited=True))


async def _lock(ctx: Context, sku: str) -> None:
    await ctx.value(select(col(StockRow.sku)).where(col(StockRow.sku) == sku).with_for_update())


async def _list(ctx: Context, asked: Page) -> StockAlertList:
    newest_first = (col(StockAlertRow.created_at), col(StockAlertRow.sku))
    statement = _mine(ctx)
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(*newest_first) < sa_tuple(moment_of(key[0]), key[1]))
    rows = await ctx.rows(statement.order_by(*(column.desc() for column in newest_first)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return StockAlertList(
        items=[_view(row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].created_at.isoformat(), page[-1].sku]) if more else None,
    )


def _my(ctx: Context, sku: str) -> tuple[Any, Any]:
    return col(StockAlertRow.account) == ctx.caller.account, col(StockAlertRow.sku) == sku


def _goods() -> Select[Any]:
    return select(VariantRow).join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))


def _mine(ctx: Context) -> Select[Any]:
    told = col(StockAlertRow.sku), col(StockAlertRow.created_at), col(StockAlertRow.back_at)
    goods = col(VariantRow.product), col(VariantRow.attributes), col(VariantRow.labels)
    names = col(ProductRow.name), col(ProductRow.names)
    left = (col(StockRow.on_hand) - col(StockRow.reserved)).label("available")
    return (
        select(*told, *goods, *names, left, FOR_SALE)
        .join(VariantRow, col(VariantRow.sku) == col(StockAlertRow.sku))
        .join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
        .join(StockRow, col(StockRow.sku) == col(VariantRow.sku))
        .where(col(StockAlertRow.account) == ctx.caller.account, col(VariantRow.deleted_at).is_(None))
    )


def _view(row: Row[Any]) -> StockAlertView:
    shown = {name: value for name, value in row._mapping.items() if name not in {"available", "for_sale"}}
    return StockAlertView(**shown, available=row.available if row.for_sale else 0)
