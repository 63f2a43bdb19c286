"""Use cases of orders."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..coupons.using import return_coupons
from ..faults import reached
from ..inventory import moves
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from ..payments.charges import my_order
from ..payments.paying import settle_and_view
from ..payments.records import PaymentRow
from ..payments.refunds import give_back_all, held
from ..payments.refusals import PaymentInProgress
from ..views import end_of, start_of
from .contents import contents_of, parts_in, pieces_of
from .history import note
from .placing import place, place_terms
from .records import FulfillmentRow, OrderLineRow, OrderRow
from .refusals import OrderNotCancellable
from .rules import cost
from .schemas import CancelOrder, GetOrder, ListOrders, OrderList, OrderSummary, OrderView, PlaceOrder
from .viewing import order_view

CANCELLABLE = ("awaiting_payment", "paid")


@operation(Effect.COMMIT, "POST /checkouts/{checkout}/place", who=Who.CUSTOMER, terms=place_terms, then=settle_and_view)
async def place_order(ctx: Context, asked: PlaceOrder) -> dict[str, str]:
    """Buy exactly what a checkout shows, or refuse with what changed.

    With a payment method in the checkout it is charged at once; without one the order waits for pay_order. Placing the
    same checkout again answers with the same order.
    """
    return {"order": await place(ctx, asked.checkout)}


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


async def _cancel_terms(ctx: Context, asked: CancelOrder) -> Terms:
    await _cancellable(ctx, asked.order)
    view = await order_view(ctx, asked.order)
    paid = await held(ctx, asked.order)
    refund = ctx.money(paid) if paid else None
    back = f"and get {refund} back" if refund else "before it was paid"
    return Terms(
        operation="cancel_order",
        summary=f"Cancel the order {view.order} {back}.",
        refund=refund,
        lines=view.lines,
        totals=view.totals,
        order=view.order,
    )


@operation(Effect.COMMIT, "POST /orders/{order}/cancel", who=Who.CUSTOMER, terms=_cancel_terms, then=settle_and_view)
async def cancel_order(ctx: Context, asked: CancelOrder) -> dict[str, str]:
    """Cancel an order that is not shipped yet. What was paid is given back, and so are the goods and the coupon."""
    order = await _cancellable(ctx, asked.order)
    await give_up(ctx, order, asked.reason or "cancelled by the shopper")
    return {"order": asked.order}


async def _cancellable(ctx: Context, number: str) -> Row[Any]:
    """Refuses while a charge is under way, because its outcome decides whether there is money to give back."""
    order = await my_order(ctx, number)
    if order.status not in CANCELLABLE:
        raise OrderNotCancellable(number, order.status)
    if order.active_payment:
        status = await ctx.value(select(col(PaymentRow.status)).where(col(PaymentRow.id) == order.active_payment))
        if status != "requires_action":
            raise PaymentInProgress(number)
    return order


async def give_up(ctx: Context, order: Row[Any], reason: str) -> bool:
    """Ends an order that was read in this transaction: goods and coupon go back, a refund or a void is opened.

    False when it changed since it was read; then nothing was done.
    """
    number = order.number
    as_read = (
        col(OrderRow.number) == number,
        col(OrderRow.status) == order.status,
        col(OrderRow.active_payment).is_not_distinct_from(order.active_payment),
    )
    if not await ctx.run(
        update(OrderRow).where(*as_read).values(status="cancelled", active_payment=None, cancel_reason=reason)
    ):
        return False
    await reached("marked", "cancelling")
    lines = await contents_of(ctx, number)
    quantities = pieces_of(lines)
    await _end_parts(ctx, lines)
    if order.status == "paid":
        await moves.take_back(ctx, number, quantities)
    else:
        await moves.release(ctx, number, quantities)
    await give_back_all(ctx, number, reason)
    await reached("goods_back", "cancelling")
    await return_coupons(ctx, number)
    await reached("coupons_back", "cancelling")
    await note(ctx, number, "cancelled")
    return True


async def _end_parts(ctx: Context, lines: Sequence[Row[Any]]) -> None:
    """All that is left is cancelled, and of what it costs nothing is due or kept any more."""
    for part in parts_in(lines):
        price = cost(part, [line for line in lines if line.fulfillment == part.part_id])
        this = col(FulfillmentRow.id) == part.part_id
        await ctx.run(update(FulfillmentRow).where(this).values(status="cancelled", given_back=price))
    of_it = col(OrderLineRow.order_number) == lines[0].order_number
    rest = col(OrderLineRow.quantity) - col(OrderLineRow.returned)
    await ctx.run(update(OrderLineRow).where(of_it).values(cancelled=rest))


def _summary(ctx: Context, row: Row[Any]) -> OrderSummary:
    return OrderSummary(
        order=row.number,
        status=row.status,
        items=row.pieces,
        title=row.quote["lines"][0]["name"],
        total=ctx.money(row.total),
        placed_at=row.placed_at,
    )
