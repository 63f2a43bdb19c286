"""Use cases of orders."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from ..payments.paying import ORDER_SETTLED
from ..views import end_of, start_of
from .placing import place, place_terms
from .records import OrderRow
from .schemas import GetOrder, ListOrders, OrderList, OrderSummary, OrderView, PlaceOrder
from .viewing import order_view


@operation(Effect.COMMIT, "POST /checkouts/{checkout}/place", who=Who.CUSTOMER, terms=place_terms, then=ORDER_SETTLED)
async def place_order(ctx: Context, asked: PlaceOrder) -> dict[str, str] | OrderView:
    """Buy exactly what a checkout shows, or refuse with what changed.

    With a payment method in the checkout it is charged at once; without one the order waits for pay_order. Placing the
    same checkout again answers with the same order.
    """
    placed = await place(ctx, asked.checkout)
    if placed.charges:
        return {"order": placed.order}
    return placed.view or await order_view(ctx, placed.order)


@operation(Effect.READ, "GET /orders", who=Who.CUSTOMER)
async def list_orders(ctx: Context, asked: ListOrders) -> OrderList:
    """The shopper's orders, newest first, without those that were taken off the list."""
    newest_first = (col(OrderRow.placed_at), col(OrderRow.number))
    statement = select(OrderRow).where(col(OrderRow.account) == ctx.caller.account)
    for condition in _wanted(asked):
        statement = statement.where(condition)
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(*newest_first) < sa_tuple(moment_of(key[0]), key[1]))
    rows = await ctx.rows(statement.order_by(*(column.desc() for column in newest_first)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return OrderList(
        items=[_summary(ctx, row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].placed_at.isoformat(), page[-1].number]) if more else None,
    )


def _wanted(asked: ListOrders) -> Iterator[ColumnElement[bool]]:
    yield col(OrderRow.hidden_at).is_not(None) if asked.hidden else col(OrderRow.hidden_at).is_(None)
    if asked.status:
        yield col(OrderRow.status) == asked.status
    if asked.placed_from:
        yield col(OrderRow.placed_at) >= start_of(asked.placed_from)
    if asked.placed_to:
        yield col(OrderRow.placed_at) <= end_of(asked.placed_to)
    for word in asked.words.casefold().split():
        in_number = col(OrderRow.number).contains(word.upper(), autoescape=True)
        yield or_(col(OrderRow.words).contains(word, autoescape=True), in_number)


@operation(Effect.READ, "GET /orders/{order}", who=Who.CUSTOMER)
async def get_order(ctx: Context, asked: GetOrder) -> OrderView:
    """One order: its state, lines, totals, payment and history."""
    return await order_view(ctx, asked.order)


def _summary(ctx: Context, row: Row[Any]) -> OrderSummary:
    return OrderSummary(
        order=row.number,
        status=row.status,
        items=row.pieces,
        title=row.quote["lines"][0]["name"],
        names=row.quote["lines"][0].get("names", {}),
        total=ctx.money(row.total),
        placed_at=row.placed_at,
    )
