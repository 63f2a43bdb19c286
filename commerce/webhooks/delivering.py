"""Delivering: one attempt, its outcome written down, and when to come again."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from loguru import logger
from sqlalchemy import Row, exists, func, select, update
from sqlmodel import col

from ..context import Context
from ..faults import reached
from ..queue import JobRow, enqueue, job
from . import rules
from .fanout import DELIVER
from .records import DeliveryRow, WebhookRow
from .sending import Answer

RESUME = "resume_webhook"
AT_ONCE = 4
"""Messages to one webhook at a time and process, so that a slow server holds up its own only."""
BATCH = 100
busy: Counter[str] = Counter()


@job(DELIVER)
async def deliver(ctx: Context, data: dict[str, Any]) -> datetime | None:
    """An attempt, unless there is nothing to do any more. A paused webhook's deliveries wait for its resumption."""
    async with ctx.reading() as inside:
        delivery = await inside.row(select(DeliveryRow).where(col(DeliveryRow.id) == data["delivery"]))
        webhook = delivery and await inside.row(select(WebhookRow).where(col(WebhookRow.id) == delivery.webhook))
    if not delivery or not webhook or delivery.status != "waiting" or webhook.status != "active":
        return None
    if busy[webhook.id] >= AT_ONCE:
        return ctx.shop.clock() + timedelta(seconds=1)
    busy[webhook.id] += 1
    try:
        answer = await _send(ctx, webhook, delivery)
    finally:
        busy[webhook.id] -= 1
    await reached("answered", "telling")
    async with replace(ctx, now=ctx.shop.clock()).writing() as inside:
        return await _record(inside, webhook, delivery, answer)


async def _send(ctx: Context, webhook: Row[Any], delivery: Row[Any]) -> Answer:
    now = ctx.shop.clock()
    body = rules.message(delivery.event, delivery.type, delivery.happened_at, delivery.data)
    old = [webhook.old_secret] if webhook.old_until and webhook.old_until > now else []
    headers = rules.signed_headers(delivery.event, body, now, [webhook.secret, *old])
    return await ctx.shop.sender.send(webhook.url, body, headers)


async def _record(ctx: Context, webhook: Row[Any], delivery: Row[Any], answer: Answer) -> datetime | None:
    attempts = delivery.attempts + 1
    status = "delivered" if answer.accepted else "dead" if attempts >= rules.ATTEMPTS else "waiting"
    told = answer.error or (None if answer.accepted else f"answered {answer.status}")
    facts = {"status": status, "attempts": attempts, "answer": answer.status, "last_error": told, "changed_at": ctx.now}
    as_read = col(DeliveryRow.id) == delivery.id, col(DeliveryRow.status) == "waiting"
    if not await ctx.run(update(DeliveryRow).where(*as_read).values(**facts)):
        return None
    await (_heard(ctx, webhook) if answer.accepted else _failed(ctx, webhook, answer))
    return rules.next_attempt(attempts, ctx.now, answer.retry_after) if status == "waiting" else None


async def _heard(ctx: Context, webhook: Row[Any]) -> None:
    failing = col(WebhookRow.id) == webhook.id, col(WebhookRow.failing_since).is_not(None)
    if webhook.failing_since:
        await ctx.run(update(WebhookRow).where(*failing).values(failing_since=None))


async def _failed(ctx: Context, webhook: Row[Any], answer: Answer) -> None:
    """Notes since when it fails; pauses one that is gone, or has failed for too long."""
    this = col(WebhookRow.id) == webhook.id
    if webhook.failing_since is None:
        await ctx.run(
            update(WebhookRow).where(this, col(WebhookRow.failing_since).is_(None)).values(failing_since=ctx.now)
        )
    since = webhook.failing_since or ctx.now
    why = f"every delivery since {since:%Y-%m-%d %H:%M} UTC failed" if ctx.now - since >= rules.PAUSE_AFTER else None
    why = "the receiver says that it is gone (410)" if answer.status == 410 else why
    active = update(WebhookRow).where(this, col(WebhookRow.status) == "active")
    if why and await ctx.run(active.values(status="paused", paused_because=why)):
        logger.warning("webhook {} is paused: {}", webhook.id, why)


async def schedule_waiting(ctx: Context, webhook: str) -> None:
    """Has everything that waits for this webhook delivered soon."""
    await enqueue(ctx, RESUME, webhook, webhook=webhook)


@job(RESUME)
async def resume(ctx: Context, data: dict[str, Any]) -> datetime | None:
    """A batch at a time: each delivery that waits without a job that is to come gets one."""
    waiting = col(DeliveryRow.webhook) == data["webhook"], col(DeliveryRow.status) == "waiting"
    to_come = col(JobRow.status) == "waiting", col(JobRow.holder).is_(None)
    has_job = exists().where(col(JobRow.kind) == DELIVER, col(JobRow.name) == col(DeliveryRow.id), *to_come)
    first = select(col(DeliveryRow.id)).where(*waiting, ~has_job).order_by(col(DeliveryRow.id)).limit(BATCH)
    async with ctx.writing() as inside:
        found = [row.id for row in await inside.rows(first)]
        for delivery in found:
            await enqueue(inside, DELIVER, delivery, delivery=delivery)
    return ctx.shop.clock() if len(found) == BATCH else None


async def counted(ctx: Context, webhooks: list[str]) -> dict[str, dict[str, int]]:
    """How many deliveries of each stand how."""
    of_these = select(col(DeliveryRow.webhook), col(DeliveryRow.status), func.count().label("number"))
    statement = of_these.where(col(DeliveryRow.webhook).in_(webhooks))
    found: dict[str, dict[str, int]] = {webhook: {} for webhook in webhooks}
    for row in await ctx.rows(statement.group_by(col(DeliveryRow.webhook), col(DeliveryRow.status))):
        found[row.webhook][row.status] = row.number
    return found
