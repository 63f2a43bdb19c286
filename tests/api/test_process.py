"""The shop as processes: started, killed, started again, refused, examined, talked to, and stormed."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from api.server import read_settings
from api.serving import known_as
from commerce.accounts import sessions
from commerce.accounts.records import AccountRow
from commerce.audit import audit
from commerce.context import ANONYMOUS, Context
from commerce.shop import open_shop
from evals.world import HandClock, fresh_world, world_settings
from tests.api.calls import MUG, available, key, ok, with_address, with_method
from tests.api.processes import PATIENCE, Server, domtok

SECRET = "a secret for this test alone, of forty characters and more"


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("running")) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that is filled already, so that a server is up sooner."""
    return asyncio.run(filled(tmp_path))


async def filled(folder: Path) -> Path:
    await (await fresh_world(folder, HandClock())).close()
    return folder


def findings(data: Path) -> list[str]:
    """What the audit says of a data folder whose server has stopped."""

    async def look() -> list[str]:
        shop = open_shop(world_settings(data))
        try:
            return await audit(shop.database)
        finally:
            await shop.close()

    return asyncio.run(look())


def ask_to_buy(http: httpx.Client) -> dict[str, Any]:
    thread = http.post("/v1/chat/threads").json()["thread"]
    http.post("/v1/cart/items", json={"sku": MUG})
    turn: dict[str, Any] = ok(http.post(f"/v1/chat/threads/{thread}/turns", json={"text": "buy it"}))
    assert turn["status"] == "waiting"
    return turn


def confirmation_path(turn: dict[str, Any]) -> str:
    return f"/v1/chat/threads/{turn['thread']}/confirmations/{turn['confirmation']['confirmation']}"


def orders(http: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(http.get("/v1/orders"))["items"]
    return found


def until_paid(http: httpx.Client) -> list[dict[str, Any]]:
    """The worker finishes within seconds what was cut off."""
    deadline = time.monotonic() + 15
    while [o["status"] for o in orders(http)] != ["paid"] and time.monotonic() < deadline:
        time.sleep(0.2)
    return orders(http)


def test_it_is_healthy_and_says_where_it_is(running_server: Server) -> None:
    assert httpx.get(f"{running_server.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{running_server.url}/readyz").json()["status"] == "ok"
    assert running_server.url in running_server.log()
    assert "Show me mugs" in running_server.log()


def test_a_second_server_on_the_same_data_refuses(running_server: Server) -> None:
    second = domtok(*Server(running_server.data).arguments)
    assert second.returncode == 1
    assert second.stderr.strip() == f"Another server uses {running_server.data} already."
    assert running_server.healthy()


def test_a_port_that_is_taken_is_told_with_a_way_out(running_server: Server, tmp_path: Path) -> None:
    second = domtok(*Server(tmp_path, port=running_server.port).arguments)
    assert second.returncode == 1
    assert f"Port {running_server.port} is taken." in second.stderr
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr + second.stdout


def test_the_doctor_finds_clean_books_beside_a_running_server(running_server: Server) -> None:
    told = domtok("doctor", "--data", str(running_server.data))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "clean" in told.stdout
    assert running_server.url in told.stdout


def test_the_terminal_chat_holds_a_conversation_with_the_running_server(running_server: Server) -> None:
    said = "Show me mugs under $15\nadd MUG-RED-350 to my cart\n/cart\nbuy it\nmaybe\n同意\n/quit\n"
    told = domtok("chat", "--data", str(running_server.data), said=said)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Ada" in told.stdout
    assert MUG in told.stdout
    with running_server.client() as http:
        [order] = orders(http)
    assert order["status"] == "paid"
    assert order["order"] in told.stdout
    assert "Please type approve (yes, 同意) or reject (no, 拒绝)." in told.stdout
    assert "San Francisco, CA" in told.stdout


def test_the_terminal_chat_opens_a_shop_that_no_server_runs(tmp_path: Path) -> None:
    told = domtok(
        "chat", "--data", str(tmp_path), said="Show me mugs under $15\nadd MUG-RED-350 to my cart\nbuy it\nno\n"
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Approve or Reject?" in told.stdout
    assert findings(tmp_path) == []


def test_the_terminal_chat_leaves_a_question_open_at_the_end_of_its_input(tmp_path: Path) -> None:
    told = domtok("chat", "--data", str(tmp_path), said="add MUG-RED-350 to my cart\nbuy it\n")
    assert (told.returncode, told.stderr) == (0, "")
    assert findings(tmp_path) == []


def test_the_terminal_chat_says_why_nobody_is_signed_in(running_server: Server) -> None:
    told = domtok("chat", "--url", running_server.url, "--email", "boss@example.com", said="a\nb\nc\n")
    assert told.returncode == 1
    assert "Traceback" not in told.stdout + told.stderr
    assert told.stdout.count("do not belong together") == 3


def test_the_terminal_chat_says_where_no_shop_answers() -> None:
    told = domtok("chat", "--url", "http://127.0.0.1:9")
    assert told.returncode == 1
    assert "No shop answers at http://127.0.0.1:9" in told.stdout
    assert "make run" in told.stdout


def test_links_lead_to_where_the_shop_is_served_unless_it_is_known_under_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert known_as(read_settings(data=tmp_path), "http://127.0.0.1:8123").shop.public_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("SHOP_PUBLIC_URL", "https://shop.example")
    assert known_as(read_settings(data=tmp_path), "http://127.0.0.1:8123").shop.public_url == "https://shop.example"


def test_seeding_twice_makes_nothing_new(tmp_path: Path) -> None:
    first, second = domtok("seed", "--data", str(tmp_path)), domtok("seed", "--data", str(tmp_path))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    counts = [[int(word) for word in told.stdout.split() if word.isdigit()] for told in (first, second)]
    assert max(counts[0]) > 100
    assert counts[1] == [0] * len(counts[0])
    assert findings(tmp_path) == []


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    told = domtok("doctor", "--data", str(tmp_path))
    assert told.returncode == 1
    assert "domtok migrate" in told.stderr
    assert domtok("migrate", "--data", str(tmp_path)).returncode == 0
    assert findings(tmp_path) == []


def test_a_question_survives_a_power_cut(data: Path) -> None:
    with Server(data) as server:
        with server.client() as http:
            turn = ask_to_buy(http)
        server.kill()
        server.start()
        with server.client() as http:
            done = ok(http.post(confirmation_path(turn), json={"decision": "approve"}))
            [order] = orders(http)
            assert order["order"] == done["receipts"][0]["view"]["order"]
            assert order["status"] == "paid"
        server.stop()
    assert findings(data) == []


@pytest.mark.parametrize(("stop", "codes"), [(signal.SIGTERM, {0}), (signal.SIGINT, {0, 130})])
def test_a_polite_stop_is_clean_and_quick(data: Path, stop: signal.Signals, codes: set[int]) -> None:
    with Server(data) as server:
        with server.client() as http:
            ask_to_buy(http)
        started = time.monotonic()
        assert server.stop(stop) in codes, server.log()
        assert time.monotonic() - started < 5
        assert "Traceback" not in server.log()
    assert findings(data) == []


@pytest.mark.parametrize("after", [0.01, 0.05])
def test_a_power_cut_in_the_middle_of_a_yes_buys_once(data: Path, after: float) -> None:
    with Server(data) as server:
        with server.client() as http:
            turn = ask_to_buy(http)
            asyncio.run(send_and_cut(server, http, turn, after))
        server.start()
        with server.client() as http:
            again = http.post(confirmation_path(turn), json={"decision": "approve"})
            assert again.status_code == 200, again.text
            [order] = until_paid(http)
            assert order["status"] == "paid"
            assert ok(http.get("/v1/cart"))["items"] == []
            history = ok(http.get(f"/v1/chat/threads/{turn['thread']}"))
            assert history["running_turn"] is None
        server.stop()
    assert findings(data) == []


async def send_and_cut(server: Server, http: httpx.Client, turn: dict[str, Any], after: float) -> None:
    """Sends the yes, and takes the power away a moment later."""
    async with httpx.AsyncClient(base_url=server.url, headers=dict(http.headers)) as sender:
        sending = asyncio.create_task(sender.post(confirmation_path(turn), json={"decision": "approve"}))
        await asyncio.sleep(after)
        server.kill()
        await asyncio.gather(sending, return_exceptions=True)


def test_fifty_buyers_race_for_twenty_pieces_and_twenty_get_one(tmp_path: Path) -> None:
    tokens = asyncio.run(fifty_customers(tmp_path))
    with Server(tmp_path, {"SHOP_SECRET": SECRET}) as server:
        outcomes = asyncio.run(race(server.url, tokens))
        server.stop()
    statuses = [status for status, _ in outcomes]
    assert {code for status, code in outcomes if status != 200} <= {"out_of_stock", "checkout_changed"}
    assert (statuses.count(200), statuses.count(409)) == (20, 30)
    assert findings(tmp_path) == []


async def fifty_customers(folder: Path) -> list[str]:
    """Access tokens of fifty customers, made without fifty slow password hashes."""
    await filled(folder)
    settings = world_settings(folder).model_copy(update={"secret": SecretStr(SECRET)})
    shop = open_shop(settings)
    ctx = Context(shop, ANONYMOUS)
    async with ctx.writing() as inside:
        tokens = []
        for number in range(50):
            row = {"id": f"acc_{number}", "email": f"{number}@example.com", "name": "Buyer", "role": "customer"}
            await inside.run(insert(AccountRow).values(**row, created_at=inside.now))
            tokens.append((await sessions.start(inside, row["id"], "customer")).access_token)
    await shop.close()
    return tokens


async def race(url: str, tokens: list[str]) -> list[tuple[int, str]]:
    """Everybody has the jar in a checkout; then all of them buy at once."""
    sku, limits = "JAR-AIR-20", httpx.Limits(max_connections=60)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=limits) as http:
        product = ok(await http.get("/v1/products", params={"query": "airtight jar"}))["items"][0]["product"]
        assert await available(http, product, sku) == 20

        async def prepare(token: str) -> tuple[dict[str, str], str]:
            async with httpx.AsyncClient(
                base_url=url, timeout=PATIENCE, headers={"Authorization": f"Bearer {token}"}
            ) as me:
                await with_address(me)
                method = await with_method(me)
                ok(await me.post("/v1/cart/items", json={"sku": sku}))
                made = ok(await me.post("/v1/checkouts", json={"payment_method": method}), 201)
                return dict(me.headers), made["checkout"]

        ready = await asyncio.gather(*(prepare(token) for token in tokens))
        answers = await asyncio.gather(
            *(http.post(f"/v1/checkouts/{made}/place", headers=headers | key()) for headers, made in ready)
        )
        assert await available(http, product, sku) == 0
    return [(a.status_code, a.json().get("code", a.json().get("status"))) for a in answers]
