"""Fan-out: one event becomes a delivery, and its job, for each webhook that wants it and may know of it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select
from sqlmodel import col

from ..catalog.records import ProductRow
from ..context import Context
from ..events import INTERNAL
from ..orders.records import OrderLineRow
from ..queue import enqueue_new
from .records import DeliveryRow, WebhookRow
from .rules import told_to, wants

DELIVER = "deliver_webhook"


async def fan_out(ctx: Context, events: Sequence[Row[Any]]) -> None:
    """Runs in the transaction that marks the events, so that each is fanned out once."""
    public = [event for event in events if event.type not in INTERNAL]
    webhooks = await ctx.rows(select(WebhookRow).order_by(col(WebhookRow.id))) if public else []
    if not webhooks:
        return
    concerned = await _concerned(ctx, public)
    deliveries = []
    for event in public:
        for webhook in webhooks:
            told = told_to(webhook.merchant, event.data, concerned[event.id])
            if told is not None and wants(webhook.types, event.type):
                deliveries.append((webhook, fresh(ctx, webhook.id, event.id, event.type, told, event.created_at)))
    if not deliveries:
        return
    await ctx.db.execute(insert(DeliveryRow), [row for _, row in deliveries])
    due = [row["id"] for webhook, row in deliveries if webhook.status == "active"]
    await enqueue_new(ctx, DELIVER, {delivery: {"delivery": delivery} for delivery in due})


def fresh(ctx: Context, webhook: str, event: str, type: str, data: dict[str, Any], happened_at: Any) -> dict[str, Any]:
    """A delivery that waits for its first attempt."""
    told = {"event": event, "type": type, "data": data, "happened_at": happened_at}
    return {
        "id": ctx.new_id("dlv"),
        "webhook": webhook,
        "status": "waiting",
        "attempts": 0,
        "changed_at": ctx.now,
    } | told


async def _concerned(ctx: Context, events: Sequence[Row[Any]]) -> dict[str, frozenset[str]]:
    """Merchants of what each event names, by event."""
    orders = await _pairs(ctx, events, "order", select(col(OrderLineRow.order_number), col(OrderLineRow.merchant)))
    products = await _pairs(ctx, events, "product", select(col(ProductRow.slug), col(ProductRow.merchant)))
    return {e.id: frozenset(orders[e.data.get("order")] | products[e.data.get("product")]) for e in events}


async def _pairs(ctx: Context, events: Sequence[Row[Any]], name: str, statement: Any) -> dict[Any, set[str]]:
    named = {event.data[name] for event in events if name in event.data}
    found: dict[Any, set[str]] = defaultdict(set)
    if named:
        key = statement.selected_columns[0]
        for row in await ctx.rows(statement.where(key.in_(named)).distinct()):
            thing, merchant = tuple(row)
            found[thing].add(merchant)
    return found
