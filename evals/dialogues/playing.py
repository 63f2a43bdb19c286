"""Plays a dialogue: a fresh shop, what is given, and the planner, whose questions are all answered with a yes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage, ToolMessage

from agent.honesty.provenance import unknown_id
from agent.planner import Planner
from agent.prompting import rules_in_all_languages, system_of
from agent.refusals import IdNotShown
from commerce.accounts import sessions
from commerce.context import ANONYMOUS, Caller, Context
from commerce.operations import CATALOG
from commerce.shop import Shop
from commerce.views import Nothing
from prompts import load_prompt
from tools import Toolbox, ToolResult, facts_of
from tools.toolbox import refusal_of

from ..world import HandClock, fresh_world, signed_in
from .sets import Dialogue, Given, GivenOrder

SHOPPERS = {"ada": "ada@example.com", "merchant": "merchant@example.com"}
NEWCOMER = {"email": "newcomer@example.com", "password": "a-newcomer-has-nothing-yet", "name": "New Comer"}
"""Has just registered: no address, no card."""
ADMIN = Caller("acc_admin", "admin")
MOST_CALLS = 12
THREAD = "thr_dialogue"


@dataclass(frozen=True)
class Made:
    """One call that the planner made."""

    operation: str
    arguments: dict[str, Any]
    changes: bool


@dataclass(frozen=True)
class Heard:
    """What one utterance led to."""

    calls: tuple[Made, ...]
    reply: str


@dataclass
class Stage:
    """One dialogue while it is played."""

    shop: Shop
    clock: HandClock
    caller: Caller
    box: Toolbox
    messages: list[AnyMessage] = field(default_factory=list)
    keys: "count[int]" = field(default_factory=count)
    orders: list[str] = field(default_factory=list)
    """Numbers of the given orders, from the oldest on."""

    async def say(self, said: str) -> Heard:
        rules = rules_in_all_languages(self.box.facts)
        vocabulary, remembered = await self.box.vocabulary(), await self.box.remembered()
        name = self.shop.settings.name
        planner = Planner(shop=name, vocabulary=vocabulary, rules=rules, remembered=remembered)
        model = planner.bind_tools([spec.as_function() for spec in self.box.specs])
        self.messages.append(HumanMessage(said))
        made: list[Made] = []
        said_back: list[str] = []
        for _ in range(MOST_CALLS):
            answer = await model.ainvoke(self.messages)
            self.messages.append(answer)
            said_back.append(answer.text)
            for call in answer.tool_calls:
                made.append(Made(call["name"], call["args"], self.box.changes_something(call["name"])))
                self.messages.append(_told(call["id"], await self._run(call["name"], call["args"])))
            if not answer.tool_calls:
                break
        return Heard(tuple(made), "\n".join(filter(None, said_back)))

    async def _run(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        key = f"call-{next(self.keys)}"
        if self.box.changes_something(name) and (strange := unknown_id(arguments, self.messages)):
            return refusal_of(name, IdNotShown(strange))
        if not self.box.needs_approval(name):
            return await self.box.call(name, arguments, key)
        proposal = await self.box.propose(name, arguments, key, THREAD)
        if proposal.confirmation is None:
            assert proposal.refused
            return proposal.refused
        confirmation = str(proposal.confirmation["confirmation"])
        await self.box.decide(THREAD, confirmation, "approve")
        return await self.box.call(name, arguments, key, confirmation)

    async def do(self, operation: str, caller: Caller | None = None, **arguments: Any) -> Any:
        """What is given, done by the shopper (or an admin) without the planner."""
        ctx = Context(self.shop, caller or self.caller, key=f"given-{next(self.keys)}")
        return await CATALOG[operation](ctx, CATALOG[operation].parse(arguments))


def _told(call: str | None, result: ToolResult) -> ToolMessage:
    artifact = {"operation": result.operation, "view": result.view, "refusal": result.refusal}
    return ToolMessage(content=result.text, tool_call_id=call or "", name=result.operation, artifact=artifact)


async def staged(dialogue: Dialogue, folder: Path) -> Stage:
    """The shop with everything that the dialogue takes as given."""
    clock = HandClock()
    shop = await fresh_world(folder, clock)
    caller = await _arrived(shop, dialogue.shopper)
    prompt = system_of(load_prompt("shopper"), facts_of(shop.settings)).text
    stage = Stage(shop, clock, caller, Toolbox(shop, caller), [SystemMessage(prompt)])
    await give(stage, dialogue.given)
    return stage


async def _arrived(shop: Shop, shopper: str) -> Caller:
    if shopper in SHOPPERS:
        return await signed_in(shop, SHOPPERS[shopper])
    session = await CATALOG["start_guest_session"](Context(shop, ANONYMOUS, key="arrives"), Nothing())
    guest = await sessions.caller_of(shop, session.access_token)
    if shopper == "newcomer":
        asked = CATALOG["create_account"].parse(NEWCOMER)
        await CATALOG["create_account"](Context(shop, guest, key="registers"), asked)
        return await signed_in(shop, NEWCOMER["email"])
    return guest


async def give(stage: Stage, given: Given) -> None:
    buyer = await signed_in(stage.shop, SHOPPERS["ada"])
    for order in given.orders:
        await give_order(stage, buyer, order)
    for sku in given.saved:
        await stage.do("add_to_cart", sku=sku)
        await stage.do("save_for_later", sku=sku)
    for sku, quantity in given.cart.items():
        await stage.do("add_to_cart", sku=sku, quantity=quantity)
    for coupon in given.claimed:
        await stage.do("claim_coupon", coupon=coupon)
    if given.gift_card:
        issued = await stage.do("issue_gift_card", ADMIN, amount=given.gift_card, reason="a gift")
        await stage.do("add_gift_card", code=issued.code)


async def give_order(stage: Stage, buyer: Caller, order: GivenOrder) -> None:
    stage.clock.move(minutes=1)
    for sku, quantity in order.lines.items():
        await stage.do("add_to_cart", buyer, sku=sku, quantity=quantity)
    works, declines = (await stage.do("list_payment_methods", buyer)).items[:2]
    method = declines if order.state == "unpaid" else works
    quote = await stage.do("create_checkout", buyer, payment_method=method.payment_method)
    placed = await stage.do("place_order", buyer, checkout=quote.checkout)
    stage.orders.append(str(placed.order))
    if order.state in ("shipped", "delivered", "refund_requested"):
        for part in await _parts(stage, placed.order):
            await stage.do("ship_fulfillment", ADMIN, fulfillment=part, carrier="UPS", tracking="1Z0001")
            if order.state != "shipped":
                await stage.do("deliver_fulfillment", ADMIN, fulfillment=part)
    if order.state == "refund_requested":
        await stage.do("request_refund", buyer, order=placed.order, reason="it came broken")


async def _parts(stage: Stage, order: str) -> Sequence[str]:
    return [str(part.fulfillment) for part in (await stage.do("list_fulfillments", ADMIN, order=order)).items]
