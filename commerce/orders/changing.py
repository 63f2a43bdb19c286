"""Use cases of changing a placed order before it is shipped: cancelling it or a line of it, and sending it elsewhere."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, update
from sqlmodel import col

from ..accounts.addresses import my_address
from ..accounts.schemas import AddressView
from ..confirmations.schemas import Terms
from ..context import Context
from ..operation import Effect, Who, operation
from ..payments.charges import my_order
from ..payments.paying import ORDER_SETTLED
from ..payments.refunds import held
from .cancelling import cancel_pieces, give_up, no_charge_under_way, price_of_pieces
from .contents import contents_of, left_of
from .history import note
from .records import OrderRow
from .refusals import (
    AddressElsewhere,
    LineNotCancellable,
    NotInOrder,
    NotSoManyLeft,
    OrderNotCancellable,
    OrderNotRedirectable,
)
from .schemas import CancelOrder, CancelOrderLine, ChangeOrderAddress, OrderView
from .viewing import lines_of, order_view

UNSHIPPED = ("awaiting_payment", "paid")
BY_SHOPPER = "cancelled by the shopper"


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


@operation(Effect.COMMIT, "POST /orders/{order}/cancel", who=Who.CUSTOMER, terms=_cancel_terms, then=ORDER_SETTLED)
async def cancel_order(ctx: Context, asked: CancelOrder) -> dict[str, str]:
    """Cancel an order that is not shipped yet. What was paid is given back, and so are the goods and the coupon."""
    order = await _cancellable(ctx, asked.order)
    await give_up(ctx, order, asked.reason or BY_SHOPPER)
    return {"order": asked.order}


async def _cancellable(ctx: Context, number: str) -> Row[Any]:
    """A charge that waits for its second step is ended with the order; any other is waited for."""
    order = await my_order(ctx, number)
    if order.status not in UNSHIPPED:
        raise OrderNotCancellable(number, order.status)
    await no_charge_under_way(ctx, order, allow="requires_action")
    return order


class Wanted(NamedTuple):
    """Pieces of a line that can be cancelled, and what they are a part of."""

    order: Row[Any]
    lines: Sequence[Row[Any]]
    line: Row[Any]
    pieces: int

    @property
    def whole(self) -> bool:
        """Nothing would be left of the order, and nothing of it was shipped."""
        return sum(map(left_of, self.lines)) == self.pieces and self.order.status in UNSHIPPED


async def _wanted(ctx: Context, asked: CancelOrderLine) -> Wanted:
    order = await my_order(ctx, asked.order)
    lines = await contents_of(ctx, asked.order)
    line = next((line for line in lines if line.sku == asked.sku), None)
    if line is None:
        raise NotInOrder(asked.order, asked.sku)
    if line.part_status != "waiting":
        raise LineNotCancellable(asked.order, asked.sku, line.part_status)
    pieces = asked.quantity or left_of(line)
    if not 0 < pieces <= left_of(line):
        raise NotSoManyLeft(asked.order, asked.sku, left_of(line))
    wanted = Wanted(order, lines, line, pieces)
    await no_charge_under_way(ctx, order, allow="requires_action" if wanted.whole else None)
    return wanted


async def _line_terms(ctx: Context, asked: CancelOrderLine) -> Terms:
    wanted = await _wanted(ctx, asked)
    paid = wanted.order.status != "awaiting_payment"
    amount = await held(ctx, asked.order) if paid and wanted.whole else 0
    amount = amount or price_of_pieces(wanted.lines, wanted.line, wanted.pieces)
    told = f"get {ctx.money(amount)} back" if paid else f"owe {ctx.money(amount)} less"
    rest = ", which ends the whole order," if wanted.whole else ""
    shown: Any = lines_of(wanted.order.quote, [wanted.line])
    return Terms(
        operation="cancel_order_line",
        summary=f"Cancel {wanted.pieces} × {asked.sku} of the order {asked.order}{rest} and {told}.",
        refund=ctx.money(amount) if paid else None,
        lines=shown,
        order=asked.order,
    )


@operation(
    Effect.COMMIT,
    "POST /orders/{order}/lines/{sku}/cancel",
    who=Who.CUSTOMER,
    terms=_line_terms,
    then=ORDER_SETTLED,
)
async def cancel_order_line(ctx: Context, asked: CancelOrderLine) -> dict[str, str]:
    """Cancel one line of an order, or some pieces of it, while its part is not shipped.

    What was paid for the pieces is given back, with their share of discount and tax, and the delivery with the last piece
    of a part; of an unpaid order less is due. The coupon stays used unless the last pieces take the whole order along.
    """
    wanted = await _wanted(ctx, asked)
    reason = asked.reason or BY_SHOPPER
    if wanted.whole:
        await give_up(ctx, wanted.order, reason)
    else:
        await cancel_pieces(ctx, wanted.order, wanted.lines, wanted.line, wanted.pieces, reason)
    return {"order": asked.order}


async def _redirectable(ctx: Context, asked: ChangeOrderAddress) -> tuple[Row[Any], AddressView]:
    """Delivery and tax were worked out for a country and a region, so a new address must be there too."""
    order = await my_order(ctx, asked.order)
    if order.status not in UNSHIPPED:
        raise OrderNotRedirectable(asked.order, order.status)
    address = await my_address(ctx, asked.address)
    assert address is not None
    before = order.quote["address"]
    if _place(address.model_dump()) != _place(before):
        raise AddressElsewhere(asked.order, asked.address, f"{before['region']} {before['country']}".strip())
    return order, address


def _place(address: dict[str, Any]) -> tuple[str, str]:
    return address["country"].casefold(), address["region"].strip().casefold()


async def _address_terms(ctx: Context, asked: ChangeOrderAddress) -> Terms:
    order, address = await _redirectable(ctx, asked)
    return Terms(
        operation="change_order_address",
        summary=f"Send the order {asked.order} to {address.recipient}, {address.line1}, {address.city} instead.",
        address=address,
        lines=(await order_view(ctx, asked.order)).lines,
        order=order.number,
    )


@operation(Effect.COMMIT, "POST /orders/{order}/address", who=Who.CUSTOMER, terms=_address_terms)
async def change_order_address(ctx: Context, asked: ChangeOrderAddress) -> OrderView:
    """Send an order to another saved address, while nothing of it is shipped.

    The address must be in the same country and region, for which delivery and tax were worked out; the price stays.
    """
    order, address = await _redirectable(ctx, asked)
    before, after = order.quote["address"], address.model_dump(mode="json")
    if before != after:
        quote = order.quote | {"address": after}
        await ctx.run(update(OrderRow).where(col(OrderRow.number) == asked.order).values(quote=quote))
        await note(ctx, asked.order, "address_changed", address=before)
    return await order_view(ctx, asked.order)
