"""What a case is made of, and what is there before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from commerce.accounts.schemas import Role
from commerce.context import Caller
from commerce.operations import CATALOG
from tests.worlds import ADDRESS, Shopper, World

SELLER = "harbor-home"
Before = Callable[[Shopper], Awaitable[dict[str, Any]]]


async def nothing(_ada: Shopper) -> dict[str, Any]:
    return {}


async def address(ada: Shopper) -> dict[str, Any]:
    return {"address": (await ada("list_addresses")).items[-1].address}


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


async def order_and_address(ada: Shopper) -> dict[str, Any]:
    there = await ada("add_address", **ADDRESS, default=True)
    second = await ada("add_address", **ADDRESS | {"line1": "2 Test Street"})
    return await order(ada) | {"address": second.address, "first": there.address}


async def paid(ada: Shopper) -> dict[str, Any]:
    method = await ada.method("tok_succeeds")
    if not (await ada("list_addresses")).items:
        await ada("add_address", **ADDRESS)
    order = await ada.buy(quantity=2, coupon_codes=["WELCOME10"], payment_method=method)
    return {"order": order.order, "fulfillment": order.fulfillments[0].fulfillment}


async def shipped(ada: Shopper) -> dict[str, Any]:
    bought = await paid(ada)
    await merchant_of(ada)("ship_fulfillment", fulfillment=bought["fulfillment"], carrier="UPS", tracking="1Z999")
    return bought


async def delivered(ada: Shopper) -> dict[str, Any]:
    bought = await shipped(ada)
    await merchant_of(ada)("deliver_fulfillment", fulfillment=bought["fulfillment"])
    return bought


async def hidden(ada: Shopper) -> dict[str, Any]:
    bought = await delivered(ada)
    await ada("hide_order", order=bought["order"])
    return bought


async def something_waits(ada: Shopper) -> dict[str, Any]:
    await paid(ada)
    return {}


def merchant_of(shopper: Shopper) -> Shopper:
    """Somebody who ships what the shopper bought."""
    return Shopper(shopper.shop, Caller("acc_of_the_merchant", "merchant", merchant=SELLER))


async def method(ada: Shopper) -> dict[str, Any]:
    """A second one, so that the first stays."""
    return {"payment_method": await ada.method("tok_declines")}


async def gift_card(ada: Shopper) -> dict[str, Any]:
    return {"gift_card": await ada.gift_card(2500)}


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
