"""Fulfillments as their merchants see them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, exists, select
from sqlmodel import col

from ..context import Context
from ..orders.contents import contents, left_of
from ..orders.following import locked
from ..orders.records import FulfillmentRow, OrderLineRow, OrderRow
from ..orders.rules import worth
from ..orders.viewing import fulfillment_view, lines_of
from ..views import end_of, start_of
from .refusals import FulfillmentNotFound
from .schemas import DestinationView, FulfillmentSummary, ListFulfillments, MerchantFulfillmentView

SHOWN = (
    FulfillmentRow,
    col(OrderRow.placed_at),
    col(OrderRow.quote),
)


def _paid() -> Select[Any]:
    """A merchant sees its part of an order once the order is paid."""
    joined = select(*SHOWN).join(OrderRow, col(OrderRow.number) == col(FulfillmentRow.order_number))
    return joined.where(col(OrderRow.paid_at).is_not(None))


async def my_part(ctx: Context, fulfillment: str) -> Row[Any]:
    """Refuses another merchant's exactly like one that does not exist."""
    part = await ctx.row(_paid().where(col(FulfillmentRow.id) == fulfillment))
    if part is None or not ctx.caller.may_manage(part.merchant):
        raise FulfillmentNotFound(fulfillment)
    return part


async def locked_part(ctx: Context, fulfillment: str) -> tuple[Row[Any], Row[Any]]:
    """The caller's part and its order, which nobody else moves until this transaction ends."""
    order = await locked(ctx, (await my_part(ctx, fulfillment)).order_number)
    return await my_part(ctx, fulfillment), order


async def merchant_view(ctx: Context, fulfillment: str) -> MerchantFulfillmentView:
    part = await my_part(ctx, fulfillment)
    lines = await contents(ctx, col(OrderLineRow.fulfillment) == fulfillment)
    return MerchantFulfillmentView(
        **dict(fulfillment_view(ctx, lines[0])),
        order=part.order_number,
        placed_at=part.placed_at,
        delivery_option=part.quote["delivery_option"]["delivery_option"],
        destination=DestinationView.model_validate(part.quote["address"]),
        lines=lines_of(part.quote, lines),
        goods=ctx.money(sum(worth(line, line.quantity - left_of(line), left_of(line)) for line in lines)),
    )


def listed(ctx: Context, asked: ListFulfillments) -> Select[Any]:
    """What the filters leave of what the caller may see."""
    found = _paid()
    if ctx.caller.role != "admin":
        found = found.where(col(FulfillmentRow.merchant) == ctx.caller.merchant)
    for column, wanted in (
        (FulfillmentRow.merchant, asked.merchant),
        (FulfillmentRow.status, asked.status),
        (FulfillmentRow.order_number, asked.order),
    ):
        if wanted is not None:
            found = found.where(col(column) == wanted)
    if asked.placed_from:
        found = found.where(col(OrderRow.placed_at) >= start_of(asked.placed_from))
    if asked.placed_to:
        found = found.where(col(OrderRow.placed_at) <= end_of(asked.placed_to))
    if asked.sku:
        holds = col(OrderLineRow.fulfillment) == col(FulfillmentRow.id), col(OrderLineRow.sku) == asked.sku
        found = found.where(exists().where(*holds))
    return found


async def summaries(ctx: Context, parts: Sequence[Row[Any]]) -> list[FulfillmentSummary]:
    lines: dict[str, list[Row[Any]]] = defaultdict(list)
    for line in await contents(ctx, col(OrderLineRow.fulfillment).in_([part.id for part in parts])) if parts else []:
        lines[line.fulfillment].append(line)
    return [_summary(part, lines[part.id]) for part in parts]


def _summary(part: Row[Any], lines: list[Row[Any]]) -> FulfillmentSummary:
    skus = [line.sku for line in lines]
    names = [line["name"] for line in part.quote["lines"] if line["sku"] in skus]
    return FulfillmentSummary(
        fulfillment=part.id,
        order=part.order_number,
        merchant=part.merchant,
        status=part.status,
        items=sum(left_of(line) for line in lines),
        title=names[0],
        skus=skus,
        carrier=part.carrier,
        tracking=part.tracking,
        placed_at=part.placed_at,
    )
