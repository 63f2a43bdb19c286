"""Health: whether this process lives, and whether the shop behind it can serve."""

import asyncio
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse, Response

from commerce.database import newest_revision, revision
from commerce.errors import Busy, RedisAway, ShuttingDown
from commerce.shop import MIGRATIONS, VERSION_TABLE, Shop
from commerce.worker import SILENT, last_seen

from .problems import problem

AGENT_MIGRATIONS = Path(__file__).parent.parent / "agent" / "migrations"
SCHEMAS = {VERSION_TABLE: MIGRATIONS, "agent_version": AGENT_MIGRATIONS}
PATIENCE = 5.0


def health_router(shop: Shop) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    newest = {table: newest_revision(migrations) for table, migrations in SCHEMAS.items()}
    started = shop.clock()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        """503 without its database, with a schema that is not this version's, or once the server is asked to stop. Without Redis
        or a worker it serves, degraded."""
        if request.app.state.stopping:
            return _turned_away()
        found = await _stores(shop, newest) | {"redis": await redis_state(shop)}
        if "away" in (found["database"], found["schema"]) or found["schema"] == "behind":
            return JSONResponse({"status": "unavailable"} | found, 503)
        found["worker"] = await worker_state(shop, started)
        degraded = found["redis"] == "away" or found["worker"] == "silent"
        status = "degraded" if degraded else "ok"
        return JSONResponse({"status": status, "pools": shop.database.told()} | found)

    return router


def _turned_away() -> Response:
    """The connection ends with it, for the server waits for those that are open."""
    answer = problem(ShuttingDown())
    answer.headers["Connection"] = "close"
    return answer


async def _stores(shop: Shop, newest: dict[str, str]) -> dict[str, str]:
    try:
        async with asyncio.timeout(PATIENCE):
            there = {table: await revision(shop.database, table) for table in newest}
    except (TimeoutError, DBAPIError, OSError, Busy):
        return {"database": "away", "schema": "unknown"}
    return {"database": "ok", "schema": "ok" if there == newest else "behind"}


async def redis_state(shop: Shop) -> str:
    if shop.redis.embedded:
        return "inside"
    try:
        await shop.redis.ask(lambda redis: redis.ping())
    except RedisAway:
        return "away"
    return "ok"


async def worker_state(shop: Shop, since: datetime) -> str:
    """`since`: when this process began; a worker gets a while to be heard of."""
    seen = await last_seen(shop)
    return "ok" if shop.clock() - max(filter(None, (seen, since))) < SILENT else "silent"
