"""Who and what tests work with: shoppers, worlds, and clients of the whole service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from agent.settings import AgentSettings
from api.server import Settings, build_app
from api.settings import ApiSettings
from commerce.accounts.sessions import caller_of
from commerce.audit import audit
from commerce.catalog.indexing import reindex
from commerce.context import ANONYMOUS, Caller, Context, Surface
from commerce.operations import CATALOG
from commerce.shop import Shop
from evals.world import HandClock, seeds, world_settings

ADA = {"email": "ada@example.com", "password": "demo-shopper"}


@dataclass
class Shopper:
    """Somebody at the shop's door, by one surface."""

    shop: Shop
    caller: Caller = ANONYMOUS
    surface: Surface = Surface.REST
    keys: int = field(default=0)
    token: str = ""
    """The access token of the session, where a test speaks HTTP."""

    async def __call__(
        self, operation: str, *, key: str | None = None, confirmation: str | None = None, **arguments: Any
    ) -> Any:
        """Runs an operation; a fresh idempotency key each time unless one is given."""
        self.keys += 1
        ctx = replace(self.context, key=key or f"{id(self)}-{self.keys}", confirmation=confirmation)
        return await CATALOG[operation](ctx, CATALOG[operation].parse(arguments))

    @property
    def context(self) -> Context:
        return Context(self.shop, self.caller, surface=self.surface)

    async def buy(self, sku: str = "MUG-RED-350", quantity: int = 1, **checkout: Any) -> Any:
        """From an empty cart to a placed order."""
        await self("add_to_cart", sku=sku, quantity=quantity)
        quoted = await self("create_checkout", **checkout)
        return await self("place_order", checkout=quoted.checkout)

    async def gift_card(self, amount: int, **facts: Any) -> str:
        """A gift card of this shopper, issued by an admin of no other importance."""
        admin = Shopper(self.shop, Caller("acc_admin", "admin"))
        key = f"{self.caller.account} {self.keys}"
        issued = await admin("issue_gift_card", key=key, amount=amount, reason="a gift", **facts)
        return str((await self("add_gift_card", code=issued.code)).gift_card)

    async def method(self, token: str) -> str:
        return str((await self("add_payment_method", token=token)).payment_method)


@dataclass
class World:
    """A shop, its clock, and a way in."""

    shop: Shop
    clock: HandClock

    async def sign_in(self, email: str = ADA["email"], password: str = ADA["password"]) -> Shopper:
        session = await Shopper(self.shop)("sign_in", email=email, password=password)
        return await self._shopper(session.access_token)

    async def customer(self) -> Shopper:
        """A new customer with an address; without a password, whose hash would take longer than most tests."""
        customer = await self._of_role("customer")
        await customer("add_address", **ADDRESS)
        return customer

    async def merchant(self, slug: str = "harbor-home") -> Shopper:
        """Somebody new who works for this merchant; made first when there is none of this name."""
        async with self.shop.database.write() as db:
            known = await db.execute(text("SELECT slug FROM merchant WHERE slug = :slug"), {"slug": slug})
            if known.one_or_none() is None:
                made = {"slug": slug, "name": slug.title(), "names": "{}", "now": self.clock()}
                await db.execute(text("INSERT INTO merchant VALUES (:slug, :name, :names, :now)"), made)
        return await self._of_role("merchant", slug)

    async def admin(self) -> Shopper:
        """Somebody new who may do everything."""
        return await self._of_role("admin")

    async def guest(self) -> Shopper:
        return await self._shopper((await Shopper(self.shop)("start_guest_session")).access_token)

    async def _of_role(self, role: str, merchant: str | None = None) -> Shopper:
        guest = await self.guest()
        facts = {"role": role, "merchant": merchant, "id": guest.caller.account}
        async with self.shop.database.write() as db:
            await db.execute(text("UPDATE account SET role = :role, merchant = :merchant WHERE id = :id"), facts)
        return await self._shopper(guest.token)

    async def _shopper(self, token: str) -> Shopper:
        return Shopper(self.shop, await caller_of(self.shop, token), token=token)

    async def available(self, sku: str) -> int:
        product = next(p.product for _, p in seeds().products for v in p.variants if v.sku == sku)
        found = await Shopper(self.shop)("get_product", product=product)
        return int(next(v.available for v in found.variants if v.sku == sku))

    async def set_price(self, sku: str, price: int) -> None:
        async with self.shop.database.write() as db:
            await db.execute(text("UPDATE variant SET price = :price WHERE sku = :sku"), {"price": price, "sku": sku})
            product = await db.scalar(text("SELECT product FROM variant WHERE sku = :sku"), {"sku": sku})
            await reindex(Context(self.shop, ANONYMOUS).within(db), [product])

    async def findings(self, *, of_money_alone: bool = False) -> list[str]:
        """`of_money_alone`: leaves out that refunds agree with pieces, for tests that give money back for none."""
        found = await audit(self.shop.database)
        return [finding for finding in found if not (of_money_alone and "its parts come to" in finding)]


ADDRESS = {
    "recipient": "Bob Example",
    "phone": "+1 415 555 0199",
    "line1": "1 Test Street",
    "city": "Springfield",
    "region": "IL",
    "postal_code": "62701",
    "country": "US",
}


def settings_for(data: Path, api: dict[str, Any] | None = None, **agent: Any) -> Settings:
    return Settings(
        world_settings(data), AgentSettings.model_validate(agent), ApiSettings(log_level="ERROR", **(api or {}))
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[FastAPI]:
    app = build_app(settings, demo=True)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def client_of(
    app: FastAPI, peer: str = "127.0.0.1", *, token: str = "", **session: str
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client; signed in when e-mail and password, or a token, are given."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        if token:
            http.headers["Authorization"] = f"Bearer {token}"
        elif session:
            answer = await http.post("/v1/sessions", json=session)
            http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http
