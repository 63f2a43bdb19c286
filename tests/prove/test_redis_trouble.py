"""Redis dies, hangs or forgets in the middle of shopping: nobody notices, and nothing is lost or doubled."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from commerce import faults
from commerce.events import OutboxRow
from commerce.shop import Shop
from tests.prove.report import Claim
from tests.prove.scenarios import MUG, STREAMING
from tests.prove.sites import Buyer, Process, Site, buyer, events_of
from tests.prove.stores import Redis, private_redis, until
from tests.prove.test_kills import survive

Trouble = Callable[[Redis], None]
BEARABLE = 20.0
"""Seconds that a request may take while Redis hangs; the client gives up after that, and the test fails."""


def hang(store: Redis) -> None:
    store.signal(signal.SIGSTOP)


TROUBLES: dict[str, Trouble] = {"killed": Redis.kill, "hanging": hang, "flushed": Redis.flush}


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with private_redis(tmp_path_factory.mktemp("redis")) as store:
        yield store


def test_shopping_goes_on_while_redis_is_killed(sqlite: Site, redis: Redis, claim: Claim) -> None:
    shopping("killed", sqlite, redis, claim)


@pytest.mark.full
@pytest.mark.parametrize("trouble", TROUBLES)
def test_shopping_goes_on_while_redis_is_in_trouble(trouble: str, mariadb: Site, redis: Redis, claim: Claim) -> None:
    shopping(trouble, mariadb, redis, claim)


@pytest.mark.full
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_conversation_buys_once_while_redis_is_in_trouble(
    trouble: str, mariadb: Site, redis: Redis, claim: Claim
) -> None:
    """The answer is in the history whatever became of the stream."""
    who = mariadb.inside(buyer)
    with with_redis(mariadb, redis).server() as server, door(server.start(), who) as http:
        thread = ok(http.post("/chat/threads"), 201)["thread"]
        ok(http.post("/cart/items", json={"sku": MUG}))
        TROUBLES[trouble](redis)
        turn = ok(http.post(f"/chat/threads/{thread}/turns", json={"text": "buy it"}))
        path = f"/chat/threads/{thread}/confirmations/{turn['confirmation']['confirmation']}"
        done = ok(http.post(path, json={"decision": "approve"}))
        again = http.post(path, json={"decision": "approve"})
        assert again.status_code < 500, again.text
        orders = ok(http.get("/orders"))["items"]
        assert [o["order"] for o in orders] == [done["receipts"][0]["view"]["order"]]
        recover(trouble, redis)
        assert until(mariadb.quiet)
        server.stop()
    assert mariadb.findings() == []
    claim(did=f"Redis is {trouble} while a shopper buys by talking", seen="one order, told in the history; audit clean")


def shopping(trouble: str, site: Site, redis: Redis, claim: Claim) -> None:
    """A whole trip with the trouble between two steps, and another one while it lasts."""
    who = site.inside(buyer)
    with with_redis(site, redis).server() as server, door(server.start(), who) as http:
        ok(http.post("/cart/items", json={"sku": MUG, "quantity": 2}))
        TROUBLES[trouble](redis)
        first = place(http, who)
        for _ in range(10):
            ok(http.get("/products/red-enamel-mug"))
        ok(http.post("/cart/items", json={"sku": MUG}))
        second = place(http, who)
        ok(http.post(f"/orders/{second}/cancel", headers=key()))
        recover(trouble, redis)
        ok(http.post("/cart/items", json={"sku": MUG}))
        third = place(http, who)
        assert until(site.quiet)
        told = {o["order"]: o["status"] for o in ok(http.get("/orders"))["items"]}
        assert told == {first: "paid", second: "cancelled", third: "paid"}
        assert server.stop() == 0
    assert site.findings() == []
    claim(
        did=f"Redis is {trouble} between two steps of shopping, and comes back later",
        seen="every request was answered; three orders as they were made, all events delivered; audit clean",
        times=3,
    )


def recover(trouble: str, redis: Redis) -> None:
    if trouble == "killed":
        redis.start()
    redis.signal(signal.SIGCONT)


def with_redis(site: Site, redis: Redis) -> Site:
    return replace(site, environ=site.environ | {"SHOP_REDIS_URL": redis.url})


def door(server: Any, who: Buyer) -> httpx.Client:
    assert isinstance(server, Process)
    return httpx.Client(base_url=f"{server.url}/v1", headers=who.headers, timeout=BEARABLE)


def place(http: httpx.Client, who: Buyer) -> str:
    made = ok(http.post("/checkouts", json={"payment_method": who.methods["tok_succeeds"]}), 201)
    placed = ok(http.post(f"/checkouts/{made['checkout']}/place", headers=key()))
    assert placed["status"] == "paid"
    return str(placed["order"])


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


RELAYING = [point for point in faults.POINTS if point.startswith(("relaying.", "streaming."))]


@pytest.mark.full
@pytest.mark.parametrize("point", RELAYING)
def test_redis_killed_at_any_step_of_relaying_loses_no_event(
    point: str, mariadb: Site, redis: Redis, claim: Claim
) -> None:
    who, sign = mariadb.inside(buyer), mariadb.folder / "stalled"
    with with_redis(mariadb, redis).server() as server:
        server.launch(**{faults.VARIABLE: f"{point}:stall={sign}"})
        server.until_healthy()
        with door(server, who) as http:
            ok(http.post("/cart/items", json={"sku": MUG}))
            order = place(http, who)
        assert until(sign.exists), f"{point} was never reached"
        redis.kill()
        sign.unlink()
        redis.start()
        assert until(lambda: mariadb.quiet() and not unsent(mariadb)), unsent(mariadb)
        assert server.stop() == 0
    assert mariadb.inside(lambda shop: events_of(shop, order)) == ["placed", "paid"]
    assert mariadb.findings() == []
    claim(did=f"kill -9 of Redis at {point}", seen="every event delivered and streamed, each kind once; audit clean")


@pytest.mark.full
@pytest.mark.parametrize("point", STREAMING)
def test_a_server_killed_while_it_streams_loses_no_event(point: str, mariadb: Site, redis: Redis, claim: Claim) -> None:
    survive(point, with_redis(mariadb, redis), claim)
    assert unsent(mariadb) == []


def unsent(site: Site) -> list[str]:
    """Events that the stream has not got yet."""

    async def look(shop: Shop) -> list[str]:
        async with shop.database.read() as db:
            waiting = select(col(OutboxRow.type)).where(col(OutboxRow.streamed_at).is_(None))
            return [row.type for row in await db.execute(waiting)]

    return site.inside(look)
