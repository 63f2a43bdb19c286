"""What a case is made of, and what is there before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from commerce.accounts.schemas import Role
from commerce.operations import CATALOG
from tests.worlds import Shopper, World

Before = Callable[[Shopper], Awaitable[dict[str, Any]]]


async def nothing(_ada: Shopper) -> dict[str, Any]:
    return {}


async def cart(ada: Shopper) -> dict[str, Any]:
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    return {"sku": "MUG-RED-350"}


async def checkout(ada: Shopper) -> dict[str, Any]:
    await cart(ada)
    method = (await ada("list_payment_methods")).items[0].payment_method
    return {"checkout": (await ada("create_checkout", payment_method=method)).checkout}


async def order(ada: Shopper) -> dict[str, Any]:
    return {"order": (await ada.buy(quantity=2, coupon_codes=["WELCOME10"])).order}


async def order_and_method(ada: Shopper) -> dict[str, Any]:
    return await order(ada) | {"payment_method": (await ada("list_payment_methods")).items[0].payment_method}


@dataclass(frozen=True)
class Case:
    """What is there before, what is asked, and something that the shop refuses."""

    before: Before
    asked: dict[str, Any]
    refused: dict[str, Any]
    by: Role = "customer"
    """Who asks: the demo shopper, a merchant's person, or an admin."""

    async def asker(self, world: World) -> Shopper:
        if self.by == "customer":
            return await world.sign_in()
        return await (world.admin() if self.by == "admin" else world.merchant())

    async def arguments(self, name: str, ada: Shopper) -> dict[str, Any]:
        prepared = await self.before(ada)
        return {k: v for k, v in prepared.items() if k in CATALOG[name].input.model_fields} | self.asked
