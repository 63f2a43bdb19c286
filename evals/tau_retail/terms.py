"""What the user of the foreign shop says yes to: worked out by the shop from the same plan as the change itself."""

from collections.abc import Sequence
from typing import Any

from commerce.confirmations.schemas import Terms
from commerce.context import Context

from . import checks
from .looking import money
from .schemas import CancelOrder, ChangeItems, ChangeOrderAddress, ChangePayment, ReturnItems
from .tables import ADDRESS


async def terms_of_cancelling(ctx: Context, asked: CancelOrder) -> Terms:
    plan = await checks.cancelling(ctx, asked)
    back = ", ".join(f"{money(refund.amount)} to {refund.payment_method_id}" for refund in plan.refunds)
    return Terms(
        operation="cancel_pending_order",
        summary=f"Cancel the order {asked.order_id} ({asked.reason}) and give back {back or 'nothing'}.",
        refund=money(sum(refund.amount for refund in plan.refunds)),
        order=asked.order_id,
    )


async def terms_of_changing_items(ctx: Context, asked: ChangeItems) -> Terms:
    plan = await checks.changing_items(ctx, asked)
    difference = plan.difference
    return Terms(
        operation="modify_pending_order_items",
        summary=f"In the order {asked.order_id}, {_swapped(plan.swaps)}. {_settled(difference, asked.payment_method_id)}",
        charge=money(difference) if difference > 0 else None,
        refund=money(-difference) if difference < 0 else None,
        payment_method=asked.payment_method_id,
        order=asked.order_id,
    )


async def terms_of_payment(ctx: Context, asked: ChangePayment) -> Terms:
    plan = await checks.changing_payment(ctx, asked)
    amount, before = money(plan.paid.amount), plan.paid.payment_method_id
    return Terms(
        operation="modify_pending_order_payment",
        summary=f"Pay {amount} for the order {asked.order_id} with {asked.payment_method_id} and give it back to {before}.",
        charge=amount,
        refund=amount,
        payment_method=asked.payment_method_id,
        order=asked.order_id,
    )


async def terms_of_address(ctx: Context, asked: ChangeOrderAddress) -> Terms:
    await checks.changeable(ctx, asked)
    where = ", ".join(filter(None, (getattr(asked, name) for name in ADDRESS)))
    return Terms(
        operation="modify_pending_order_address",
        summary=f"Send the order {asked.order_id} to {where}.",
        order=asked.order_id,
    )


async def terms_of_returning(ctx: Context, asked: ReturnItems) -> Terms:
    plan = await checks.returning(ctx, asked)
    given = ", ".join(_line(line) for line in plan.lines)
    return Terms(
        operation="return_delivered_order_items",
        summary=f"Return from the order {asked.order_id}: {given}. The refund goes to {asked.payment_method_id}.",
        payment_method=asked.payment_method_id,
        order=asked.order_id,
    )


async def terms_of_exchanging(ctx: Context, asked: ChangeItems) -> Terms:
    plan = await checks.exchanging(ctx, asked)
    settled = _settled(plan.difference, asked.payment_method_id)
    return Terms(
        operation="exchange_delivered_order_items",
        summary=f"From the order {asked.order_id}, {_swapped(plan.swaps)}, once they are back. {settled}",
        payment_method=asked.payment_method_id,
        order=asked.order_id,
    )


def _swapped(swaps: Sequence[checks.Swap]) -> str:
    pairs = (f"{_line(swap.line)} for {swap.new.item_id} ({money(swap.new.price)})" for swap in swaps)
    return "exchange " + ", ".join(pairs)


def _line(line: Any) -> str:
    return f"{line.name} {line.item_id} ({money(line.price)})"


def _settled(difference: int, method: str) -> str:
    if not difference:
        return "The price stays the same."
    if difference > 0:
        return f"{money(difference)} more is paid with {method}."
    return f"{money(-difference)} goes back to {method}."
