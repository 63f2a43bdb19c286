"""A stock race: more buyers than pieces, exactly so many paid, the last piece sold; and Redis gone makes no difference."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.api.processes import Server
from tests.api.test_process import SECRET, fifty_customers, findings, race

if TYPE_CHECKING:
    from tests.prove.stores import Redis

PIECES = 20
BUYERS = 26


def test_exactly_what_there_is_is_sold_while_redis_is_gone(tmp_path: Path, own_redis: "Redis") -> None:
    tokens = asyncio.run(fifty_customers(tmp_path))[:BUYERS]
    with Server(tmp_path, {"SHOP_SECRET": SECRET, "SHOP_REDIS_URL": own_redis.url}) as server:
        assert httpx.get(f"{server.url}/readyz").json()["redis"] == "ok"
        own_redis.kill()
        outcomes = asyncio.run(race(server.url, tokens))
        assert httpx.get(f"{server.url}/readyz", timeout=10).json()["redis"] == "away"
        server.stop()
    assert [status for status, _ in outcomes].count(200) == PIECES
    assert {code for status, code in outcomes if status != 200} <= {"out_of_stock", "checkout_changed"}
    assert findings(tmp_path) == []
