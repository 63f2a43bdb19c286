"""An order as the shopper sees it."""

from typing import Any

from sqlalchemy import Row, select
from sqlmodel import col

from ..context import Context
from ..payments.records import PaymentRow
from ..payments.schemas import PaymentView
from ..views import Message
from .records import OrderEventRow, OrderRow
from .refusals import OrderNotFound
from .schemas import OrderEventView, OrderView


async def order_view(ctx: Context, number: str) -> OrderView:
    """Refuses somebody else's order exactly like one that does not exist."""
    mine = select(OrderRow).where(col(OrderRow.number) == number, col(OrderRow.account) == ctx.caller.account)
    row = await ctx.row(mine)
    if row is None:
        raise OrderNotFound(number)
    payment = await latest_payment(ctx, number)
    events = select(OrderEventRow).where(col(OrderEventRow.order_number) == number).order_by(col(OrderEventRow.id))
    return OrderView.model_validate(
        row.quote
        | {
            "order": row.number,
            "status": row.status,
            "checkout": row.checkout,
            "total": ctx.money(row.total),
            "payment": _payment(ctx, payment) if payment else None,
            "messages": _messages(row, payment),
            "events": [OrderEventView(type=e.type, at=e.at) for e in await ctx.rows(events)],
            "placed_at": row.placed_at,
            "pay_until": row.pay_until if row.status == "awaiting_payment" else None,
        }
    )


async def latest_payment(ctx: Context, number: str, **facts: str) -> Row[Any] | None:
    found = select(PaymentRow).where(col(PaymentRow.order_number) == number)
    for name, value in facts.items():
        found = found.where(col(getattr(PaymentRow, name)) == value)
    return await ctx.row(found.order_by(col(PaymentRow.id).desc()).limit(1))


def _payment(ctx: Context, row: Row[Any]) -> PaymentView:
    return PaymentView(
        payment=row.id,
        status="processing" if row.status == "voiding" else row.status,
        amount=ctx.money(row.amount),
        label=row.label,
        action_url=row.action_url,
        reason=row.reason,
    )


def _messages(order: Row[Any], payment: Row[Any] | None) -> list[Message]:
    if payment is None or order.status not in {"awaiting_payment", "cancelled"}:
        return []
    said = {
        "declined": (
            "payment_declined",
            f"The payment was declined: {payment.reason}. The order waits; pay it with another method.",
        ),
        "processing": (
            "payment_processing",
            "The outcome of the payment is not known yet; the shop asks again and charges nothing twice.",
        ),
        "requires_action": ("payment_requires_action", "The payment needs a second step before the order is paid."),
        "refunding": ("refund_processing", "The refund is under way."),
    }
    if payment.status not in said or (order.status == "cancelled" and payment.status != "refunding"):
        return []
    code, content = said[payment.status]
    return [Message(type="warning", code=code, content=content, severity="requires_buyer_input")]
