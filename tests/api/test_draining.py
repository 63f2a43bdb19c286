"""A server that is asked to stop: it says so to load balancers, and ends what it has in hand."""

import asyncio
import signal
import time
from pathlib import Path

import httpx
import pytest

from evals.world import HandClock, fresh_world
from tests.api.calls import key, ok
from tests.api.processes import Server

PLACING = "placing.reserved"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    async def fill() -> None:
        await (await fresh_world(tmp_path, HandClock())).close()

    asyncio.run(fill())
    return tmp_path


def told_to_stop(server: Server) -> None:
    assert server.process
    server.process.send_signal(signal.SIGTERM)


def until_not_ready(server: Server) -> httpx.Response:
    deadline = time.monotonic() + 20
    while (ready := httpx.get(f"{server.url}/readyz", timeout=10)).status_code == 200:
        assert time.monotonic() < deadline, "it says that it is ready"
        time.sleep(0.02)
    return ready


def test_a_server_serves_and_says_that_it_goes_for_as_long_as_load_balancers_need(data: Path) -> None:
    with Server(data, {"API_DRAIN_SECONDS": "60"}) as server:
        told_to_stop(server)
        ready = until_not_ready(server)
        assert (ready.status_code, ready.headers["content-type"]) == (503, "application/problem+json")
        told = ready.json()
        assert (told["code"], told["status"]) == ("shutting_down", 503)
        assert told.keys() >= {"detail", "hint", "facts", "trace_id"}
        assert (ready.headers["retry-after"], ready.headers["connection"]) == ("5", "close")
        assert ok(httpx.get(f"{server.url}/v1/products"))["items"]
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert server.stop() == 0, "who asks a second time does not want to wait"
        assert "Traceback" not in server.log()


def test_at_the_keyboard_nobody_waits_for_load_balancers(data: Path) -> None:
    with Server(data, {"API_DRAIN_SECONDS": "300"}) as server:
        assert server.stop(signal.SIGINT) in {0, 130}


def test_a_server_is_not_ready_for_as_long_as_it_has_a_request_in_hand(data: Path) -> None:
    sign = data / "sign"
    with Server(data, {"DOMTOK_FAULTS": f"{PLACING}:stall={sign}"}) as server, server.client() as http:
        http.post("/v1/cart/items", json={"sku": "MUG-RED-350"})
        made = ok(http.post("/v1/checkouts", json={}), 201)

        async def place() -> httpx.Response:
            async with httpx.AsyncClient(base_url=server.url, headers=dict(http.headers), timeout=30) as sender:
                sending = asyncio.create_task(sender.post(f"/v1/checkouts/{made['checkout']}/place", headers=key()))
                while not sign.exists():  # noqa: ASYNC110 (another process makes it)
                    await asyncio.sleep(0.02)
                told_to_stop(server)
                ready = await asyncio.to_thread(until_not_ready, server)
                assert (ready.status_code, ready.json()["code"]) == (503, "shutting_down")
                sign.unlink()
                return await sending

        assert asyncio.run(place()).status_code == 200
        assert server.process
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log()
