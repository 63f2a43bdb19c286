"""Use cases of merchants: what to ship, shipping it, and saying that it has arrived."""

from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..faults import reached
from ..operation import Effect, Who, operation
from ..orders.cancelling import cancel_part, left_to_give
from ..orders.contents import contents
from ..orders.following import follow, move_part
from ..orders.history import note
from ..orders.records import FulfillmentRow, OrderLineRow
from ..paging import cursor_after, key_of
from ..payments.charges import capture
from ..payments.settling import settling
from .refusals import FulfillmentNotCancellable, FulfillmentNotShippable, FulfillmentNotShipped
from .schemas import (
    CancelFulfillment,
    CorrectTracking,
    DeliverFulfillment,
    FulfillmentList,
    GetFulfillment,
    ListFulfillments,
    MerchantFulfillmentView,
    ShipFulfillment,
)
from .viewing import listed, locked_part, merchant_view, my_part, summaries


@operation(Effect.READ, "GET /fulfillments", who=Who.MERCHANT)
async def list_fulfillments(ctx: Context, asked: ListFulfillments) -> FulfillmentList:
    """The parts of paid orders that the merchant ships: with status `waiting` what has to be shipped, the oldest first;
    otherwise the newest first."""
    oldest_first, id = asked.status == "waiting", col(FulfillmentRow.id)
    found = listed(ctx, asked)
    if key := key_of(asked, str):
        found = found.where(id > key[0] if oldest_first else id < key[0])
    rows = await ctx.rows(found.order_by(id if oldest_first else id.desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return FulfillmentList(
        items=await summaries(ctx, page), next_cursor=cursor_after(asked, [page[-1].id]) if more else None
    )


@operation(Effect.READ, "GET /fulfillments/{fulfillment}", who=Who.MERCHANT)
async def get_fulfillment(ctx: Context, asked: GetFulfillment) -> MerchantFulfillmentView:
    """One part of an order: its lines, where it goes, its carrier and tracking number."""
    return await merchant_view(ctx, asked.fulfillment)


async def _ship_terms(ctx: Context, asked: ShipFulfillment) -> Terms:
    part = await my_part(ctx, asked.fulfillment)
    if part.status != "waiting":
        raise FulfillmentNotShippable(asked.fulfillment, part.status)
    told = f"is shipped with {asked.carrier}, tracking number {asked.tracking}"
    return await _terms(ctx, "ship_fulfillment", asked.fulfillment, told)


async def _terms(ctx: Context, operation: str, fulfillment: str, told: str) -> Terms:
    view = await merchant_view(ctx, fulfillment)
    kept = [line for line in view.lines if line.quantity > line.cancelled]
    pieces = sum(line.quantity - line.cancelled for line in kept)
    to = f"{view.destination.recipient}, {view.destination.city}, {view.destination.country}"
    summary = f"Say that {pieces} item(s) of the order {view.order} to {to}: {told}."
    return Terms(operation=operation, summary=summary, lines=kept, order=view.order)


async def _part(ctx: Context, state: dict[str, str]) -> MerchantFulfillmentView:
    return await merchant_view(ctx, state["fulfillment"])


@operation(
    Effect.COMMIT,
    "POST /fulfillments/{fulfillment}/ship",
    who=Who.MERCHANT,
    terms=_ship_terms,
    then=settling(_part),
)
async def ship_fulfillment(ctx: Context, asked: ShipFulfillment) -> dict[str, str]:
    """Say that a waiting part of a paid order is shipped, by whom, and under which tracking number.

    The same said twice is said once. Money that is only held is taken with the first part of an order that is shipped.
    """
    part, order = await locked_part(ctx, asked.fulfillment)
    sent = {"carrier": asked.carrier, "tracking": asked.tracking}
    state = {"order": order.number, "fulfillment": part.id}
    if part.status == "shipped" and (part.carrier, part.tracking) == (asked.carrier, asked.tracking):
        return state
    if part.status != "waiting" or not await move_part(ctx, part, "shipped", shipped_at=ctx.now, **sent):
        raise FulfillmentNotShippable(asked.fulfillment, part.status)
    await reached("marked", "shipping")
    await capture(ctx, order.number)
    await note(ctx, order.number, "shipped", fulfillment=part.id, merchant=part.merchant, **sent)
    await follow(ctx, order)
    return state


@operation(Effect.WRITE, "PATCH /fulfillments/{fulfillment}", who=Who.MERCHANT)
async def correct_tracking(ctx: Context, asked: CorrectTracking) -> MerchantFulfillmentView:
    """Correct the carrier and the tracking number of a part that is on its way."""
    part, order = await locked_part(ctx, asked.fulfillment)
    sent = {"carrier": asked.carrier, "tracking": asked.tracking}
    if part.status != "shipped" or not await move_part(ctx, part, "shipped", **sent):
        raise FulfillmentNotShipped(asked.fulfillment, part.status)
    await note(ctx, order.number, "tracking_corrected", fulfillment=part.id, merchant=part.merchant, **sent)
    return await merchant_view(ctx, asked.fulfillment)


async def _deliver_terms(ctx: Context, asked: DeliverFulfillment) -> Terms:
    part = await my_part(ctx, asked.fulfillment)
    if part.status != "shipped":
        raise FulfillmentNotShipped(asked.fulfillment, part.status)
    return await _terms(ctx, "deliver_fulfillment", asked.fulfillment, "has arrived")


@operation(Effect.COMMIT, "POST /fulfillments/{fulfillment}/deliver", who=Who.MERCHANT, terms=_deliver_terms)
async def deliver_fulfillment(ctx: Context, asked: DeliverFulfillment) -> MerchantFulfillmentView:
    """Say that a shipped part has arrived; from then on the shopper has the return window to send it back."""
    part, order = await locked_part(ctx, asked.fulfillment)
    if part.status == "delivered":
        return await merchant_view(ctx, asked.fulfillment)
    if part.status != "shipped" or not await move_part(ctx, part, "delivered", delivered_at=ctx.now):
        raise FulfillmentNotShipped(asked.fulfillment, part.status)
    await reached("marked", "delivering")
    await note(ctx, order.number, "delivered", fulfillment=part.id, merchant=part.merchant)
    await follow(ctx, order)
    return await merchant_view(ctx, asked.fulfillment)


async def _cancel_terms(ctx: Context, asked: CancelFulfillment) -> Terms:
    part = await my_part(ctx, asked.fulfillment)
    if part.status != "waiting":
        raise FulfillmentNotCancellable(asked.fulfillment, part.status)
    lines = await contents(ctx, col(OrderLineRow.fulfillment) == asked.fulfillment)
    refund = ctx.money(left_to_give(lines))
    stock = "can be sold again" if asked.restock else "are missing or broken"
    told = f"can't be delivered, because {asked.reason}; the shopper gets {refund} back, the goods {stock}"
    terms = await _terms(ctx, "cancel_fulfillment", asked.fulfillment, told)
    return terms.model_copy(update={"refund": refund})


@operation(
    Effect.COMMIT,
    "POST /fulfillments/{fulfillment}/cancel",
    who=Who.MERCHANT,
    terms=_cancel_terms,
    then=settling(_part),
)
async def cancel_fulfillment(ctx: Context, asked: CancelFulfillment) -> dict[str, str]:
    """Cancel a waiting part that can't be delivered. The shopper gets all that it cost back; the last part of an order
    takes the whole order with it."""
    part, order = await locked_part(ctx, asked.fulfillment)
    if part.status != "waiting":
        raise FulfillmentNotCancellable(asked.fulfillment, part.status)
    await cancel_part(ctx, order, part.id, asked.reason, restock=asked.restock)
    return {"order": order.number, "fulfillment": part.id}
