"""What the shop leaves in Redis: keys under its own name, none of which stays for ever."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from api.server import Settings, build_app
from commerce.context import ANONYMOUS, Context
from commerce.jobs import run_jobs
from evals.world import HandClock, fresh_world
from tests.api.calls import key, ok, quoted, with_method
from tests.conftest import REDIS
from tests.streams import StandIn
from tests.worlds import ADA, client_of, settings_for


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    await (await fresh_world(tmp_path, HandClock())).close()
    settings = settings_for(tmp_path, {"rate_per_minute": 1000})
    shop = settings.shop.model_copy(update={"redis_url": REDIS})
    made = build_app(Settings(shop, settings.agent, settings.api))
    async with made.router.lifespan_context(made):
        yield made


async def keys(redis: Redis) -> dict[str, int]:
    """Each key and for how long it stays; what was gone by then counts as short."""
    found: list[Any] = [name async for name in redis.scan_iter()]
    return {name.decode(): int(await redis.ttl(name)) for name in found}


@pytest.mark.skipif(not REDIS, reason="no Redis answers")
async def test_a_shopping_trip_leaves_nothing_for_ever(app: FastAPI) -> None:
    shop = app.state.shop
    async with client_of(app, "198.51.100.7", **ADA) as http:
        thread = ok(await http.post("/v1/chat/threads"), 201)["thread"]
        for said in ("Show me mugs under $15", "add MUG-RED-350 to my cart", "buy it"):
            ok(await http.post(f"/v1/chat/threads/{thread}/turns", json={"text": said}))
        method = await with_method(http)
        made = await quoted(http, payment_method=method)
        order = ok(await http.post(f"/v1/checkouts/{made}/place", headers=key()))
        ok(await http.post(f"/v1/orders/{order['order']}/cancel", headers=key()))
    await run_jobs(shop)
    left = await keys(shop.redis())
    ours = {name for name in left if name.startswith("domtok:")}
    assert {name.split(":")[1] for name in ours} >= {"turn", "limit", "events"}
    assert [name for name in ours if left[name] == -1] == []


async def test_limits_and_stream_stay_within_their_time_on_the_stand_in(tmp_path: Path) -> None:
    shop = await fresh_world(tmp_path, HandClock())
    redis = StandIn()
    shop = replace(shop, redis=redis, limits=type(shop.limits)(redis, shop.clock))
    await shop.limits.take("test", "somebody", 10)
    async with Context(shop, ANONYMOUS).writing() as ctx:
        ctx.emit("order.paid", order="DT-2222-2222")
    await run_jobs(shop)
    left = await keys(redis())
    assert {name.split(":")[1] for name in left} == {"limit", "events"}
    assert all(0 < stays <= 7 * 24 * 3600 for stays in left.values())
    await shop.close()
