"""Writing an answer of the provider down: the payment moves forward once, and order, ledger and goods follow it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlmodel import col

from ..adapters.gateway import Outcome
from ..checkout.records import CheckoutRow
from ..context import Context
from ..inventory import moves
from ..ledger.books import transfer
from ..orders.contents import pieces_of
from ..orders.history import note
from ..orders.records import OrderLineRow, OrderRow
from .charges import ASK_AGAIN
from .records import PaymentRow
from .refunds import open_refund

LATE = {"captured": "captured", "authorized": "authorized"}
MOVES: dict[str, dict[str, str]] = {
    "processing": {
        "requires_action": "requires_action",
        "authorized": "authorized",
        "captured": "captured",
        "declined": "declined",
        "voided": "voided",
    },
    "requires_action": {"authorized": "authorized", "captured": "captured", "declined": "declined", "voided": "voided"},
    "authorized": {"captured": "captured", "voided": "lost", "declined": "lost"},
    "capturing": {"captured": "captured", "voided": "lost", "declined": "lost"},
    "voiding": {"captured": "captured", "voided": "voided", "declined": "voided"},
    "declined": LATE,
    "voided": LATE,
    "lost": LATE,
    "captured": {},
    "refunding": {"refunded": "refunded", "declined": "failed"},
    "refunded": {"declined": "failed"},
    "failed": {},
}
"""Where a payment goes from each state by each answer; an answer that is not there changes nothing."""
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_STEP = timedelta(seconds=30)
"""Between two looks at whether the shopper has finished the second step."""

ORDER_LOCKED = select(OrderRow).where(col(OrderRow.number) == bindparam("order")).with_for_update()
PAYMENT_LOCKED = select(PaymentRow).where(col(PaymentRow.id) == bindparam("payment")).with_for_update()
LINES = select(OrderLineRow).where(col(OrderLineRow.order_number) == bindparam("order"))
CLOSE_CHECKOUT = (
    update(CheckoutRow)
    .where(col(CheckoutRow.order_number) == bindparam("of"), col(CheckoutRow.status) == "complete_in_progress")
    .values(status="completed")
)


async def record(ctx: Context, number: str, payment_id: str, outcome: Outcome) -> Row[Any] | None:
    """Moves a payment by an answer. Money that came in for an order that does not wait for it goes back: what is to be
    sent for that is returned. Locks the order before its payments, as everybody does."""
    order = await ctx.row(ORDER_LOCKED, order=number)
    payment = await ctx.row(PAYMENT_LOCKED, payment=payment_id)
    assert order is not None
    assert payment is not None
    status = MOVES[payment.status].get(outcome.status)
    if status is None:
        await _ask_later(ctx, payment, outcome)
        return None
    as_read = col(PaymentRow.id) == payment_id, col(PaymentRow.status) == payment.status
    facts: dict[str, Any] = {"status": status, "reason": outcome.reason, "action_url": outcome.action_url}
    facts |= {"reference": outcome.reference or payment.reference, "attempts": 0, "ask_at": ctx.now + ASK_AGAIN}
    if not await ctx.run(update(PaymentRow).where(*as_read).values(**facts)):
        return None
    if payment.status == "processing":
        await _close_checkout(ctx, number)
    opened = await RECORDERS[status](ctx, order, payment, outcome)
    return await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == opened)) if opened else None


async def _ask_later(ctx: Context, payment: Row[Any], outcome: Outcome) -> None:
    longest = LONGEST_STEP if payment.status == "requires_action" else LONGEST_WAIT
    wait = min(ASK_AGAIN * 2 ** min(payment.attempts, 10), longest)
    again = {"attempts": payment.attempts + 1, "ask_at": ctx.now + wait}
    again |= {"reference": outcome.reference or payment.reference}
    as_read = col(PaymentRow.id) == payment.id, col(PaymentRow.status) == payment.status
    await ctx.run(update(PaymentRow).where(*as_read).values(**again))


async def _waits(_ctx: Context, _order: Row[Any], _payment: Row[Any], _outcome: Outcome) -> None:
    """The order is locked to it until its second step is done."""


async def _authorized(ctx: Context, order: Row[Any], payment: Row[Any], _outcome: Outcome) -> str | None:
    if await _paid(ctx, order, payment):
        return None
    await ctx.run(update(PaymentRow).where(col(PaymentRow.id) == payment.id).values(status="voiding"))
    return str(payment.id)


async def _captured(ctx: Context, order: Row[Any], payment: Row[Any], outcome: Outcome) -> str | None:
    """Of a charge that was authorised, what is not wanted of it goes back; of one that nobody waits for, all."""
    wanted = payment.amount - payment.released
    taken = wanted if outcome.amount is None else outcome.amount
    await ctx.run(update(PaymentRow).where(col(PaymentRow.id) == payment.id).values(captured=taken))
    about = {"order_number": payment.order_number}
    await transfer(ctx, payment.id, "payment", taken, debit="gateway", credit="sales", **about)
    if payment.status in {"authorized", "capturing"} or await _paid(ctx, order, payment):
        over = taken - wanted
    else:
        over = taken
    return await open_refund(ctx, payment, over, "not needed for the order") if over > 0 else None


async def _paid(ctx: Context, order: Row[Any], payment: Row[Any]) -> bool:
    """The order gets what it waits for. False when it does not wait, or not for this charge."""
    waiting = col(OrderRow.status) == "awaiting_payment", col(OrderRow.active_payment) == payment.id
    return await pay(ctx, order.number, *waiting)


async def pay(ctx: Context, number: str, *waiting: Any) -> bool:
    """An order becomes a paid one, once: its goods are sold."""
    mine = update(OrderRow).where(col(OrderRow.number) == number, *waiting)
    if not await ctx.run(mine.values(status="paid", paid_at=ctx.now, active_payment=None)):
        return False
    lines = await ctx.rows(LINES, order=number)
    await moves.sell(ctx, number, pieces_of(lines))
    await note(ctx, number, "paid")
    return True


async def _not_captured(ctx: Context, order: Row[Any], payment: Row[Any], _outcome: Outcome) -> None:
    held = col(OrderRow.number) == order.number, col(OrderRow.active_payment) == payment.id
    if await ctx.run(update(OrderRow).where(*held).values(active_payment=None)):
        await note(ctx, order.number, "payment_declined")


async def _lost(ctx: Context, order: Row[Any], payment: Row[Any], _outcome: Outcome) -> None:
    """What was authorised can't be had any more: it ended at the provider before it was captured."""
    await ctx.run(update(PaymentRow).where(col(PaymentRow.id) == payment.id).values(captured=0))
    await note(ctx, order.number, "payment_lost")


async def _refunded(ctx: Context, order: Row[Any], payment: Row[Any], _outcome: Outcome) -> None:
    about = {"order_number": order.number, "reason": payment.purpose}
    await transfer(ctx, payment.id, "refund", payment.amount, debit="refunds", credit="gateway", **about)
    await note(ctx, order.number, "refunded", amount=payment.amount)


async def _failed(ctx: Context, order: Row[Any], payment: Row[Any], _outcome: Outcome) -> None:
    """The provider could not give it back: it is held again, and can be given back in another way."""
    if payment.status == "refunded":
        about = {"order_number": order.number, "reason": "the refund failed at the provider"}
        undone = undone_by(payment.id)
        await transfer(ctx, undone, "refund", payment.amount, debit="gateway", credit="refunds", **about)
    source = update(PaymentRow).where(col(PaymentRow.id) == payment.charge)
    await ctx.run(source.values(refunded=PaymentRow.refunded - payment.amount))
    await note(ctx, order.number, "refund_failed", amount=payment.amount)


def undone_by(refund: str) -> str:
    """The transfer that takes a refund back which the provider made and could not bring to an end."""
    return f"{refund}-back"


async def _close_checkout(ctx: Context, number: str) -> None:
    await ctx.run(CLOSE_CHECKOUT, of=number)


Recorder = Callable[[Context, Row[Any], Row[Any], Outcome], Awaitable[str | None]]
RECORDERS: dict[str, Recorder] = {
    "requires_action": _waits,
    "authorized": _authorized,
    "captured": _captured,
    "declined": _not_captured,
    "voided": _not_captured,
    "lost": _lost,
    "refunded": _refunded,
    "failed": _failed,
}
