"""Taking back what is not shipped: the whole order, a part of it, or some pieces.

In one transaction pieces leave their line, goods and coupon go back, and less is due; or, where it was paid, money is on
its way back. The order is locked by whoever asks, so nobody ships or pays what is being cancelled.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..context import Context
from ..coupons.using import return_coupons
from ..faults import reached
from ..inventory import moves
from ..payments.records import PaymentRow
from ..payments.refunds import give_back, give_back_all, give_back_over
from ..payments.refusals import PaymentInProgress
from .contents import contents_of, left_of, parts_in, pieces_of
from .following import follow
from .history import note
from .records import FulfillmentRow, OrderLineRow, OrderRow
from .refusals import NotSoManyLeft
from .rules import cost, price_of, totals_left, worth

Lines = Sequence[Row[Any]]


async def no_charge_under_way(ctx: Context, order: Row[Any], *, allow: str | None = None) -> None:
    """Refuses while a charge is under way, because its outcome decides whether there is money to give back. `allow`: a
    state of the charge in which it can be ended."""
    if not order.active_payment:
        return
    status = await ctx.value(select(col(PaymentRow.status)).where(col(PaymentRow.id) == order.active_payment))
    if status != allow:
        raise PaymentInProgress(order.number)


async def give_up(ctx: Context, order: Row[Any], reason: str, *, event: str = "cancelled") -> bool:
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
    await _end_parts(ctx, lines)
    await _put_back(ctx, order, pieces_of(lines))
    await give_back_all(ctx, number, reason)
    await reached("goods_back", "cancelling")
    await return_coupons(ctx, number)
    await reached("coupons_back", "cancelling")
    await note(ctx, number, event, reason=reason)
    return True


async def _end_parts(ctx: Context, lines: Sequence[Row[Any]]) -> None:
    """All that is left is cancelled, and of what it costs nothing is due or kept any more."""
    for part in parts_in(lines):
        price = cost(part, [line for line in lines if line.fulfillment == part.part_id])
        this = col(FulfillmentRow.id) == part.part_id
        await ctx.run(update(FulfillmentRow).where(this).values(status="cancelled", given_back=price))
    of_them = col(OrderLineRow.fulfillment).in_([part.part_id for part in parts_in(lines)])
    rest = col(OrderLineRow.quantity) - col(OrderLineRow.returned)
    await ctx.run(update(OrderLineRow).where(of_them).values(cancelled=rest))


async def cancel_part(ctx: Context, order: Row[Any], fulfillment: str, reason: str, *, restock: bool) -> int:
    """A waiting part of a paid order is not shipped after all; all of it goes back. Says how much money.

    The last part takes the order with it.
    """
    lines = await contents_of(ctx, order.number)
    mine = [line for line in lines if line.fulfillment == fulfillment]
    amount = left_to_give(mine)
    await _end_parts(ctx, mine)
    await reached("marked", "cancelling_part")
    if restock:
        await moves.take_back(ctx, order.number, pieces_of(mine))
    if amount:
        await give_back(ctx, order.number, amount, reason)
    facts = {"fulfillment": fulfillment, "merchant": mine[0].part_merchant, "amount": amount, "reason": reason}
    await note(ctx, order.number, "part_cancelled", **facts)
    await _follow_to_the_end(ctx, order, reason)
    return amount


async def cancel_pieces(ctx: Context, order: Row[Any], lines: Lines, line: Row[Any], pieces: int, reason: str) -> None:
    """Some pieces of a line whose part waits; not the last ones of an order, which is given up instead."""
    mine = [other for other in lines if other.fulfillment == line.fulfillment]
    empties = sum(map(left_of, mine)) == pieces
    amount = price_of_pieces(lines, line, pieces)
    await _take_off(ctx, line, pieces, amount, empties=empties)
    await reached("marked", "cancelling_line")
    await _put_back(ctx, order, {line.sku: pieces})
    if order.status == "awaiting_payment":
        await _lower(ctx, order, amount)
    else:
        less = update(OrderRow).where(col(OrderRow.number) == order.number)
        await ctx.run(less.values(pieces=col(OrderRow.pieces) - pieces))
        await give_back(ctx, order.number, amount, reason)
    facts = {"fulfillment": line.fulfillment, "merchant": line.merchant, "amount": amount, "reason": reason}
    await note(ctx, order.number, "line_cancelled", sku=line.sku, quantity=pieces, **facts)
    if order.status != "awaiting_payment":
        await follow(ctx, order)


def price_of_pieces(lines: Lines, line: Row[Any], pieces: int) -> int:
    """What is given back for some pieces: their share of discount and tax included, and the delivery with the last of a part."""
    mine = [other for other in lines if other.fulfillment == line.fulfillment]
    if sum(map(left_of, mine)) == pieces:
        return left_to_give(mine)
    return min(worth(line, line.cancelled + line.returned, pieces), left_to_give(mine))


def left_to_give(lines: Lines) -> int:
    """Of the parts that these lines are all of: what they cost, less what was given back already."""
    parts = parts_in(lines)
    delivery = sum(part.part_price + part.part_tax - part.part_given_back for part in parts)
    return int(sum(price_of(line, line.quantity) for line in lines) + delivery)


async def _take_off(ctx: Context, line: Row[Any], pieces: int, amount: int, *, empties: bool) -> None:
    this = col(OrderLineRow.order_number) == line.order_number, col(OrderLineRow.sku) == line.sku
    enough = col(OrderLineRow.quantity) - col(OrderLineRow.cancelled) - col(OrderLineRow.returned) >= pieces
    if not await ctx.run(
        update(OrderLineRow).where(*this, enough).values(cancelled=col(OrderLineRow.cancelled) + pieces)
    ):
        raise NotSoManyLeft(line.order_number, line.sku, left_of(line))
    part = update(FulfillmentRow).where(col(FulfillmentRow.id) == line.fulfillment)
    ended = {"status": "cancelled"} if empties else {}
    await ctx.run(part.values(given_back=col(FulfillmentRow.given_back) + amount, **ended))


async def _put_back(ctx: Context, order: Row[Any], quantities: dict[str, int]) -> None:
    """`order` as it was read: goods of an unpaid order are promised, those of a paid one are gone from the stock."""
    if order.status == "awaiting_payment":
        await moves.release(ctx, order.number, quantities)
    else:
        await moves.take_back(ctx, order.number, quantities)


async def _lower(ctx: Context, order: Row[Any], amount: int) -> None:
    """Less is due of an unpaid order; what a gift card has paid beyond that goes back."""
    lines = await contents_of(ctx, order.number)
    quote = order.quote | {"totals": totals_left(order.quote["totals"], lines, parts_in(lines))}
    price = order.total - amount
    pieces = sum(map(left_of, lines))
    less = {"total": price, "taken_off": col(OrderRow.taken_off) + amount, "pieces": pieces, "quote": quote}
    await ctx.run(update(OrderRow).where(col(OrderRow.number) == order.number).values(**less))
    await give_back_over(ctx, order.number, price, "less is due")


async def _follow_to_the_end(ctx: Context, order: Row[Any], reason: str) -> None:
    """The order follows its parts; one of which nothing is left is cancelled, and gives its coupons back."""
    if await follow(ctx, order) != "cancelled":
        return
    await ctx.run(update(OrderRow).where(col(OrderRow.number) == order.number).values(cancel_reason=reason))
    await return_coupons(ctx, order.number)
    await note(ctx, order.number, "cancelled", reason=reason)
