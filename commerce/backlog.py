"""What waits behind the scenes and what was given up, in figures for operators."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import col

from .context import ANONYMOUS, Context
from .events import OutboxRow
from .queue import JobRow
from .shop import Shop
from .webhooks.records import DeliveryRow, WebhookRow


async def counted(shop: Shop) -> dict[str, float]:
    """By name: numbers of things, and ages in seconds."""
    ctx = Context(shop, ANONYMOUS)
    undelivered, unstreamed = col(OutboxRow.delivered_at).is_(None), col(OutboxRow.streamed_at).is_(None)
    async with ctx.reading() as inside:
        oldest = await inside.value(select(func.min(col(OutboxRow.created_at))).where(undelivered))
        return {
            "events_waiting": await _count(inside, OutboxRow, undelivered),
            "events_unstreamed": await _count(inside, OutboxRow, unstreamed),
            "events_lag_seconds": (ctx.now - oldest).total_seconds() if oldest else 0.0,
            "jobs_due": await _count(inside, JobRow, col(JobRow.status) == "waiting", col(JobRow.due_at) <= ctx.now),
            "jobs_waiting": await _count(inside, JobRow, col(JobRow.status) == "waiting"),
            "jobs_dead": await _count(inside, JobRow, col(JobRow.status) == "dead"),
            "webhooks_paused": await _count(inside, WebhookRow, col(WebhookRow.status) == "paused"),
            "webhook_deliveries_waiting": await _count(inside, DeliveryRow, col(DeliveryRow.status) == "waiting"),
            "webhook_deliveries_dead": await _count(inside, DeliveryRow, col(DeliveryRow.status) == "dead"),
        }


async def _count(ctx: Context, table: type[Any], *where: Any) -> int:
    return int(await ctx.value(select(func.count()).select_from(table).where(*where)))


async def dead_jobs(shop: Shop, limit: int = 100) -> Sequence[Row[Any]]:
    """The oldest first, with why they were given up."""
    dead = select(JobRow).where(col(JobRow.status) == "dead").order_by(col(JobRow.created_at)).limit(limit)
    async with Context(shop, ANONYMOUS).reading() as ctx:
        return await ctx.rows(dead)


async def revive_jobs(shop: Shop, job: str | None) -> int:
    """Has one dead job, or all of them, done from the start; says how many."""
    dead = [col(JobRow.status) == "dead", *([col(JobRow.id) == job] if job else [])]
    async with Context(shop, ANONYMOUS).writing() as ctx:
        return await ctx.run(update(JobRow).where(*dead).values(status="waiting", attempts=0, due_at=ctx.now))
