"""Refund requests as shoppers and merchants see them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlmodel import col

from ..context import Context
from ..orders.records import OrderRow
from ..paging import cursor_after, key_of
from .records import RefundLineRow, RefundRequestRow
from .refusals import RefundRequestNotFound
from .schemas import ListRefundRequests, RefundLineView, RefundRequestList, RefundRequestView


def with_quote() -> Select[Any]:
    return select(RefundRequestRow, col(OrderRow.quote)).join(
        OrderRow, col(OrderRow.number) == col(RefundRequestRow.order_number)
    )


async def found(ctx: Context, refund_request: str) -> Row[Any]:
    """Its shopper's, and its merchant's; for anybody else it does not exist."""
    row = await ctx.row(with_quote().where(col(RefundRequestRow.id) == refund_request))
    if row is None or not (row.account == ctx.caller.account or ctx.caller.may_manage(row.merchant)):
        raise RefundRequestNotFound(refund_request)
    return row


async def managed(ctx: Context, refund_request: str) -> Row[Any]:
    """To be reviewed by the caller; nobody reviews for somebody else's merchant."""
    row = await found(ctx, refund_request)
    if not ctx.caller.may_manage(row.merchant):
        raise RefundRequestNotFound(refund_request)
    return row


async def request_view(ctx: Context, refund_request: str) -> RefundRequestView:
    [view] = await views(ctx, [await found(ctx, refund_request)])
    return view


async def listed(
    ctx: Context, asked: ListRefundRequests, *where: ColumnElement[bool], oldest_first: bool
) -> RefundRequestList:
    statement, id = with_quote().where(*where), col(RefundRequestRow.id)
    if asked.status:
        statement = statement.where(col(RefundRequestRow.status) == asked.status)
    if asked.order:
        statement = statement.where(col(RefundRequestRow.order_number) == asked.order)
    if key := key_of(asked, str):
        statement = statement.where(id > key[0] if oldest_first else id < key[0])
    rows = await ctx.rows(statement.order_by(id if oldest_first else id.desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return RefundRequestList(
        items=await views(ctx, page), next_cursor=cursor_after(asked, [page[-1].id]) if more else None
    )


async def views(ctx: Context, rows: Sequence[Row[Any]]) -> list[RefundRequestView]:
    lines: dict[str, list[Row[Any]]] = defaultdict(list)
    of_them = col(RefundLineRow.refund_request).in_([row.id for row in rows])
    for line in await ctx.rows(select(RefundLineRow).where(of_them)) if rows else []:
        lines[line.refund_request].append(line)
    return [_view(ctx, row, lines[row.id]) for row in rows]


def _view(ctx: Context, row: Row[Any], lines: list[Row[Any]]) -> RefundRequestView:
    names = {line["sku"]: line["name"] for line in row.quote["lines"]}
    return RefundRequestView(
        refund_request=row.id,
        kind=row.kind,
        status=row.status,
        order=row.order_number,
        fulfillment=row.fulfillment,
        merchant=row.merchant,
        lines=[
            RefundLineView(sku=line.sku, name=names[line.sku], quantity=line.quantity, returned=line.returned)
            for line in lines
        ],
        reason=row.reason,
        amount=ctx.money(row.amount),
        given=None if row.given is None else ctx.money(row.given),
        delivery=row.delivery,
        restock=row.restock,
        note=row.note,
        age_days=(ctx.now - row.created_at).days,
        created_at=row.created_at,
        expires_at=row.expires_at if row.status == "pending" else None,
        reviewed_at=row.reviewed_at,
    )
