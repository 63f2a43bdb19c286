"""The relay: carries events out of the outbox, at least once and in order.

Two ways, so that neither waits for the other: to this process's listeners and to webhooks (whose deliveries are then jobs of
their own), and to the Redis Stream `domtok:events` for programs beside the shop. One worker at a time goes each way. An event
can be seen twice, after a crash; it carries its id, and what is seen first is in order.
"""

import json
from datetime import timedelta
from typing import Any

from loguru import logger
from sqlalchemy import ColumnElement, Row, select, update
from sqlmodel import col

from .context import Context
from .errors import RedisAway
from .events import OutboxRow
from .faults import reached
from .leases import held
from .shared import NAMESPACE
from .webhooks.fanout import fan_out

BATCH = 200
RETRY = timedelta(seconds=30)
STREAM = f"{NAMESPACE}:events"
LONGEST = 100_000
KEPT_SECONDS = 7 * 24 * 3600
"""The stream stays so long after its last event."""


async def relay(ctx: Context) -> int:
    """A batch each way; says how many events moved."""
    return await _one_at_a_time(ctx, "relay", _undelivered(ctx), _deliver) + await _one_at_a_time(
        ctx, "stream", [col(OutboxRow.streamed_at).is_(None)], _stream
    )


def _undelivered(ctx: Context) -> list[ColumnElement[bool]]:
    return [col(OutboxRow.delivered_at).is_(None), col(OutboxRow.due_at) <= ctx.now]


async def _one_at_a_time(ctx: Context, name: str, where: list[ColumnElement[bool]], carry: Any) -> int:
    """Looks before it takes the lease, and again when it has it: somebody else may have been there meanwhile."""
    due = select(OutboxRow).where(*where).order_by(col(OutboxRow.seq)).limit(BATCH)
    async with ctx.reading() as inside:
        if not await inside.rows(select(col(OutboxRow.seq)).where(*where).limit(1)):
            return 0
    async with held(ctx, name) as mine:
        if not mine:
            return 0
        async with ctx.reading() as inside:
            rows = await inside.rows(due)
        moved: int = await carry(ctx, rows) if rows else 0
        return moved


async def _deliver(ctx: Context, rows: list[Row[Any]]) -> int:
    """Listeners first, then in one transaction the webhooks' deliveries and the mark."""
    await reached("picked", "relaying")
    heard = [row.seq for row in rows if await _tell(ctx, row)]
    await reached("delivered", "relaying")
    async with ctx.writing() as inside:
        open_ones = col(OutboxRow.seq).in_(heard), col(OutboxRow.delivered_at).is_(None)
        mine = await inside.rows(select(OutboxRow).where(*open_ones).order_by(col(OutboxRow.seq)).with_for_update())
        await fan_out(inside, mine)
        await inside.run(update(OutboxRow).where(*open_ones).values(delivered_at=ctx.now))
        await reached("marking", "relaying")
    await reached("marked", "relaying")
    return len(heard)


async def _tell(ctx: Context, row: Row[Any]) -> bool:
    """A failing listener delays its own event only."""
    try:
        for listener in ctx.shop.outbox.listeners(row.type):
            await listener(row.data)
    except Exception:  # noqa: BLE001 (the relay must go on; the event stays and is tried again)
        logger.exception("event {} {} was not delivered", row.type, row.id)
        later = {"due_at": ctx.now + RETRY * 2 ** min(row.attempts, 6), "attempts": row.attempts + 1}
        async with ctx.writing() as inside:
            await inside.run(update(OutboxRow).where(col(OutboxRow.seq) == row.seq).values(**later))
        return False
    return True


async def _stream(ctx: Context, rows: list[Row[Any]]) -> int:
    """Without Redis the events wait where they are."""
    await reached("picked", "streaming")
    try:
        await ctx.shop.redis.ask(lambda redis: _add(redis, rows))
    except RedisAway as away:
        logger.warning("{} events wait for Redis: {}", len(rows), away)
        return 0
    await reached("sent", "streaming")
    async with ctx.writing() as inside:
        sent = col(OutboxRow.seq).in_([row.seq for row in rows])
        await inside.run(update(OutboxRow).where(sent).values(streamed_at=ctx.now))
    return len(rows)


async def _add(redis: Any, rows: list[Row[Any]]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for row in rows:
            entry = {"id": row.id, "type": row.type, "time": row.created_at.isoformat()}
            entry["data"] = json.dumps(row.data, ensure_ascii=False)
            pipe.xadd(STREAM, entry, maxlen=LONGEST, approximate=True)
        pipe.expire(STREAM, KEPT_SECONDS)
        await pipe.execute()
