"""Use cases of bulk: goods in, and goods out."""

import asyncio
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..catalog.records import ProductRow, VariantRow
from ..context import Context
from ..database import retrying
from ..inventory.records import StockRow
from ..listings.operations import merchant_for
from ..money import decimal_of
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from .applying import Tally, apply
from .files import Read, read
from .refusals import ImportHasProblems
from .schemas import ExportGoods, GoodsLines, GoodsLineView, ImportGoods, ImportReport

TOLD = 100


class RolledBack(Exception):
    """Gives a transaction up and keeps what was learnt in it."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


async def _rehearse(ctx: Context, asked: ImportGoods) -> Read | ImportReport:
    """Reads the file in a thread. A dry run is the real one, given up at its end."""
    found = await asyncio.to_thread(read, asked.content, asked.format)
    if not asked.dry_run:
        return found
    return await retrying(lambda: _given_up(ctx, asked, found))


async def _given_up(ctx: Context, asked: ImportGoods, found: Read) -> ImportReport:
    try:
        async with ctx.writing() as inside:
            raise RolledBack(await _applied(inside, asked, found))
    except RolledBack as done:
        return done.report


async def _applied(ctx: Context, asked: ImportGoods, found: Read) -> ImportReport:
    merchant = await merchant_for(ctx, asked.merchant)
    tally: Tally = await apply(ctx, merchant, found.lines, set_stock=asked.set_stock)
    problems = sorted([*found.problems, *tally.problems], key=lambda p: p.line)
    done = {name: value for name, value in vars(tally).items() if name != "problems"}
    return ImportReport(dry_run=asked.dry_run, lines=len(found.lines), problems=problems, **done)


@operation(Effect.WRITE, "POST /merchant/imports", who=Who.MERCHANT, surfaces=REST_ONLY, before=_rehearse)
async def import_goods(ctx: Context, asked: ImportGoods) -> ImportReport:
    """Make and change many products and variants at once, from a file of up to 2,000 lines: all of it or nothing.

    Nothing is deleted. With dry_run nothing is changed, and the answer lists everything that is wrong, line by line.
    """
    if isinstance(ctx.prepared, ImportReport):
        return ctx.prepared
    report = await _applied(ctx, asked, ctx.prepared)
    if report.problems:
        raise ImportHasProblems(len(report.problems), [p.model_dump() for p in report.problems[:TOLD]])
    return report


@operation(Effect.READ, "GET /merchant/goods", who=Who.MERCHANT, surfaces=REST_ONLY)
async def export_goods(ctx: Context, asked: ExportGoods) -> GoodsLines:
    """The merchant's goods, one variant a line, as an import takes them; `GET /v1/merchant/export` gives all pages as a file."""
    sku = func.coalesce(col(VariantRow.sku), "")
    statement = _goods().where(col(ProductRow.deleted_at).is_(None))
    if ctx.caller.role != "admin":
        statement = statement.where(col(ProductRow.merchant) == ctx.caller.merchant)
    if asked.merchant:
        statement = statement.where(col(ProductRow.merchant) == asked.merchant)
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(col(ProductRow.slug), sku) > sa_tuple(*key))
    rows = await ctx.rows(statement.order_by(col(ProductRow.slug), sku).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return GoodsLines(
        items=[_line(ctx, row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].slug, page[-1].sku or ""]) if more else None,
    )


def _goods() -> Any:
    variant = ("attributes", "labels", "price", "on_sale")
    stock: tuple[Any, ...] = (col(StockRow.on_hand).label("stock"), col(StockRow.low_stock_at))
    own = and_(col(VariantRow.product) == col(ProductRow.slug), col(VariantRow.deleted_at).is_(None))
    return (
        select(
            ProductRow,
            col(VariantRow.sku),
            *stock,
            *(col(getattr(VariantRow, name)).label(f"variant_{name}") for name in variant),
        )
        .outerjoin(VariantRow, own)
        .outerjoin(StockRow, col(StockRow.sku) == col(VariantRow.sku))
    )


def _line(ctx: Context, row: Row[Any]) -> GoodsLineView:
    price = None if row.variant_price is None else decimal_of(row.variant_price, ctx.shop.settings.currency)
    return GoodsLineView(
        product=row.slug,
        name=row.name,
        names=row.names,
        description=row.description,
        descriptions=row.descriptions,
        brand=row.brand,
        category=row.category,
        keywords=row.keywords,
        free_shipping=row.free_shipping,
        product_on_sale=row.on_sale,
        sku=row.sku,
        attributes=row.variant_attributes,
        labels=row.variant_labels,
        price=price,
        on_sale=row.variant_on_sale,
        stock=row.stock,
        low_stock_at=row.low_stock_at,
    )
