"""What a shopper wants when a process dies: a request that passes the step, and how things must stand afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, text, update
from sqlmodel import col

from commerce import faults
from commerce.accounts.passwords import hashed
from commerce.accounts.records import AccountRow
from commerce.context import ANONYMOUS, Context
from commerce.operation import Effect
from commerce.operations import CATALOG
from commerce.payments.charges import capture
from commerce.shop import Shop
from commerce.webhooks.records import WebhookRow
from commerce.webhooks.rules import new_secret
from tests.prove.sites import Buyer, let_it_be_late
from tests.worlds import ADDRESS

MUG, TEA = "MUG-RED-350", "TEA-GRN-100"
SENT = {"carrier": "UPS", "tracking": "1Z999AA10123456784"}
TOKENS = ("tok_succeeds", "tok_times_out", "tok_needs_action")


@dataclass(frozen=True)
class Wish:
    """One request over HTTP; without a path, the worker has something to do by itself."""

    path: str = ""
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Scenario:
    """Prepared in the shop before any server runs; `status` and `events` are the order's at the end."""

    prepare: Callable[[Shop, Buyer], Awaitable[Wish]]
    status: str
    events: list[str]
    ends_session: bool = False
    """Done once, the same request is nobody's any more."""

    @property
    def fine(self) -> set[int]:
        """What the same request may be answered when it is sent again."""
        return {200, 201, 401} if self.ends_session else {200, 201}


async def _quoted(who: Buyer, **wishes: Any) -> str:
    await who.shopper("add_to_cart", sku=MUG, quantity=2)
    return str((await who.shopper("create_checkout", coupon_codes=["WELCOME10"], **wishes)).checkout)


async def _placed(who: Buyer, token: str | None = None) -> str:
    method = {"payment_method": who.methods[token]} if token else {}
    return str((await who.shopper("place_order", checkout=await _quoted(who, **method))).order)


async def _place_paid(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/checkouts/{await _quoted(who, payment_method=who.methods['tok_succeeds'])}/place")


async def _place_lost(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/checkouts/{await _quoted(who, payment_method=who.methods['tok_times_out'])}/place")


async def _place_unpaid(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/checkouts/{await _quoted(who)}/place")


async def _pay(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/orders/{await _placed(who)}/pay", {"payment_method": who.methods["tok_succeeds"]})


async def _pay_by_token(_shop: Shop, who: Buyer) -> Wish:
    order = await _placed(who)
    token = (await who.shopper("create_payment_token", order=order)).payment_token
    body = {"payment_token": token, "payment_method": who.methods["tok_succeeds"]}
    return Wish(f"/orders/{order}/pay-by-token", body)


async def _gift_card_pays_a_part(shop: Shop, who: Buyer) -> Wish:
    card = await who.shopper.gift_card(1000)
    return Wish(f"/checkouts/{await _quoted(who, payment_method=who.methods['tok_succeeds'], gift_card=card)}/place")


async def _cancel_what_a_gift_card_paid(shop: Shop, who: Buyer) -> Wish:
    card = await who.shopper.gift_card(1000)
    quoted = await _quoted(who, payment_method=who.methods["tok_succeeds"], gift_card=card)
    return Wish(f"/orders/{(await who.shopper('place_order', checkout=quoted)).order}/cancel")


async def _become_admin(shop: Shop, who: Buyer) -> None:
    """Who has an order besides, so that there is one to look at."""
    await _placed(who)
    async with shop.database.write() as db:
        await db.execute(text("UPDATE account SET role = 'admin' WHERE id = :id"), {"id": who.shopper.caller.account})


async def _issue_gift_card(shop: Shop, who: Buyer) -> Wish:
    await _become_admin(shop, who)
    return Wish("/gift-cards", {"amount": 5000, "reason": "a prize"})


async def _adjust(shop: Shop, who: Buyer) -> Wish:
    await _become_admin(shop, who)
    return Wish("/ledger/adjustments", {"debit": "fees", "credit": "gateway", "amount": 30, "reason": "a fee"})


async def _cancel_unpaid(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/orders/{await _placed(who)}/cancel")


async def _cancel_paid(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/orders/{await _placed(who, 'tok_succeeds')}/cancel")


async def _cancel_waiting(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/orders/{await _placed(who, 'tok_needs_action')}/cancel")


async def _to_ship(shop: Shop, who: Buyer) -> str:
    """A part of a paid order, whose buyer works for its merchant as well."""
    order = await _placed(who, "tok_succeeds")
    facts = {"id": who.shopper.caller.account}
    async with shop.database.write() as db:
        works = "UPDATE account SET role = 'merchant', merchant = 'harbor-home' WHERE id = :id"
        await db.execute(text(works), facts)
    who.shopper.caller = replace(who.shopper.caller, role="merchant", merchant="harbor-home")
    return str((await who.shopper("list_fulfillments", order=order)).items[0].fulfillment)


async def _reprice(shop: Shop, who: Buyer) -> Wish:
    await _to_ship(shop, who)
    return Wish(f"/variants/{MUG}/prices", {"price": 1500})


async def _shipped(shop: Shop, who: Buyer) -> str:
    part = await _to_ship(shop, who)
    await who.shopper("ship_fulfillment", fulfillment=part, **SENT)
    return part


async def _ship(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/fulfillments/{await _to_ship(shop, who)}/ship", SENT)


async def _deliver(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/fulfillments/{await _shipped(shop, who)}/deliver")


async def _cancel_part(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/fulfillments/{await _to_ship(shop, who)}/cancel", {"reason": "broken", "restock": True})


async def _cancel_piece(_shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/orders/{await _placed(who, 'tok_succeeds')}/lines/{MUG}/cancel", {"quantity": 1})


async def _redirect(_shop: Shop, who: Buyer) -> Wish:
    elsewhere = await who.shopper("add_address", **ADDRESS | {"line1": "2 Test Street"})
    return Wish(f"/orders/{await _placed(who)}/address", {"address": elsewhere.address})


async def _ask(shop: Shop, who: Buyer) -> Wish:
    part = await who.shopper("get_fulfillment", fulfillment=await _shipped(shop, who))
    return Wish(f"/orders/{part.order}/refund-requests", {"reason": "chipped"})


async def _asked(shop: Shop, who: Buyer) -> str:
    part = await who.shopper("get_fulfillment", fulfillment=await _shipped(shop, who))
    made = await who.shopper("request_refund", order=part.order, reason="chipped")
    return str(made.items[0].refund_request)


async def _approve(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/refund-requests/{await _asked(shop, who)}/approve", {"restock": True, "delivery": True})


async def _reject(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/refund-requests/{await _asked(shop, who)}/reject", {"reason": "it was used"})


async def _goodwill(shop: Shop, who: Buyer) -> Wish:
    return Wish(f"/fulfillments/{await _shipped(shop, who)}/refund", {"amount": 500, "reason": "late"})


async def _receive(shop: Shop, who: Buyer) -> Wish:
    part = await who.shopper("get_fulfillment", fulfillment=await _shipped(shop, who))
    return Wish(f"/orders/{part.order}/receive")


async def _place_heard(shop: Shop, who: Buyer) -> Wish:
    """Somebody's webhook is told; its address is one that nothing is sent to, so it is tried again and again."""
    facts = {"id": shop.ids.make("whk", shop.clock()), "url": "https://127.0.0.1/", "types": [], "status": "active"}
    async with Context(shop, ANONYMOUS).writing() as ctx:
        await ctx.run(insert(WebhookRow).values(**facts, secret=new_secret(), created_at=ctx.now))
    return await _place_unpaid(shop, who)


async def _expire(shop: Shop, who: Buyer) -> Wish:
    await let_it_be_late(shop, await _placed(who))
    return Wish()


async def _capture(shop: Shop, who: Buyer) -> Wish:
    """A paid order's first part is shipped, and the server stops before it takes the money that was authorised."""
    later = replace(shop, settings=shop.settings.model_copy(update={"capture": "shipment"}))
    order = await _placed(replace(who, shopper=replace(who.shopper, shop=later)), "tok_succeeds")
    async with Context(shop, ANONYMOUS).writing() as ctx:
        await capture(ctx, order)
    return Wish()


SHIPPED = ["placed", "paid", "shipped"]


async def _close_account(shop: Shop, who: Buyer) -> Wish:
    await who.shopper("cancel_order", order=await _placed(who))
    account = col(AccountRow.id) == who.shopper.caller.account
    async with shop.database.write() as db:
        await db.execute(update(AccountRow).where(account).values(password_hash=await hashed("a long password")))
    return Wish("/account/close", {"password": "a long password"})


SCENARIOS = {
    "place and pay": Scenario(_place_paid, "paid", ["placed", "paid"]),
    "place and pay, the provider's answer is lost": Scenario(_place_lost, "paid", ["placed", "paid"]),
    "place without paying": Scenario(_place_unpaid, "awaiting_payment", ["placed"]),
    "place an order that a webhook wants to hear of": Scenario(_place_heard, "awaiting_payment", ["placed"]),
    "pay": Scenario(_pay, "paid", ["placed", "paid"]),
    "pay by token": Scenario(_pay_by_token, "paid", ["placed", "paid"]),
    "place and pay a part with a gift card": Scenario(_gift_card_pays_a_part, "paid", ["placed", "paid"]),
    "cancel what a gift card paid a part of": Scenario(
        _cancel_what_a_gift_card_paid, "cancelled", ["placed", "paid", "refunded", "cancelled", "refunded"]
    ),
    "issue a gift card": Scenario(_issue_gift_card, "awaiting_payment", ["placed"]),
    "adjust the ledger": Scenario(_adjust, "awaiting_payment", ["placed"]),
    "cancel an unpaid order": Scenario(_cancel_unpaid, "cancelled", ["placed", "cancelled"]),
    "cancel a paid order": Scenario(_cancel_paid, "cancelled", ["placed", "paid", "cancelled", "refunded"]),
    "cancel an order whose payment waits": Scenario(_cancel_waiting, "cancelled", ["placed", "cancelled"]),
    "take what was authorised": Scenario(_capture, "paid", ["placed", "paid"]),
    "ship a part": Scenario(_ship, "shipped", ["placed", "paid", "shipped"]),
    "change a price": Scenario(_reprice, "paid", ["placed", "paid"]),
    "say that a part has arrived": Scenario(_deliver, "delivered", ["placed", "paid", "shipped", "delivered"]),
    "confirm the receipt": Scenario(_receive, "delivered", ["placed", "paid", "shipped", "delivered"]),
    "cancel a part": Scenario(_cancel_part, "cancelled", ["placed", "paid", "part_cancelled", "cancelled", "refunded"]),
    "cancel a piece": Scenario(_cancel_piece, "paid", ["placed", "paid", "line_cancelled", "refunded"]),
    "send it elsewhere": Scenario(_redirect, "awaiting_payment", ["placed", "address_changed"]),
    "ask for a refund": Scenario(_ask, "shipped", [*SHIPPED, "refund_requested"]),
    "approve a refund": Scenario(_approve, "shipped", [*SHIPPED, "refund_requested", "refund_approved", "refunded"]),
    "reject a refund": Scenario(_reject, "shipped", [*SHIPPED, "refund_requested", "refund_rejected"]),
    "give money back": Scenario(_goodwill, "shipped", [*SHIPPED, "refund_granted", "refunded"]),
    "close the account": Scenario(_close_account, "cancelled", ["placed", "cancelled"], ends_session=True),
    "let an order expire": Scenario(_expire, "cancelled", ["placed", "expired"]),
}
BY_PART = {
    "place_order": "place and pay",
    "pay_order": "pay",
    "close_account": "close the account",
    "pay_order_by_token": "pay by token",
    "issue_gift_card": "issue a gift card",
    "post_adjustment": "adjust the ledger",
    "cancel_order": "cancel a paid order",
    "ship_fulfillment": "ship a part",
    "change_price": "change a price",
    "deliver_fulfillment": "say that a part has arrived",
    "confirm_receipt": "confirm the receipt",
    "request_refund": "ask for a refund",
    "requesting": "ask for a refund",
    "approve_refund": "approve a refund",
    "approving": "approve a refund",
    "reject_refund": "reject a refund",
    "refund_fulfillment": "give money back",
    "cancel_fulfillment": "cancel a part",
    "cancel_order_line": "cancel a piece",
    "change_order_address": "send it elsewhere",
    "cancelling_line": "cancel a piece",
    "cancelling_part": "cancel a part",
    "placing": "place and pay",
    "paying": "place and pay",
    "cancelling": "cancel a paid order",
    "refunding": "cancel a paid order",
    "gift_cards": "place and pay a part with a gift card",
    "gift_card_returns": "cancel what a gift card paid a part of",
    "capturing": "take what was authorised",
    "voiding": "cancel an order whose payment waits",
    "healing": "place and pay, the provider's answer is lost",
    "shipping": "ship a part",
    "delivering": "say that a part has arrived",
    "expiring": "let an order expire",
    "relaying": "place without paying",
    "streaming": "place without paying",
    "working": "place an order that a webhook wants to hear of",
    "telling": "place an order that a webhook wants to hear of",
}
"""Which scenario passes the points of an operation, or of a part of one."""
COMMITS = sorted(o.name for o in CATALOG.values() if o.effect is Effect.COMMIT)


STREAMING = [point for point in faults.POINTS if point.startswith("streaming.")]
"""Passed only where there is a Redis of its own, so tested beside it (`test_redis_trouble.py`)."""


def all_points() -> list[str]:
    """Every step of the code, and every step of the door for each operation that can't be taken back."""
    door = [f"{name}.{step}" for name in COMMITS for step in _steps(name)]
    inside = [point for point in faults.POINTS if point not in STREAMING]
    return [*inside, *door]


def _steps(name: str) -> list[str]:
    """An operation without a follow-up is over when it is committed."""
    return [s for s in faults.DOOR_STEPS if CATALOG[name].then or s not in {"followed", "answered"}]


def scenario_of(point: str) -> str:
    return BY_PART[point.partition(".")[0]]
