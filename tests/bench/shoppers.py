"""Customers with an address and a payment method, signed in, and what each of them sends to buy something."""

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import text

from commerce.accounts.sessions import caller_of
from commerce.shop import Shop
from tests.bench.goods import sku_of
from tests.bench.load import Run, drive, request
from tests.worlds import ADDRESS, Shopper


class Customer(NamedTuple):
    token: str
    payment_method: str


async def make_customers(shop: Shop, count: int) -> list[Customer]:
    """Without passwords, whose hashes would take longer than the benchmark."""
    sessions = [await Shopper(shop)("start_guest_session") for _ in range(count)]
    async with shop.database.write() as db:
        await db.execute(text("UPDATE account SET role = 'customer' WHERE role = 'guest'"))
    return [await _with_address(shop, session.access_token) for session in sessions]


async def _with_address(shop: Shop, token: str) -> Customer:
    shopper = Shopper(shop, await caller_of(shop, token))
    await shopper("add_address", **ADDRESS)
    return Customer(token, await shopper.method("tok_succeeds"))


@dataclass
class Buying:
    """Rounds in which every customer puts one thing into the cart, checks out and places the order."""

    port: int
    customers: list[Customer]
    size: int
    connections: int = 1
    round: int = 0
    checkouts: dict[int, str] = field(default_factory=dict)

    def share(self, connections: int) -> None:
        """So many connections for the rounds to come; with one, half of the customers are enough."""
        self.connections = connections

    @property
    def buyers(self) -> list[Customer]:
        return self.customers if self.connections > 1 else self.customers[: len(self.customers) // 2]

    async def add(self) -> Run:
        self.round += 1
        skus = [sku_of((self.round * 7_919 + i * 104_729) % self.size) for i in range(len(self.buyers))]
        asked = [
            request("POST", "/v1/cart/items", customer.token, {"sku": sku, "quantity": 1})
            for customer, sku in zip(self.buyers, skus, strict=True)
        ]
        return await drive(self.port, asked, self.connections)

    async def check_out(self, *, pay: bool) -> Run:
        asked = [
            request("POST", "/v1/checkouts", c.token, {"payment_method": c.payment_method} if pay else {})
            for c in self.buyers
        ]
        return await drive(self.port, asked, self.connections, self._keep)

    def _keep(self, number: int, view: dict[str, str]) -> None:
        self.checkouts[number] = view["checkout"]

    async def place(self) -> Run:
        made = [self.checkouts[i] for i in range(len(self.buyers))]
        asked = [
            request("POST", f"/v1/checkouts/{checkout}/place", customer.token, {}, key=f"bench-{checkout}")
            for customer, checkout in zip(self.buyers, made, strict=True)
        ]
        return await drive(self.port, asked, self.connections)


async def settled() -> None:
    """Lets the server's worker finish what the last series has left for it."""
    await asyncio.sleep(0.3)
