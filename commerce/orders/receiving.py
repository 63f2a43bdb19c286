"""What a shopper does with orders that were shipped: saying that they arrived, and taking finished ones off the list."""

from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..operation import Effect, Who, operation
from ..payments.charges import my_order
from .contents import contents_of
from .following import follow, move_part
from .history import note
from .records import FulfillmentRow, OrderRow
from .refusals import NothingOnItsWay, OrderNotFinished, OrderNotFound
from .schemas import ConfirmReceipt, HideOrder, OrderView, UnhideOrder
from .viewing import lines_of, order_view

FINISHED = ("delivered", "cancelled")


async def _on_its_way(ctx: Context, order: Row[Any], fulfillment: str | None) -> list[Row[Any]]:
    shipped = col(FulfillmentRow.order_number) == order.number, col(FulfillmentRow.status) == "shipped"
    parts = await ctx.rows(select(FulfillmentRow).where(*shipped).order_by(col(FulfillmentRow.id)))
    found = [part for part in parts if fulfillment in (None, part.id)]
    if not found:
        raise NothingOnItsWay(order.number, order.status)
    return found


async def _receipt_terms(ctx: Context, asked: ConfirmReceipt) -> Terms:
    order = await my_order(ctx, asked.order)
    parts = {part.id for part in await _on_its_way(ctx, order, asked.fulfillment)}
    lines = [line for line in await contents_of(ctx, order.number) if line.fulfillment in parts]
    summary = f"Confirm that {len(parts)} part(s) of the order {order.number} have arrived."
    bought: Any = lines_of(order.quote, lines)
    return Terms(operation="confirm_receipt", summary=summary, lines=bought, order=order.number)


@operation(Effect.COMMIT, "POST /orders/{order}/receive", who=Who.CUSTOMER, terms=_receipt_terms)
async def confirm_receipt(ctx: Context, asked: ConfirmReceipt) -> OrderView:
    """Confirm that an order, or a part of it, has arrived. It can be sent back for a while from then on."""
    order = await my_order(ctx, asked.order)
    for part in await _on_its_way(ctx, order, asked.fulfillment):
        if await move_part(ctx, part, "delivered", delivered_at=ctx.now):
            await note(ctx, order.number, "delivered", fulfillment=part.id, merchant=part.merchant)
    await follow(ctx, order)
    return await order_view(ctx, asked.order)


@operation(Effect.WRITE, "POST /orders/{order}/hide", who=Who.CUSTOMER)
async def hide_order(ctx: Context, asked: HideOrder) -> OrderView:
    """Take a delivered or cancelled order off the shopper's list. Merchants still see their parts; unhide_order undoes it."""
    order = await my_order(ctx, asked.order)
    if order.status not in FINISHED:
        raise OrderNotFinished(asked.order, order.status)
    finished = col(OrderRow.number) == asked.order, col(OrderRow.status).in_(FINISHED)
    await ctx.run(update(OrderRow).where(*finished).values(hidden_at=ctx.now))
    return await order_view(ctx, asked.order)


@operation(Effect.WRITE, "POST /orders/{order}/unhide", who=Who.CUSTOMER)
async def unhide_order(ctx: Context, asked: UnhideOrder) -> OrderView:
    """Put an order back on the shopper's list."""
    mine = col(OrderRow.number) == asked.order, col(OrderRow.account) == ctx.caller.account
    if not await ctx.run(update(OrderRow).where(*mine).values(hidden_at=None)):
        raise OrderNotFound(asked.order)
    return await order_view(ctx, asked.order)
