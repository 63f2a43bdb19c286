"""An order as the shopper sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlmodel import col

from ..context import Context
from ..payments.records import PaymentRow
from ..payments.schemas import PaymentView
from ..views import Message
from .contents import contents_of, parts_in
from .records import OrderEventRow, OrderRow
from .refusals import OrderNotFound
from .rules import price_of
from .schemas import FulfillmentView, OrderEventView, OrderView

OPEN = {"processing", "requires_action", "capturing", "voiding", "refunding"}
"""Payments that are still under way are told of before those that are done."""

ORDER: Any = bindparam("order")
MINE = select(OrderRow).where(col(OrderRow.number) == ORDER, col(OrderRow.account) == bindparam("account"))
EVENTS = select(OrderEventRow).where(col(OrderEventRow.order_number) == ORDER).order_by(col(OrderEventRow.id))
PAYMENTS = select(PaymentRow).where(col(PaymentRow.order_number) == ORDER).order_by(col(PaymentRow.id).desc())


async def order_view(ctx: Context, number: str) -> OrderView:
    """Refuses somebody else's order exactly like one that does not exist."""
    row = await ctx.row(MINE, order=number, account=ctx.caller.account)
    if row is None:
        raise OrderNotFound(number)
    events = await ctx.rows(EVENTS, order=number)
    return view_of(ctx, row, await contents_of(ctx, number), events, await ctx.rows(PAYMENTS, order=number))


def view_of(
    ctx: Context, row: Any, lines: Sequence[Any], events: Sequence[Any], payments: Sequence[Any] = ()
) -> OrderView:
    """Of rows of an order as they are in the database, or are written this moment; `payments` with the newest first."""
    payment = next((p for p in payments if p.status in OPEN), payments[0] if payments else None)
    return OrderView.model_validate(
        row.quote
        | {
            "order": row.number,
            "status": row.status,
            "checkout": row.checkout,
            "lines": lines_of(row.quote, lines),
            "fulfillments": [fulfillment_view(ctx, part) for part in parts_in(lines)],
            "total": ctx.money(row.total),
            "refunded": ctx.money(row.total - _kept(lines) if row.paid_at else 0),
            "payment": _payment(ctx, payment) if payment else None,
            "payments": [_payment(ctx, p) for p in reversed(payments)],
            "messages": _messages(row, payment),
            "events": [_event(ctx, event) for event in events],
            "placed_at": row.placed_at,
            "pay_until": row.pay_until if row.status == "awaiting_payment" else None,
            "hidden": row.hidden_at is not None,
        }
    )


def lines_of(quote: Mapping[str, Any], lines: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Lines as they were bought, in the order of the quote, with what became of them; those that `lines` holds."""
    now = {line.sku: line for line in lines}
    return [
        bought
        | {
            "fulfillment": now[bought["sku"]].fulfillment,
            "cancelled": now[bought["sku"]].cancelled,
            "returned": now[bought["sku"]].returned,
        }
        for bought in quote["lines"]
        if bought["sku"] in now
    ]


def fulfillment_view(ctx: Context, part: Row[Any]) -> FulfillmentView:
    """`part`: a row of `contents`."""
    return FulfillmentView(
        fulfillment=part.part_id,
        merchant=part.part_merchant,
        status=part.part_status,
        price=ctx.money(part.part_price),
        carrier=part.part_carrier,
        tracking=part.part_tracking,
        shipped_at=part.part_shipped_at,
        delivered_at=part.part_delivered_at,
    )


def _kept(lines: Sequence[Row[Any]]) -> int:
    """What the parts cost, less what was given back of them."""
    delivery = sum(part.part_price + part.part_tax - part.part_given_back for part in parts_in(lines))
    return int(sum(price_of(line, line.quantity) for line in lines) + delivery)


def _event(ctx: Context, row: Row[Any]) -> OrderEventView:
    facts = dict(row.facts or {})
    if "amount" in facts:
        facts["amount"] = ctx.money(facts["amount"])
    shown = {name: value for name, value in facts.items() if name in OrderEventView.model_fields}
    return OrderEventView.model_validate(shown | {"type": row.type, "at": row.at})


def _payment(ctx: Context, row: Row[Any]) -> PaymentView:
    return PaymentView(
        payment=row.id,
        kind=row.kind,
        status="processing" if row.status == "voiding" else row.status,
        amount=ctx.money(row.amount),
        label=row.label,
        action_url=row.action_url,
        reason=row.reason or row.purpose,
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
