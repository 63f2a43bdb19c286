"""Workers as processes, and what operators see: who works, what waits, whether the shop can serve."""

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import text

from commerce.context import ANONYMOUS, Context
from commerce.relay import STREAM
from commerce.shop import Shop, open_shop
from evals.world import HandClock, fresh_world, prepare, world_settings
from tests.api.calls import key, ok
from tests.api.processes import Server, domtok
from tests.conftest import MYSQL, _administer
from tests.prove.stores import Redis as OwnRedis
from tests.prove.stores import until
from tests.receivers import Receiver, receiving
from tests.streams import entries

T = TypeVar("T")
SECRET = "a secret that only this world knows, of forty and more"
pytestmark = pytest.mark.timeout(240)


class Worker(Server):
    """`domtok worker`."""

    @property
    def arguments(self) -> list[str]:
        return ["worker", "--data", str(self.data)]

    def healthy(self) -> bool:
        return "is at work" in self.log()

    def log(self) -> str:
        return (self.data / "server.log").read_text() if self.process else ""


@dataclass
class Installation:
    """A database of this test's own, and the environment of everything that runs on it."""

    folder: Path
    environ: dict[str, str]

    def inside(self, work: Callable[[Shop], Awaitable[T]]) -> T:
        async def run() -> T:
            settings = world_settings(self.folder, self.environ["SHOP_DATABASE_URL"])
            shop = open_shop(settings.model_copy(update={"redis_url": self.environ["SHOP_REDIS_URL"]}))
            try:
                return await work(shop)
            finally:
                await shop.close()

        return asyncio.run(run())

    def server(self, **environ: str) -> Server:
        return Server(self._place("server"), self.environ | environ)

    def worker(self, name: str = "worker", **environ: str) -> Worker:
        return Worker(self._place(name), self.environ | environ)

    def _place(self, name: str) -> Path:
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name

    def emit(self, *numbers: int) -> None:
        async def write(shop: Shop) -> None:
            async with Context(shop, ANONYMOUS).writing() as ctx:
                for number in numbers:
                    ctx.emit("order.paid", order="DT-2222-2222", number=number)

        self.inside(write)

    def counts(self, what: str, table: str) -> int:
        async def count(shop: Shop) -> int:
            async with shop.database.read() as db:
                return int(await db.scalar(text(f"SELECT COUNT(*) FROM {table} WHERE {what}")))

        return self.inside(count)

    def hook(self, url: str) -> None:
        async def write(shop: Shop) -> None:
            async with shop.database.write() as db:
                row = "('whk_1', :url, '[]', 'active', 'whsec_YQ==', :now)"
                columns = "(id, url, types, status, secret, created_at)"
                values = {"url": url, "now": shop.clock()}
                await db.execute(text(f"INSERT INTO webhook {columns} VALUES {row}"), values)

        self.inside(write)


@pytest.fixture
def installation(tmp_path: Path, own_redis: OwnRedis) -> Iterator[Installation]:
    if not MYSQL:
        pytest.skip("NO MYSQL OR MARIADB ANSWERS: workers of their own need one")
    name = f"domtok_worker_{tmp_path.name[-20:]}_{time.time_ns()}"
    _administer(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    environ = {"SHOP_DATABASE_URL": f"{MYSQL}/{name}", "SHOP_REDIS_URL": own_redis.url, "SHOP_SECRET": SECRET}
    environ |= {"SHOP_WORKER": "apart", "SHOP_WEBHOOK_PRIVATE": "true", "SHOP_SWEEP_SECONDS": "0.2"}
    made = Installation(tmp_path, environ)
    made.inside(prepare)
    yield made
    _administer(f"DROP DATABASE {name}")


def hearing(installation: Installation, meanwhile: Callable[[Receiver], None]) -> Receiver:
    """Runs a receiver while something is done."""

    async def run() -> Receiver:
        async with receiving() as receiver:
            await asyncio.to_thread(installation.hook, receiver.url)
            await asyncio.to_thread(meanwhile, receiver)
            return receiver

    return asyncio.run(run())


def test_servers_leave_the_work_to_workers_and_two_share_it(installation: Installation, own_redis: OwnRedis) -> None:
    def meanwhile(receiver: Receiver) -> None:
        with installation.server(API_METRICS="true") as server:
            installation.emit(*range(20))
            time.sleep(1)
            assert installation.counts("delivered_at IS NULL", "outbox") == 20, "the server does not do it"
            with installation.worker("one") as one, installation.worker("two") as two:
                assert until(lambda: len(receiver.got) == 20)
                assert until(lambda: installation.counts("1 = 1", "job") == 0)
                ready = ok(httpx.get(f"{server.url}/readyz"))
                assert (ready["status"], ready["redis"], ready["worker"]) == ("ok", "ok", "ok")
                assert until(lambda: installation.counts("1 = 1", "worker") == 2)
                assert [one.stop(), two.stop(signal.SIGINT)] == [0, 0]
                assert "Everything in hand is done." in one.log()
                assert "Traceback" not in one.log() + two.log()
            assert installation.counts("1 = 1", "worker") == 0
            told = httpx.get(f"{server.url}/metrics").text
            for line in ("domtok_jobs_dead 0.0", "domtok_events_waiting 0.0", 'domtok_pool_size{pool="read"} 16.0'):
                assert line in told.splitlines()
            assert "http_server_request_duration_seconds_count{" in told
            assert '"/readyz"' in told
            assert 'le="0.005"' in told

    receiver = hearing(installation, meanwhile)
    assert len({json.loads(got.body)["id"] for got in receiver.got}) == 20

    async def streamed(_shop: Shop) -> list[dict[str, Any]]:
        from commerce.adapters.redis import LazyRedis

        redis = LazyRedis(own_redis.url)
        found = await entries(redis, STREAM)
        await redis.close()
        return found

    assert [entry["data"]["number"] for entry in installation.inside(streamed)] == list(range(20))


def test_a_worker_that_is_killed_loses_nothing_and_another_goes_on(installation: Installation) -> None:
    def meanwhile(receiver: Receiver) -> None:
        installation.emit(*range(10))
        with installation.worker("one", DOMTOK_FAULTS="working.taken:kill") as one:
            assert one.process
            assert -one.process.wait(60) == signal.SIGKILL
        assert receiver.got == []
        assert installation.counts("holder IS NOT NULL", "job") > 0
        installation.inside(_let_leases_end)
        with installation.worker("two") as two:
            assert until(lambda: len(receiver.got) >= 10)
            assert until(lambda: installation.counts("1 = 1", "job") == 0)
            assert two.stop() == 0

    receiver = hearing(installation, meanwhile)
    assert sorted(json.loads(got.body)["data"]["number"] for got in receiver.got) == list(range(10))


async def _let_leases_end(shop: Shop) -> None:
    async with shop.database.write() as db:
        now = {"now": shop.clock()}
        await db.execute(text("UPDATE job SET due_at = :now"), now)
        await db.execute(text("UPDATE lease SET until = :now"), now)


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(installation: Installation) -> None:
    sign = installation.folder / "sign"

    def meanwhile(receiver: Receiver) -> None:
        installation.emit(1)
        with installation.worker(DOMTOK_FAULTS=f"telling.answered:stall={sign}") as worker:
            assert until(sign.exists)
            assert worker.process
            worker.process.send_signal(signal.SIGTERM)
            installation.emit(2)
            time.sleep(1)
            assert worker.process.poll() is None, "it is still at it"
            sign.unlink()
            assert worker.process.wait(30) == 0
        assert len(receiver.got) == 1
        assert installation.counts("status = 'delivered'", "webhook_delivery") == 1
        assert installation.counts("1 = 1", "job") == 0
        assert installation.counts("delivered_at IS NULL", "outbox") == 1, "nothing new was begun"

    hearing(installation, meanwhile)


def test_redis_down_is_degraded_and_ready_and_events_wait_for_it(
    installation: Installation, own_redis: OwnRedis
) -> None:
    own_redis.kill()
    with installation.server(SHOP_WORKER="inside") as server:
        ready = httpx.get(f"{server.url}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["status"], ready.json()["redis"]) == (200, "degraded", "away")
        installation.emit(1)
        assert until(lambda: installation.counts("delivered_at IS NOT NULL", "outbox") == 1)
        assert installation.counts("streamed_at IS NULL", "outbox") == 1
        own_redis.start()
        assert until(lambda: installation.counts("streamed_at IS NULL", "outbox") == 0)
        assert until(lambda: httpx.get(f"{server.url}/readyz", timeout=10).json()["status"] == "ok")
        assert server.stop() == 0


def test_a_schema_of_another_version_is_not_ready(installation: Installation) -> None:
    async def set_back(shop: Shop) -> None:
        async with shop.database.write() as db:
            await db.execute(text("UPDATE commerce_version SET version_num = '0001'"))

    with installation.server() as server:
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        installation.inside(set_back)
        ready = httpx.get(f"{server.url}/readyz")
        assert (ready.status_code, ready.json()["schema"]) == (503, "behind")
        assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_an_embedded_shop_says_that_its_server_works(tmp_path: Path) -> None:
    told = domtok("worker", "--data", str(tmp_path))
    assert told.returncode == 1
    assert "its server does this work itself" in told.stderr
    assert "Traceback" not in told.stderr


def test_operators_see_what_was_given_up_and_revive_it(tmp_path: Path) -> None:
    async def fill() -> None:
        shop = await fresh_world(tmp_path, HandClock())
        async with shop.database.write() as db:
            columns = "(id, kind, name, data, status, due_at, asked, attempts, last_error, created_at)"
            row = "('job_1', 'deliver_webhook', 'dlv_1', '{}', 'dead', :now, 1, 10, 'it burned', :now)"
            await db.execute(text(f"INSERT INTO job {columns} VALUES {row}"), {"now": shop.clock()})
        await shop.close()

    asyncio.run(fill())
    told = domtok("jobs", "--data", str(tmp_path))
    assert "jobs dead" in told.stdout, told.stderr
    assert "job_1  deliver_webhook dlv_1, 10 attempts: it burned" in told.stdout
    assert "1 dead" in domtok("doctor", "--data", str(tmp_path)).stdout
    assert domtok("jobs", "--data", str(tmp_path), "--retry", "job_2").returncode == 1
    assert "1 job(s)" in domtok("jobs", "--data", str(tmp_path), "--retry", "job_1").stdout
    assert "0 dead" in domtok("doctor", "--data", str(tmp_path)).stdout


def test_metrics_are_off_unless_wanted(tmp_path: Path) -> None:
    asyncio.run(_filled(tmp_path))
    with Server(tmp_path) as server:
        assert httpx.get(f"{server.url}/metrics").status_code == 404


async def _filled(folder: Path) -> None:
    await (await fresh_world(folder, HandClock())).close()


def test_a_request_in_hand_is_answered_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    asyncio.run(_filled(tmp_path))
    sign = tmp_path / "sign"
    with Server(tmp_path, {"DOMTOK_FAULTS": f"placing.reserved:stall={sign}"}) as server, server.client() as http:
        http.post("/v1/cart/items", json={"sku": "MUG-RED-350"})
        made = ok(http.post("/v1/checkouts", json={}), 201)

        async def place() -> httpx.Response:
            async with httpx.AsyncClient(base_url=server.url, headers=dict(http.headers), timeout=30) as sender:
                sending = asyncio.create_task(sender.post(f"/v1/checkouts/{made['checkout']}/place", headers=key()))
                while not sign.exists():  # noqa: ASYNC110 (another process makes it)
                    await asyncio.sleep(0.02)
                assert server.process
                server.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.5)
                sign.unlink()
                return await sending

        answer = asyncio.run(place())
        assert answer.status_code == 200, answer.text
        assert server.process
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log()
