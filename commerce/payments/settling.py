"""Asking the provider about what is open, and writing its answer down once.

Runs outside any transaction, any number of times, by anybody: the follow-up of the request, the worker, a provider's
event. An answer only moves a payment forward (`outcomes.MOVES`), by compare-and-change, so a late one, or the same one twice, does
nothing. A charge that was sent before is looked up before it is sent again, and never sent after the order's time.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Row, bindparam, select
from sqlmodel import col

from ..adapters.gateway import UNKNOWN, Charge, Outcome
from ..closing import Closing, FollowUp
from ..context import Context
from ..database import retrying
from ..faults import reached
from . import outcomes
from .records import PaymentRow

Out = TypeVar("Out", bound=BaseModel)
OPEN = ("processing", "requires_action", "capturing", "voiding", "refunding")
"""States in which the provider has yet to say what became of it."""
DOING = {"refunding": "refunding", "voiding": "voiding", "capturing": "capturing"}
"""What an open payment is at, where it is not being paid."""
IN_FLIGHT = timedelta(minutes=2)
"""A charge may still arrive for so long after it was sent; longer than any adapter waits for an answer."""

OPEN_ONES = (
    select(PaymentRow)
    .where(col(PaymentRow.order_number) == bindparam("order"), col(PaymentRow.status).in_(OPEN))
    .order_by(col(PaymentRow.id))
)


def settling(view: Callable[[Context, Any], Awaitable[Out]]) -> FollowUp[Out]:
    """Sends what an operation has opened for the order of its state."""
    return FollowUp(_settle_it, view)


async def _settle_it(ctx: Context, state: dict[str, str], closing: Closing[Any]) -> None:
    await settle_order(ctx, state["order"], closing)


async def settle_order(ctx: Context, number: str, closing: Closing[Any] | None = None) -> None:
    """Sends and records every open payment of an order; the last record closes."""
    async with ctx.reading() as inside:
        found = await inside.rows(OPEN_ONES, order=number)
    for payment in found:
        await settle(ctx, payment, closing if payment is found[-1] else None)


async def settle(ctx: Context, payment: Row[Any], closing: Closing[Any] | None = None) -> None:
    """One question to the gateway and its answer's record; what that opens (an automatic refund) is sent too."""
    doing = DOING.get(payment.status, "paying")
    await reached("before_gateway", doing)
    outcome = await _ask(ctx, payment)
    await reached("gateway_answered", doing)
    opened = await retrying(lambda: _record(ctx, payment, outcome, doing, closing))
    await reached("committed", doing)
    if opened is not None:
        await settle(ctx, opened, closing)


async def settle_again(ctx: Context, payment: Row[Any]) -> bool:
    """Asks about a payment in whatever state it is: the provider says that something happened to it. False when it gave
    no answer, and nobody will ask again by themselves."""
    if payment.status in OPEN:
        await settle(ctx, payment)
        return True
    if payment.kind == "refund":
        outcome: Outcome | None = await _ask_for_refund(ctx, payment)
    else:
        outcome = await ctx.shop.gateway.look_up(charge_of(payment))
    if outcome is None:
        return True
    opened = await retrying(lambda: _record(ctx, payment, outcome, "paying"))
    if opened is not None:
        await settle(ctx, opened)
    return outcome.status != "unknown"


async def _record(
    ctx: Context, payment: Row[Any], outcome: Outcome, doing: str, closing: Closing[Any] | None = None
) -> Row[Any] | None:
    async with ctx.writing() as inside:
        opened = await outcomes.record(inside, payment.order_number, payment.id, outcome)
        if closing and opened is None:
            await closing.within(inside)
        await reached("recorded", doing)
        return opened


async def _ask(ctx: Context, payment: Row[Any]) -> Outcome:
    if payment.status == "refunding":
        return await _ask_for_refund(ctx, payment)
    if payment.status == "voiding":
        return await ctx.shop.gateway.void(charge_of(payment))
    if payment.status == "capturing":
        return await ctx.shop.gateway.capture(charge_of(payment), payment.captured)
    return await _ask_for_charge(ctx, payment)


async def _ask_for_charge(ctx: Context, payment: Row[Any]) -> Outcome:
    gateway, charge = ctx.shop.gateway, charge_of(payment)
    now = ctx.shop.clock()
    late = payment.send_until <= now
    if late or payment.attempts or payment.status != "processing":
        known = await gateway.look_up(charge)
        if known is not None:
            return known
        if late:
            return NEVER_ARRIVED if payment.send_until + IN_FLIGHT <= now else UNKNOWN
    return await gateway.charge(charge)


NEVER_ARRIVED = Outcome("declined", reason="it never reached the payment provider")


async def _ask_for_refund(ctx: Context, payment: Row[Any]) -> Outcome:
    """Waits for the capture that it gives back a part of."""
    async with ctx.reading() as inside:
        source = await inside.row(select(PaymentRow).where(col(PaymentRow.id) == payment.charge))
    assert source is not None
    if source.status == "capturing":
        return UNKNOWN
    if source.status != "captured":
        return Outcome("declined", reason="there is no captured charge")
    return await ctx.shop.gateway.refund(charge_of(source), payment.id, payment.amount)


def charge_of(payment: Row[Any]) -> Charge:
    return Charge(
        key=payment.id,
        token=payment.token,
        amount=payment.amount,
        currency=payment.currency,
        captures=payment.captures,
        reference=payment.reference,
        opened_at=payment.created_at,
    )
