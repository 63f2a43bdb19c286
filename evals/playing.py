"""Plays a case once: its world is made, the shopper and the agent talk, and what came of it is looked at."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.models.endpoints import Endpoint
from agent.views import TurnView
from commerce.accounts import sessions
from commerce.context import ANONYMOUS, Caller, Context
from commerce.errors import Refusal
from commerce.money import minor_units
from commerce.operations import CATALOG
from commerce.shop import Shop
from prompts import Prompt
from tools import Toolbox

from .books import Books, rows
from .dialogues.playing import ADMIN, Stage, give, give_order
from .facts import filled
from .journal import Ask
from .personas import ModelShopper
from .reference import replayed
from .schema import Case, Events, Truth
from .shoppers import Line, ScriptedShopper
from .trial import Outcome, Trial, trial_of
from .world import HandClock, fresh_world, signed_in

MOST_TURNS = 24
"""A shopper who talks longer than this is cut off: neither side comes to an end."""
ADDRESS: dict[str, Any] = {
    "recipient": "Rosalind Quay",
    "phone": "+1 503 555 0175",
    "line1": "77 Lighthouse Row",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
"""Of the stranger, which nobody else may hear of."""


@dataclass(frozen=True)
class Setup:
    """What is tried out. Without a model the planner thinks."""

    prompt: Prompt
    model: Endpoint | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    shopper: Ask | None = None
    """A model that plays the shopper instead of the script."""
    judge: Ask | None = None


@dataclass(frozen=True)
class Played:
    """A conversation that is over."""

    outcome: Outcome
    shopper: ScriptedShopper
    names: dict[str, str]
    """`order1`, `stranger1`, `new_order`: the numbers that they stand for in this world."""
    answers: list[dict[str, Any]]
    """What the shop answered to the READ operations of `state`, or its refusal."""
    cut_off: bool
    reference: Books | None = None
    """Of the world in which the case's `same_as` was done instead."""


@dataclass
class Scene:
    """The world of a case."""

    shop: Shop
    clock: HandClock
    stage: Stage
    stranger: Stage | None = None

    async def happen(self, events: Events) -> None:
        self.clock.move(minutes=events.minutes)
        for sku, left in events.stock.items():
            held = await self.stage.do("get_stock", ADMIN, sku=sku)
            await self.stage.do("adjust_stock", ADMIN, sku=sku, counted=left + held.reserved)
        for sku, price in events.prices.items():
            amount = minor_units(price, self.shop.settings.currency)
            await self.stage.do("change_price", ADMIN, sku=sku, price=amount)

    def names(self) -> dict[str, str]:
        mine = {f"order{i}": number for i, number in enumerate(self.stage.orders, 1)}
        others = self.stranger.orders if self.stranger else []
        return mine | {f"stranger{i}": number for i, number in enumerate(others, 1)}


async def play(case: Case, setup: Setup, trial: int = 1) -> Played:
    """Trials of a case differ in the ids of their worlds, and in whatever the model does."""
    async with _world_of(case, setup, trial) as scene:
        played = await _played(case, setup, scene)
    if case.same_as is None:
        return played
    async with _world_of(case, setup, trial) as scene:
        return replace(played, reference=await replayed(case.same_as, scene))


@asynccontextmanager
async def _world_of(case: Case, setup: Setup, trial: int) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="domtok-eval-") as folder:
        clock = HandClock()
        shop = await fresh_world(Path(folder), clock, seed_number=setup.seed + trial)
        try:
            yield await _scene(case, shop, clock)
        finally:
            await shop.close()


async def _scene(case: Case, shop: Shop, clock: HandClock) -> Scene:
    caller = await (guest(shop) if case.shopper.is_ == "guest" else signed_in(shop, "ada@example.com"))
    scene = Scene(shop, clock, Stage(shop, clock, caller, Toolbox(shop, caller)))
    await scene.happen(Events(stock=case.world.stock, prices=case.world.prices))
    await give(scene.stage, case.world)
    if case.world.strangers:
        scene.stranger = await _stranger(case, scene)
    return scene


async def guest(shop: Shop) -> Caller:
    begun = await CATALOG["start_guest_session"](
        Context(shop, ANONYMOUS, key="guest"), CATALOG["start_guest_session"].parse({})
    )
    return await sessions.caller_of(shop, begun.access_token)


async def _stranger(case: Case, scene: Scene) -> Stage:
    email = "stranger@example.com"
    account = {"email": email, "name": ADDRESS["recipient"], "password": "a password of no matter"}
    await scene.stage.do("create_account", ANONYMOUS, **account)
    caller = await signed_in(scene.shop, email)
    stage = Stage(scene.shop, scene.clock, caller, Toolbox(scene.shop, caller))
    await stage.do("add_address", **ADDRESS)
    for token in ("tok_succeeds", "tok_declines"):
        await stage.do("add_payment_method", token=token)
    for order in case.world.strangers:
        await give_order(stage, caller, order)
    return stage


async def _played(case: Case, setup: Setup, scene: Scene) -> Played:
    named, currency = _named(case, scene), scene.shop.settings.currency
    shopper = ModelShopper(named, currency, ask=setup.shopper) if setup.shopper else ScriptedShopper(named, currency)
    settings = {"thread_cost": case.budget, **setup.settings}
    async with trial_of(scene.shop, scene.stage.caller, setup.model, setup.prompt, **settings) as trial:
        cut_off = await _talk(trial, shopper, scene)
        outcome = await trial.outcome()
    names = scene.names() | _new_order(outcome)
    answers = [await _look(scene, truth, names) for truth in case.state]
    return Played(outcome, shopper, names, answers, cut_off)


def _named(case: Case, scene: Scene) -> Any:
    """The shopper, with the order numbers of this world in what they say."""
    written = filled(case.shopper.model_dump(by_alias=True), scene.names())
    return type(case.shopper).model_validate(written)


async def _talk(trial: Trial, shopper: ScriptedShopper, scene: Scene) -> bool:
    """Whether it had to be cut off."""
    line, done = await _said(shopper, "", set(), None), set[str]()
    for _ in range(MOST_TURNS):
        if line is None:
            return False
        await scene.happen(line.before)
        heard, now = await _turn(trial, shopper, scene, line.text)
        done |= now
        line = await _said(shopper, heard, done, now)
    return line is not None


async def _said(shopper: ScriptedShopper, heard: str, done: set[str], now: set[str] | None) -> Line | None:
    """What is said next; first, where nothing was done yet."""
    if isinstance(shopper, ModelShopper):
        return await shopper.speak(heard)
    return shopper.first() if now is None else shopper.next(heard, done, now)


async def _turn(trial: Trial, shopper: ScriptedShopper, scene: Scene, text: str) -> tuple[str, set[str]]:
    """What the agent has said, and the operations that succeeded."""
    before = len(trial.turns)
    view = await trial.tell(text)
    while question := view.confirmation:
        answer, events = shopper.decide(question.operation, _to_pay(question.terms))
        await scene.happen(events)
        if answer == "leave":
            trial.leave(question)
            break
        view = await trial.answer(view.turn, question, answer)
    parts = trial.turns[before:]
    return "\n".join(part.text for part in parts), {name for part in parts for name in _done(part)}


def _done(part: TurnView) -> set[str]:
    return {shown.operation for shown in part.views} | {receipt.operation for receipt in part.receipts}


def _to_pay(terms: dict[str, Any]) -> int | None:
    charge = terms.get("charge")
    total = next((t["amount"] for t in terms.get("totals") or [] if t["type"] == "total"), None)
    return charge["amount"] if charge else total


def _new_order(outcome: Outcome) -> dict[str, str]:
    added = outcome.changes["orders"].added if "orders" in outcome.changes else []
    known = {row["number"] for row in rows(outcome.before, "orders")}
    new = [row["number"] for row in added if row["number"] not in known]
    return {"new_order": new[0]} if new else {}


async def _look(scene: Scene, truth: Truth, names: dict[str, str]) -> dict[str, Any]:
    ctx = Context(scene.shop, scene.stage.caller)
    operation = CATALOG[truth.read]
    try:
        found = await operation(ctx, operation.parse(filled(truth.with_, names)))
    except Refusal as refused:
        return {"refused": refused.code}
    seen: dict[str, Any] = found.model_dump(mode="json")
    return seen
