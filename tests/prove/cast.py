"""Who comes to the shop's doors: the owner of a thing, and everybody whom it does not concern."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import insert, text

from api.server import build_app
from commerce.accounts import sessions
from commerce.accounts.records import AccountRow
from commerce.accounts.schemas import Role
from commerce.context import ANONYMOUS, Caller, Context
from commerce.operation import Effect, Operation, Who
from commerce.operations import CATALOG
from evals.world import HandClock, fresh_world
from tests.worlds import ADDRESS, Shopper, World, settings_for
from tools import Toolbox, ToolResult

KEYS = count()


@dataclass(frozen=True)
class Person:
    """Somebody with a session that may be worth nothing."""

    name: str
    shopper: Shopper
    token: str


@dataclass
class Cast:
    """Everybody, at one shop that answers over REST and to agents."""

    world: World
    http: httpx.AsyncClient
    people: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Shopper:
        return self.people[name].shopper

    def owner_of(self, operation: Operation[Any, Any]) -> Person:
        return self.people[{Who.MERCHANT: "merchant", Who.ADMIN: "admin"}.get(operation.who, "customer")]

    def strangers_of(self, operation: Operation[Any, Any]) -> list[Person]:
        """An admin may do what a merchant may, so it is no stranger."""
        return [p for name, p in self.people.items() if name not in {"customer", "merchant", "admin"}]

    async def join(
        self, name: str, role: Role, *, merchant: str | None = None, started: timedelta | None = None
    ) -> None:
        """`started`: how long ago the session began."""
        shop = self.world.shop
        account = shop.ids.make("acc", shop.clock())
        row = {"id": account, "email": f"{name.replace(' ', '-')}@people.example.com", "name": f"Name of the {name}"}
        ctx = Context(shop, ANONYMOUS, now=shop.clock() - (started or timedelta()))
        async with ctx.writing() as inside:
            await inside.run(insert(AccountRow).values(**row, role=role, merchant=merchant, created_at=shop.clock()))
            session = await sessions.start(inside, account, role)
        caller = Caller(account, role, merchant=merchant)
        self.people[name] = Person(name, Shopper(shop, caller), session.access_token)

    async def by_rest(self, who: Person, operation: Operation[Any, Any], arguments: dict[str, Any]) -> httpx.Response:
        path = "/v1" + operation.path.format(**{name: arguments[name] for name in operation.path_fields})
        rest = {k: v for k, v in arguments.items() if k not in operation.path_fields}
        headers = {"Authorization": f"Bearer {who.token}", "Idempotency-Key": f"key-{next(KEYS)}"}
        if operation.effect is Effect.READ:
            del headers["Idempotency-Key"]
        asked: dict[str, Any] = {"params": rest} if operation.method in {"GET", "DELETE"} else {"json": rest}
        if files := [name for name, value in rest.items() if isinstance(value, bytes)]:
            asked = {"content": rest.pop(files[0]), "params": rest}
        return await self.http.request(operation.method, path, headers=headers, **asked)

    async def by_agent(self, who: Person, operation: Operation[Any, Any], arguments: dict[str, Any]) -> ToolResult:
        """What the agent of this session is told; of what needs a yes, the answer to the proposal."""
        caller = await sessions.caller_of(self.world.shop, who.token)
        box, key = Toolbox(self.world.shop, caller), f"key-{next(KEYS)}"
        if not box.needs_approval(operation.name):
            return await box.call(operation.name, arguments, key)
        proposal = await box.propose(operation.name, arguments, key, "thr_matrix")
        return proposal.refused or ToolResult(operation.name, str(proposal.confirmation))

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that the shop holds."""
        async with self.world.shop.database.read() as db:
            names = await db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            tables = [name for (name,) in names if not name.startswith(("product_search", "sqlite_"))]
            return {t: [tuple(r) for r in await db.execute(text(f"SELECT * FROM {t}"))] for t in sorted(tables)}


@asynccontextmanager
async def assembled(folder: Path) -> AsyncIterator[Cast]:
    clock = HandClock()
    await (await fresh_world(folder, clock)).close()
    app: FastAPI = build_app(settings_for(folder), clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        cast = Cast(World(app.state.shop, clock), http)
        await _join_all(cast)
        yield cast
    await app.state.shop.close()


async def _join_all(cast: Cast) -> None:
    await cast.join("customer", "customer")
    await cast.join("merchant", "merchant", merchant="harbor-home")
    await cast.join("admin", "admin")
    await cast["customer"]("add_address", **ADDRESS)
    await cast["customer"].method("tok_succeeds")
    await cast.join("other customer", "customer")
    await cast.join("other merchant", "merchant", merchant="trailhead-outfitters")
    await cast.join("guest", "guest")
    await cast.join("expired session", "customer", started=timedelta(days=1))
    await cast.join("signed out", "customer")
    out = cast.people["signed out"]
    caller = await sessions.caller_of(cast.world.shop, out.token)
    await CATALOG["sign_out"](Context(cast.world.shop, caller), CATALOG["sign_out"].parse({}))
    await cast.join("banned", "customer")
    await cast["admin"]("ban_account", account=cast["banned"].caller.account, reason="Spam.")
    cast.people["nobody"] = Person("nobody", replace(out.shopper, caller=ANONYMOUS), "")


OWN_IDS = re.compile(r"\b[a-z]{2,4}_[0-9A-Z]{26}\b|\bDT-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def like(value: Any) -> Any:
    """The same arguments, naming what nobody has."""
    if isinstance(value, dict):
        return {k: like(v) for k, v in value.items()}
    if isinstance(value, list):
        return [like(v) for v in value]
    return OWN_IDS.sub(_nobodys, value) if isinstance(value, str) else value


def _nobodys(found: re.Match[str]) -> str:
    if found[0].startswith("DT-"):
        return "DT-2222-2222"
    return f"{found[0].partition('_')[0]}_01AAAAAAAAAAAAAAAAAAAAAAAA"
