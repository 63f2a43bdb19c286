"""A shop as an operator runs it: a database, server processes over it, buyers with tokens; and a look into its books."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import func, select, text
from sqlmodel import col

from commerce import faults
from commerce.accounts import sessions
from commerce.audit import audit
from commerce.context import ANONYMOUS, Context
from commerce.events import OutboxRow
from commerce.orders.records import OrderEventRow, OrderRow
from commerce.seeding import seed
from commerce.shop import Shop, open_shop
from evals.world import HandClock, fresh_world, prepare, seeds, world_settings
from tests.api.processes import ROOT, Server
from tests.prove.stores import PATIENCE, MariaDB
from tests.worlds import ADDRESS, Shopper

T = TypeVar("T")
SECRET = "a secret that only this world knows, of forty and more"


@dataclass(frozen=True)
class Buyer:
    """Somebody with an address, a method of each kind, and a session."""

    shopper: Shopper
    token: str
    methods: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Site:
    """One shop's database, wherever it is, and the environment of the processes that serve it."""

    folder: Path
    database_url: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    def inside(self, work: Callable[[Shop], Awaitable[T]]) -> T:
        """Runs something with the shop in this process, beside whatever serves it."""

        async def run() -> T:
            shop = open_shop(world_settings(self.folder, self.database_url))
            try:
                return await work(shop)
            finally:
                await shop.close()

        return asyncio.run(run())

    def server(self, **environ: str) -> "Process":
        return Process(self.folder, self.environ | self._store | environ)

    def worker(self, **environ: str) -> "WorkerProcess":
        return WorkerProcess(self.folder, self.environ | self._store | environ)

    @property
    def _store(self) -> dict[str, str]:
        return {"SHOP_SECRET": SECRET} | ({"SHOP_DATABASE_URL": self.database_url} if self.database_url else {})

    def findings(self) -> list[str]:
        return self.inside(lambda shop: audit(shop.database))

    def quiet(self) -> bool:
        """Whether nothing waits for the worker: every event is delivered and no payment is open."""
        return self.inside(_quiet)


class Process(Server):
    """`domtok serve`, which may be started to die. Leaving its block ends it, however it stands."""

    def __enter__(self) -> "Process":
        return self

    def launch(self, **environ: str) -> None:
        """Starts it and does not wait."""
        with (self.data / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.mine | environ, stdout=log, stderr=log, text=True
            )

    def launch_to_die(self, point: str) -> None:
        """Starts it with a fault, and waits until it is healthy or dead: the worker may pass the point at once."""
        self.launch(**{faults.VARIABLE: f"{point}:kill"})
        self._until_healthy_or_dead()

    def until_healthy(self) -> None:
        self._until_healthy_or_dead()
        assert self.alive(), self.log()

    def _until_healthy_or_dead(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.alive() and not self.healthy():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def died(self, seconds: float = PATIENCE) -> int:
        """Waits for its end; the signal that ended it."""
        assert self.process
        return -self.process.wait(seconds)


class WorkerProcess(Process):
    """`domtok worker`, beside servers that leave the work to it."""

    @property
    def arguments(self) -> list[str]:
        return ["worker", "--data", str(self.data)]


async def _quiet(shop: Shop) -> bool:
    from commerce.payments.records import PaymentRow
    from commerce.payments.settling import OPEN

    async with shop.database.read() as db:
        undelivered = select(func.count()).select_from(OutboxRow).where(col(OutboxRow.delivered_at).is_(None))
        waiting = (await db.execute(undelivered)).scalar()
        soon = col(PaymentRow.status).in_(set(OPEN) - {"requires_action"})
        return not waiting and not (await db.execute(select(func.count()).select_from(PaymentRow).where(soon))).scalar()


async def buyer(shop: Shop, tokens: tuple[str, ...] = ("tok_succeeds",)) -> Buyer:
    """A new customer, made without the slow hash of a password."""
    guest = await Shopper(shop)("start_guest_session")
    caller = await sessions.caller_of(shop, guest.access_token)
    async with shop.database.write() as db:
        await db.execute(text("UPDATE account SET role = 'customer' WHERE id = :id"), {"id": caller.account})
    shopper = Shopper(shop, replace(caller, role="customer"))
    await shopper("add_address", **ADDRESS)
    methods = {token: await shopper.method(token) for token in tokens}
    return Buyer(shopper, str(guest.access_token), methods)


async def events_of(shop: Shop, order: str) -> list[str]:
    """Of an order, in order; once as its rows and once as the outbox holds them: both must say the same."""
    async with Context(shop, ANONYMOUS).reading() as ctx:
        mine = select(col(OrderEventRow.type)).where(col(OrderEventRow.order_number) == order)
        rows = [r.type for r in await ctx.rows(mine.order_by(col(OrderEventRow.id)))]
        outbox = [
            r for r in await ctx.rows(select(OutboxRow).order_by(col(OutboxRow.id))) if r.data.get("order") == order
        ]
    told = [r.type.removeprefix("order.") for r in outbox]
    assert sorted(told) == sorted(rows), (told, rows)
    return rows


async def orders_of(shop: Shop, account: str) -> list[Any]:
    async with Context(shop, ANONYMOUS).reading() as ctx:
        return list(await ctx.rows(select(OrderRow).where(col(OrderRow.account) == account)))


async def let_it_be_late(shop: Shop, order: str) -> None:
    """The time to pay was over a minute ago."""
    late = shop.clock() - timedelta(minutes=1)
    async with shop.database.write() as db:
        await db.execute(OrderRow.__table__.update().where(col(OrderRow.number) == order).values(pay_until=late))  # type: ignore[attr-defined]


def sqlite_site(folder: Path) -> Site:
    async def make() -> None:
        await (await fresh_world(folder, HandClock())).close()

    asyncio.run(make())
    return Site(folder)


@dataclass
class Template:
    """A seeded database of a private MariaDB, copied for each test."""

    store: MariaDB
    folder: Path
    made: int = 0

    def site(self, folder: Path) -> Site:
        folder.mkdir(parents=True, exist_ok=True)
        if not self._dump.exists():
            url = self.store.database("template")
            Site(self.folder, url).inside(_fill)
            self._run("mariadb-dump", "template", self._dump, "w")
        self.made += 1
        url = self.store.database(f"shop_{self.made}")
        self._run("mariadb", f"shop_{self.made}", self._dump, "r")
        return Site(folder, url)

    @property
    def _dump(self) -> Path:
        return self.folder / "template.sql"

    def _run(self, program: str, name: str, file: Path, mode: str) -> None:
        where = ["-h127.0.0.1", f"-P{self.store.port}", "-uroot"]
        with file.open(mode) as stream:
            way = {"stdout": stream} if mode == "w" else {"stdin": stream}
            subprocess.run([program, *where, name], check=True, timeout=PATIENCE, **way)  # type: ignore[call-overload]


async def _fill(shop: Shop) -> None:
    await prepare(shop)
    await seed(shop, seeds())


def send(url: str, who: Buyer, path: str, body: dict[str, Any], key: str) -> httpx.Response | None:
    """None when the server was gone before it answered."""
    headers = who.headers | {"Idempotency-Key": key}
    try:
        return httpx.post(f"{url}/v1{path}", json=body, headers=headers, timeout=PATIENCE)
    except httpx.TransportError:
        return None


def repeated(url: str, who: Buyer, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    """The same request with the same key, until it is neither running nor turned away for now."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = send(url, who, path, body, key)
        passing = answer is None or answer.status_code == 503 or answer.json().get("code") == "still_running"
        if not passing or time.monotonic() > deadline:
            assert answer is not None, "no answer"
            return answer
        time.sleep(0.25)
