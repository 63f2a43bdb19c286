"""Reviewing: what an approval comes to, and everything that it changes, in one transaction."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..context import Context
from ..coupons.using import return_coupons
from ..faults import reached
from ..inventory import moves
from ..orders.cancelling import left_to_give
from ..orders.contents import contents_of, left_of
from ..orders.following import locked
from ..orders.records import FulfillmentRow, OrderLineRow
from ..payments.refunds import give_back
from .records import RefundLineRow
from .refusals import (
    DeliveryStays,
    MoreThanItCost,
    MoreThanRequested,
    NoteMissing,
    NothingToReturn,
    RefundRequestClosed,
)
from .requesting import move, note_of, worth_of
from .schemas import ApproveRefund
from .viewing import managed


class Approval(NamedTuple):
    """What is taken back and what is given for it."""

    request: Row[Any]
    lines: Sequence[Row[Any]]
    """Of the whole order."""
    pieces: dict[str, int]
    amount: int


async def pending(ctx: Context, refund_request: str) -> Row[Any]:
    """For the caller to review; its order is locked until this transaction ends."""
    request = await managed(ctx, refund_request)
    await locked(ctx, request.order_number)
    request = await managed(ctx, refund_request)
    if request.status != "pending" or request.expires_at <= ctx.now:
        raise RefundRequestClosed(refund_request, "expired" if request.status == "pending" else request.status)
    return request


async def approval(ctx: Context, asked: ApproveRefund) -> Approval:
    request = await pending(ctx, asked.refund_request)
    wanted = await _asked_for(ctx, request.id)
    pieces = {line.sku: line.quantity for line in asked.lines} if asked.lines else wanted
    for sku, quantity in pieces.items():
        if quantity > wanted.get(sku, 0):
            raise MoreThanRequested(request.id, sku, wanted.get(sku, 0))
    lines = await contents_of(ctx, request.order_number)
    part = [line for line in lines if line.fulfillment == request.fulfillment]
    for line in part:
        if pieces.get(line.sku, 0) > left_of(line):
            raise NothingToReturn(request.order_number, line.sku, left_of(line))
    most = _most(part, pieces, asked)
    amount = most if asked.amount is None else asked.amount
    if amount > most:
        raise MoreThanItCost(str(ctx.money(most)))
    if (pieces != wanted or amount < most) and not asked.note:
        raise NoteMissing()
    return Approval(request, lines, pieces, amount)


def _most(part: list[Row[Any]], pieces: dict[str, int], asked: ApproveRefund) -> int:
    """What the pieces cost; with the delivery, when all of the part comes back, all that is left of it."""
    if not asked.delivery:
        return worth_of(part, pieces)
    if any(left_of(line) != pieces.get(line.sku, 0) for line in part):
        raise DeliveryStays(asked.refund_request)
    return left_to_give(part)


async def _asked_for(ctx: Context, refund_request: str) -> dict[str, int]:
    rows = await ctx.rows(select(RefundLineRow).where(col(RefundLineRow.refund_request) == refund_request))
    return {row.sku: row.quantity for row in rows}


async def approve(ctx: Context, asked: ApproveRefund) -> str:
    """Takes the pieces back and gives the money; says of which order."""
    granted = await approval(ctx, asked)
    request, number = granted.request, str(granted.request.order_number)
    reviewed: dict[str, Any] = {"given": granted.amount, "delivery": asked.delivery, "restock": asked.restock}
    reviewed |= {"note": asked.note or None, "reviewed_by": ctx.caller.account, "reviewed_at": ctx.now}
    if not await move(ctx, request.id, "approved", **reviewed):
        raise RefundRequestClosed(request.id, "reviewed")
    await reached("marked", "approving")
    for sku, quantity in sorted(granted.pieces.items()):
        await _take_piece_back(ctx, request, sku, quantity)
    await give(ctx, number, request.fulfillment, granted.amount, request.reason)
    if asked.restock:
        await moves.take_back(ctx, number, granted.pieces)
    else:
        await moves.uncount_sold(ctx, granted.pieces)
    await reached("goods_back", "approving")
    if all(left_of(line) == granted.pieces.get(line.sku, 0) for line in granted.lines):
        await return_coupons(ctx, number)
    facts = {"quantity": sum(granted.pieces.values()), "amount": granted.amount, "reason": asked.note or None}
    await note_of(ctx, request, "refund_approved", **facts)
    return number


async def _take_piece_back(ctx: Context, request: Row[Any], sku: str, quantity: int) -> None:
    this = col(OrderLineRow.order_number) == request.order_number, col(OrderLineRow.sku) == sku
    enough = col(OrderLineRow.quantity) - col(OrderLineRow.cancelled) - col(OrderLineRow.returned) >= quantity
    more = {"returned": col(OrderLineRow.returned) + quantity}
    assert await ctx.run(update(OrderLineRow).where(*this, enough).values(**more)), f"{sku} came back twice"
    asked = col(RefundLineRow.refund_request) == request.id, col(RefundLineRow.sku) == sku
    await ctx.run(update(RefundLineRow).where(*asked).values(returned=quantity))


async def give(ctx: Context, number: str, fulfillment: str, amount: int, purpose: str) -> None:
    """Gives back some of what a part cost; whoever calls has locked its order and knows that so much is left."""
    if not amount:
        return
    part = update(FulfillmentRow).where(col(FulfillmentRow.id) == fulfillment)
    await ctx.run(part.values(given_back=col(FulfillmentRow.given_back) + amount))
    await give_back(ctx, number, amount, purpose)
