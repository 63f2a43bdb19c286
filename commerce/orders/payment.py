"""Paying an order: one open charge at a time, sent under its own key, its outcome recorded once.

A charge is opened in the transaction that wants it, sent to the gateway outside any, and recorded in another. Whatever
stops in between is finished by the worker, which asks the gateway under the same key: nothing is charged twice.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import col

from ..adapters.gateway import Outcome
from ..checkout.records import CheckoutRow
from ..context import Context
from ..faults import reached
from ..inventory import moves
from ..payments import ledger
from ..payments.operations import my_payment_method
from ..payments.records import PaymentRow
from ..payments.refusals import PaymentInProgress, PaymentNeedsAction
from .history import note
from .records import OrderLineRow, OrderRow
from .refusals import OrderExpired, OrderNotFound, OrderNotPayable

OPEN = ("processing", "requires_action", "refunding", "voiding")
DOING = {"refunding": "refunding", "voiding": "voiding"}
"""What an open payment is at, where it is not being paid."""
ASK_AGAIN = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)


async def my_order(ctx: Context, number: str) -> Row[Any]:
    """Locked where the database locks rows; somebody else's order does not exist."""
    mine = select(OrderRow).where(col(OrderRow.number) == number, col(OrderRow.account) == ctx.caller.account)
    row = await ctx.row(mine.with_for_update())
    if row is None:
        raise OrderNotFound(number)
    return row


async def payable(ctx: Context, number: str) -> Row[Any]:
    """The caller's order, if a charge for it can be opened now."""
    order = await my_order(ctx, number)
    if order.active_payment:
        open_charge = await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == order.active_payment))
        if open_charge is not None and open_charge.status == "requires_action":
            raise PaymentNeedsAction(number, open_charge.action_url)
        raise PaymentInProgress(number)
    if order.status != "awaiting_payment":
        raise OrderNotPayable(number, order.status)
    if order.pay_until <= ctx.now:
        raise OrderExpired(number)
    return order


async def open_charge(ctx: Context, number: str, payment_method: str) -> str:
    """Writes the charge that is to be sent. The order is locked to it: nothing else can be opened meanwhile."""
    method = await my_payment_method(ctx, payment_method)
    order = await payable(ctx, number)
    charge = await _write(ctx, order, kind="charge", token=method.token, label=method.label, status="processing")
    free = col(OrderRow.number) == number, col(OrderRow.active_payment).is_(None)
    if not await ctx.run(update(OrderRow).where(*free).values(active_payment=charge)):
        raise PaymentInProgress(number)
    await reached("opened", "paying")
    return charge


async def open_refund(ctx: Context, order: Row[Any], charge: Row[Any]) -> str:
    refund = await _write(
        ctx, order, kind="refund", token=charge.token, label=charge.label, status="refunding", charge=charge.id
    )
    await reached("opened", "refunding")
    return refund


async def _write(ctx: Context, order: Row[Any], **facts: Any) -> str:
    payment = ctx.new_id("pay")
    common = {
        "order_number": order.number,
        "amount": order.total,
        "currency": ctx.shop.settings.currency,
        "attempts": 0,
    }
    row = {"id": payment, "ask_at": ctx.now + ASK_AGAIN, "created_at": ctx.now} | common | facts
    await ctx.run(insert(PaymentRow).values(**row))
    return payment


async def settle_order(ctx: Context, number: str) -> None:
    """Sends and records every open payment of an order. Runs outside any transaction, any number of times."""
    async with ctx.reading() as inside:
        open_ones = col(PaymentRow.order_number) == number, col(PaymentRow.status).in_(OPEN)
        found = await inside.rows(select(PaymentRow).where(*open_ones).order_by(col(PaymentRow.id)))
    for payment in found:
        await settle(ctx, payment)


async def settle(ctx: Context, payment: Row[Any]) -> None:
    """One question to the gateway and its answer's record; an automatic refund that this opens is sent too."""
    doing = DOING.get(payment.status, "paying")
    await reached("before_gateway", doing)
    outcome = await _ask(ctx, payment)
    await reached("gateway_answered", doing)
    async with ctx.writing() as inside:
        refund = await record(inside, payment.id, outcome)
        await reached("recorded", doing)
    await reached("committed", doing)
    if refund is not None:
        await settle(ctx, refund)


async def _ask(ctx: Context, payment: Row[Any]) -> Outcome:
    gateway = ctx.shop.gateway
    if payment.status == "refunding":
        return await gateway.refund(payment.id, payment.charge, payment.amount)
    if payment.status == "voiding":
        return await gateway.void(payment.id)
    known = await gateway.look_up(payment.id) if payment.attempts or payment.status == "requires_action" else None
    if known is not None:
        return known
    if payment.attempts and await _too_late(ctx, payment.order_number):
        return Outcome("declined", reason="it never reached the payment provider")
    return await gateway.charge(payment.id, payment.token, payment.amount, payment.currency)


async def _too_late(ctx: Context, number: str) -> bool:
    async with ctx.reading() as inside:
        until = await inside.value(select(col(OrderRow.pay_until)).where(col(OrderRow.number) == number))
    return bool(until <= ctx.now)


async def record(ctx: Context, payment_id: str, outcome: Outcome) -> Row[Any] | None:
    """Writes an outcome down, once: the payment leaves its open state in one statement, and only who moved it goes on.

    Money that came in for an order that no longer waits for it goes back: the refund to send is returned.
    """
    payment = await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == payment_id))
    assert payment is not None
    if outcome.status == "unknown":
        wait = min(ASK_AGAIN * 2 ** min(payment.attempts, 10), LONGEST_WAIT)
        again = {"attempts": payment.attempts + 1, "ask_at": ctx.now + wait}
        await ctx.run(update(PaymentRow).where(col(PaymentRow.id) == payment_id).values(**again))
        return None
    moved = update(PaymentRow).where(col(PaymentRow.id) == payment_id, col(PaymentRow.status) == payment.status)
    facts: dict[str, Any] = {"status": outcome.status, "reason": outcome.reason, "action_url": outcome.action_url}
    if outcome.status == payment.status:
        facts = {"attempts": payment.attempts + 1, "ask_at": ctx.now + ASK_AGAIN}
    if not await ctx.run(moved.values(**facts)) or outcome.status == payment.status:
        return None
    refund: Row[Any] | None = await RECORDERS[outcome.status](ctx, payment)
    return refund


async def _captured(ctx: Context, payment: Row[Any]) -> Row[Any] | None:
    number = payment.order_number
    await ledger.record(ctx, payment.id, number, payment.amount, debit=ledger.GATEWAY, credit=ledger.SALES)
    await _close_checkout(ctx, number)
    waiting = col(OrderRow.number) == number, col(OrderRow.status) == "awaiting_payment"
    if await ctx.run(update(OrderRow).where(*waiting).values(status="paid", active_payment=None)):
        lines = await ctx.rows(select(OrderLineRow).where(col(OrderLineRow.order_number) == number))
        await moves.sell(ctx, number, {line.sku: line.quantity for line in lines})
        await note(ctx, number, "paid")
        return None
    order = await ctx.row(select(OrderRow).where(col(OrderRow.number) == number))
    assert order is not None
    refund = await open_refund(ctx, order, payment)
    return await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == refund))


async def _not_captured(ctx: Context, payment: Row[Any]) -> None:
    number = payment.order_number
    await _close_checkout(ctx, number)
    held = col(OrderRow.number) == number, col(OrderRow.active_payment) == payment.id
    if await ctx.run(update(OrderRow).where(*held).values(active_payment=None)):
        await note(ctx, number, "payment_declined")


async def _refunded(ctx: Context, payment: Row[Any]) -> None:
    await ledger.record(
        ctx, payment.id, payment.order_number, payment.amount, debit=ledger.SALES, credit=ledger.GATEWAY
    )
    await note(ctx, payment.order_number, "refunded")


async def _waits(ctx: Context, payment: Row[Any]) -> None:
    await _close_checkout(ctx, payment.order_number)


async def _close_checkout(ctx: Context, number: str) -> None:
    running = col(CheckoutRow.order_number) == number, col(CheckoutRow.status) == "complete_in_progress"
    await ctx.run(update(CheckoutRow).where(*running).values(status="completed"))


RECORDERS: dict[str, Any] = {
    "captured": _captured,
    "declined": _not_captured,
    "voided": _not_captured,
    "requires_action": _waits,
    "refunded": _refunded,
}
