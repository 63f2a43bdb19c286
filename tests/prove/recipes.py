"""How to make the thing that an operation names, so that strangers can ask for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from commerce.accounts import passwords, sessions
from commerce.operations import CATALOG
from tests.parity.case import Case
from tests.pictures import image
from tests.prove.cast import Cast
from tests.test_parity import CASES

Make = Callable[[Cast], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Recipe:
    """`make` gives arguments with which its owner is let through. `names`: fields besides ids that name something owned."""

    make: Make
    names: frozenset[str] = frozenset()
    bearer: bool = False
    """Whoever has what the input holds may ask, so there are no strangers."""


def _with(**arguments: Any) -> Make:
    async def make(_cast: Cast) -> dict[str, Any]:
        return arguments

    return make


async def _tokens(cast: Cast) -> dict[str, Any]:
    return {"refresh_token": (await cast["customer"]("start_guest_session")).refresh_token}


async def _order(cast: Cast) -> dict[str, Any]:
    return {"order": (await cast["customer"].buy()).order}


async def _payment_token(cast: Cast) -> dict[str, Any]:
    order = await _order(cast)
    token = (await cast["customer"]("create_payment_token", **order)).payment_token
    return order | {"payment_token": token, "payment_method": await cast["customer"].method("tok_succeeds")}


async def _gift_card_code(cast: Cast) -> dict[str, Any]:
    """One that this customer holds already: to anybody else it is like a code that no card has."""
    issued = await cast["admin"]("issue_gift_card", amount=1000, reason="a gift")
    await cast["customer"]("add_gift_card", code=issued.code)
    return {"code": issued.code}


def _image(**arguments: Any) -> Make:
    async def make(cast: Cast) -> dict[str, Any]:
        own = await cast["merchant"]("add_image", product="red-enamel-mug", content=image())
        return {"product": "red-enamel-mug", "image": own.images[0].image} | arguments

    return make


async def _garden(cast: Cast) -> dict[str, Any]:
    await cast["admin"]("create_category", category="garden", name="Garden")
    return {"category": "garden"}


async def _webhook(cast: Cast) -> dict[str, Any]:
    made = await cast["merchant"]("create_webhook", url="https://example.com/hooks")
    return {"webhook": made.webhook.webhook}


async def _dead_delivery(cast: Cast) -> dict[str, Any]:
    webhook = await _webhook(cast)
    delivery = (await cast["merchant"]("send_test_event", **webhook)).delivery
    async with cast.world.shop.database.write() as db:
        await db.execute(text("UPDATE webhook_delivery SET status = 'dead'"))
    return webhook | {"delivery": delivery}


async def _account(cast: Cast) -> dict[str, Any]:
    return {"account": cast["other customer"].caller.account}


def _account_with(**arguments: Any) -> Make:
    async def make(cast: Cast) -> dict[str, Any]:
        return await _account(cast) | arguments

    return make


async def _banned(cast: Cast) -> dict[str, Any]:
    return {"account": cast["banned"].caller.account}


async def _second_session(cast: Cast) -> dict[str, Any]:
    async with cast["customer"].context.writing() as ctx:
        opened = await sessions.start(ctx, ctx.caller.account, "customer")
    return {"session": (await sessions.caller_of(ctx.shop, opened.access_token)).session}


def _proven(**arguments: Any) -> Make:
    """With the customer's password, which it gets first."""

    async def make(cast: Cast) -> dict[str, Any]:
        changed = {"hash": await passwords.hashed(PASSWORD), "id": cast["customer"].caller.account}
        async with cast.world.shop.database.write() as db:
            await db.execute(text("UPDATE account SET password_hash = :hash WHERE id = :id"), changed)
        return arguments

    return make


async def _tax_rate(cast: Cast) -> dict[str, Any]:
    await cast["admin"]("put_tax_rate", country="US", basis_points=5, name="Tax")
    return {"country": "US"}


PASSWORD = "quiet heron over tin roofs"
NEW = {"email": "new@example.com", "name": "New", "password": "a long password"}
RECIPES: dict[str, Recipe] = {
    "create_account": Recipe(_with(**NEW), bearer=True),
    "sign_in": Recipe(_with(email="ada@example.com", password="demo-shopper"), bearer=True),
    "start_guest_session": Recipe(_with(), bearer=True),
    "refresh_session": Recipe(_tokens, bearer=True),
    "sign_out": Recipe(_with()),
    "issue_gift_card": Recipe(_with(amount=1000, reason="a gift")),
    "add_gift_card": Recipe(_gift_card_code, names=frozenset({"code"})),
    "list_transfers": Recipe(_with()),
    "post_adjustment": Recipe(_with(debit="fees", credit="gateway", amount=30, reason="a fee")),
    "create_payment_token": Recipe(_order),
    "pay_order_by_token": Recipe(_payment_token),
    "add_image": Recipe(_with(product="red-enamel-mug", content=image())),
    "replace_image": Recipe(_image(content=image())),
    "update_image": Recipe(_image(alt="A mug")),
    "delete_image": Recipe(_image()),
    "import_goods": Recipe(_with(content=b'{"product": "red-enamel-mug", "name": "Mug"}', format="jsonl")),
    "export_goods": Recipe(_with()),
    "get_category_tree": Recipe(_with()),
    "create_category": Recipe(_with(category="garden", name="Garden", parent="lighting")),
    "update_category": Recipe(_with(category="lighting", name="Lamps")),
    "move_category": Recipe(_with(category="cookware", parent="kitchen-tools")),
    "delete_category": Recipe(_garden),
    "list_sessions": Recipe(_with()),
    "end_session": Recipe(_second_session),
    "end_sessions": Recipe(_with(others_only=True)),
    "change_password": Recipe(_proven(current_password=PASSWORD, new_password="another " + PASSWORD)),
    "change_email": Recipe(_proven(email="new@example.com", password=PASSWORD)),
    "close_account": Recipe(_proven(password=PASSWORD)),
    "list_accounts": Recipe(_with(role="customer")),
    "look_up_account": Recipe(_account),
    "list_account_events": Recipe(_account),
    "change_role": Recipe(_account_with(role="merchant", merchant="harbor-home")),
    "ban_account": Recipe(_account_with(reason="Spam.")),
    "lift_ban": Recipe(_banned),
    "create_merchant": Recipe(_with(merchant="acme", name="Acme")),
    "update_merchant": Recipe(_with(merchant="harbor-home", name="Harbour")),
    "add_payment_method": Recipe(_with(token="tok_declines")),
    "create_product": Recipe(_with(name="Green mug", category="mugs-and-cups")),
    "update_product": Recipe(_with(product="red-enamel-mug", name="Crimson mug")),
    "delete_product": Recipe(_with(product="red-enamel-mug")),
    "add_variant": Recipe(
        _with(product="red-enamel-mug", sku="MUG-2", price=1, attributes={"color": "green", "capacity": "1 l"})
    ),
    "update_variant": Recipe(_with(sku="MUG-RED-350", price=1)),
    "set_attributes": Recipe(_with(product="blue-enamel-mug", variants=[{"sku": "MUG-BLU-350", "attributes": {}}])),
    "put_delivery_option": Recipe(_with(delivery_option="standard", name="New", price=1, min_days=1, max_days=2)),
    "get_delivery_option": Recipe(_with(delivery_option="standard")),
    "delete_delivery_option": Recipe(_with(delivery_option="standard")),
    "list_tax_rates": Recipe(_with()),
    "put_tax_rate": Recipe(_with(country="US", basis_points=5, name="Tax")),
    "delete_tax_rate": Recipe(_tax_rate),
    "create_coupon": Recipe(_with(name="New", kind="percent_off", percent=5, uses=9)),
    "replace_coupon": Recipe(_with(coupon="HARBOR4", name="New", kind="percent_off", percent=5, uses=9)),
    "end_coupon": Recipe(_with(coupon="HARBOR4")),
    "delete_variant": Recipe(_with(sku="MUG-RED-350")),
    "create_webhook": Recipe(_with(url="https://example.com/hooks")),
    "list_webhooks": Recipe(_with()),
    "get_webhook": Recipe(_webhook),
    "update_webhook": Recipe(_webhook),
    "delete_webhook": Recipe(_webhook),
    "rotate_webhook_secret": Recipe(_webhook),
    "send_test_event": Recipe(_webhook),
    "list_deliveries": Recipe(_webhook),
    "replay_delivery": Recipe(_dead_delivery),
    "replay_dead_deliveries": Recipe(_webhook),
}
"""Of operations that no agent is offered, or whose case is not what an owner would do."""


def recipe_of(name: str) -> Recipe:
    """An agent's operation has a case already that says what is there before and what is asked."""
    return RECIPES[name] if name in RECIPES else _of_case(name, CASES[name])


def _of_case(name: str, case: Case) -> Recipe:
    async def make(cast: Cast) -> dict[str, Any]:
        return await case.arguments(name, cast.owner_of(CATALOG[name]).shopper)

    return Recipe(make)
