"""The gate: who comes too often waits, whoever claims to be somebody else; and which pages may call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from api.gate import Gate
from api.settings import ApiSettings
from commerce.limits import Limits
from commerce.shared import NoRedis
from commerce.shop import system_clock
from evals.world import HandClock, fresh_world
from tests.api.calls import refused
from tests.worlds import ADA, client_of, running, settings_for

FAR, FARTHER = "198.51.100.7", "203.0.113.9"


@asynccontextmanager
async def service(folder: Path, **api: Any) -> AsyncIterator[FastAPI]:
    await (await fresh_world(folder, HandClock())).close()
    async with running(settings_for(folder, api)) as app:
        yield app


async def admitted(http: httpx.AsyncClient, times: int, path: str = "/v1/categories", **headers: str) -> int:
    answers = [await http.get(path, headers=headers) for _ in range(times)]
    assert {a.status_code for a in answers} <= {200, 401, 429}
    return sum(a.status_code != 429 for a in answers)


async def test_an_address_that_asks_too_often_waits(tmp_path: Path) -> None:
    async with service(tmp_path, rate_per_minute=5) as app:
        async with client_of(app, FAR) as http:
            assert await admitted(http, 8) == 5
            problem = refused(await http.post("/v1/sessions/guest"), 429, "too_many_requests")
            answer = await http.get("/v1/cart", headers={"Authorization": "Bearer nonsense"})
        assert 0 < problem["facts"]["retry_after"] <= 12
        assert answer.headers["retry-after"] == str(answer.json()["facts"]["retry_after"])
        async with client_of(app, FARTHER) as http:
            assert await admitted(http, 2) == 2


async def test_an_account_is_counted_wherever_it_is_and_apart_from_its_address(tmp_path: Path) -> None:
    async with service(tmp_path, rate_per_minute=5) as app, client_of(app, FAR, **ADA) as http:
        assert await admitted(http, 8, "/v1/cart") == 5
        async with client_of(app, FARTHER) as elsewhere:
            assert await admitted(elsewhere, 1, "/v1/chat/threads", **dict(http.headers)) == 0
        async with client_of(app, FAR) as neighbour:
            assert await admitted(neighbour, 4) == 4, "one of its five went into the sign-in"


async def test_this_machine_and_a_shop_without_limits_count_nobody(tmp_path: Path) -> None:
    async with service(tmp_path / "a", rate_per_minute=2) as app, client_of(app, **ADA) as http:
        assert await admitted(http, 10, "/v1/cart") == 10
    async with service(tmp_path / "b", rate_per_minute=0) as app, client_of(app, FAR) as http:
        assert await admitted(http, 10) == 10


CLAIMS = [
    ("", FAR, "1.2.3.4", FAR),
    ("10.0.0.0/8", FAR, "1.2.3.4", FAR),
    ("10.0.0.0/8", "10.0.0.5", "1.2.3.4", "1.2.3.4"),
    ("10.0.0.0/8", "10.0.0.5", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
    ("10.0.0.0/8", "10.0.0.5", "6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4"),
    ("10.0.0.0/8", "10.0.0.5", "1.2.3.4, nonsense", "10.0.0.5"),
    ("10.0.0.0/8", "10.0.0.5", "", "10.0.0.5"),
    ("10.0.0.0/8, ::1", "::1", "::ffff:1.2.3.4", "1.2.3.4"),
    ("", "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
]


@pytest.mark.parametrize(("trusted", "peer", "forwarded", "found"), CLAIMS)
def test_only_trusted_proxies_are_believed(trusted: str, peer: str, forwarded: str, found: str) -> None:
    gate = Gate(ApiSettings(trusted_proxies=trusted), Limits(NoRedis(), system_clock))
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert gate.address_of(Request({"type": "http", "client": (peer, 1), "headers": headers})) == found


def test_a_request_without_a_peer_has_no_address() -> None:
    gate = Gate(ApiSettings(), Limits(NoRedis(), system_clock))
    assert gate.address_of(Request({"type": "http", "client": None, "headers": []})) == ""


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}


async def test_pages_of_other_origins_call_only_where_they_are_named(tmp_path: Path) -> None:
    page = {"Origin": "https://page.example"}
    async with service(tmp_path / "none") as app, client_of(app) as http:
        answer = await http.get("/v1/shop", headers=page)
        assert "access-control-allow-origin" not in answer.headers
        assert (await http.options("/v1/cart", headers=page | PREFLIGHT)).status_code == 405
    origins = "https://page.example, https://b.example"
    async with service(tmp_path / "named", cors_origins=origins) as app, client_of(app) as http:
        answer = await http.get("/v1/cart", headers=page)
        refused(answer, 401, "sign_in_required")
        assert answer.headers["access-control-allow-origin"] == page["Origin"]
        assert "access-control-allow-credentials" not in answer.headers
        assert (await http.options("/v1/cart", headers=page | PREFLIGHT)).status_code == 200
        stranger = await http.get("/v1/shop", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
