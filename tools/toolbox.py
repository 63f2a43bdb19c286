"""Calling the shop for a model: arguments in, a view and compact text out; a refusal is an answer like any other."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from commerce.accounts.operations import get_account
from commerce.accounts.sessions import still
from commerce.catalog.vocabulary import Vocabulary, vocabulary
from commerce.confirmations import asking
from commerce.confirmations.schemas import ConfirmationView, Decision
from commerce.context import Caller, Context, Surface
from commerce.errors import NotForAgents, Refusal, StillRunning, UnknownOperation
from commerce.operation import Effect, Operation
from commerce.preferences.operations import list_preferences
from commerce.shop import Shop
from commerce.views import Nothing

from .facts import facts_of
from .fence import fenced
from .offer import OURS, Offer, refusal_text
from .receipts import Receipt
from .toolspecs import ToolSpec, tool_specs

PATIENCE = 15
"""Seconds to wait for a first call with the same key, whose process may have died."""


@dataclass(frozen=True)
class ToolResult:
    """What a call came to."""

    operation: str
    text: str
    """For the model."""
    view: dict[str, Any] | None = None
    """For the page."""
    refusal: dict[str, Any] | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True)
class Proposal:
    """A question to the shopper, or the refusal to ask it."""

    confirmation: dict[str, Any] | None
    refused: ToolResult | None


@dataclass(frozen=True)
class About:
    """Who a model talks to, and when. What the shopper wrote is fenced."""

    now: datetime
    name: str = ""
    guest: bool = True
    remembered: tuple[str, ...] = ()


class Toolbox:
    """The shop as one shopper's agent may use it. It acts for the caller it was made for; no argument can name another."""

    def __init__(self, shop: Shop, caller: Caller, offer: Offer = OURS) -> None:
        self._shop = shop
        self._offer = offer
        self.shop_name = shop.settings.name
        self.facts = facts_of(shop.settings)
        self._caller = caller

    @property
    def account(self) -> str:
        """Who it acts for."""
        return self._caller.account

    @property
    def manages(self) -> bool:
        """Whether it acts for somebody who looks after goods and parcels."""
        return self._caller.role in {"merchant", "admin"}

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What this caller's agent is offered."""
        return tool_specs(self._caller.role, self._offer)

    @property
    def ids(self) -> frozenset[str]:
        """What the shop's arguments and views call the things that they name."""
        return self._offer.ids

    def needs_approval(self, name: str) -> bool:
        return self._effect_of(name) is Effect.COMMIT

    def changes_something(self, name: str) -> bool:
        return self._effect_of(name) in {Effect.WRITE, Effect.COMMIT}

    def _effect_of(self, name: str) -> Effect | None:
        known = self._offer.catalog.get(name)
        return known.effect if known else None

    async def call(self, name: str, arguments: dict[str, Any], key: str, confirmation: str | None = None) -> ToolResult:
        """Runs an operation through the one door. `key` names this call: the same key has one effect."""
        try:
            operation = self._offered(name)
            await self._not_too_often(name)
            asked = operation.parse(_without_nulls(arguments))
            view = await self._through_the_door(operation, asked, key, confirmation)
        except Refusal as refused:
            return self._refused(name, refused)
        done = None
        if operation.effect is not Effect.READ:
            done = Receipt(name, self._offer.summaries[name](asked, view), view.model_dump(mode="json"))
        return ToolResult(name, self._offer.view_text(view), view.model_dump(mode="json"), None, done)

    async def propose(self, name: str, arguments: dict[str, Any], key: str, thread: str) -> Proposal:
        """Asks the shop to ask the shopper."""
        try:
            operation = self._offered(name)
            await self._not_too_often(name)
            asked = operation.parse(_without_nulls(arguments))
            asked_for = await operation.propose(await self._context(key), asked, thread)
        except Refusal as refused:
            return Proposal(None, self._refused(name, refused))
        return Proposal(asked_for.model_dump(mode="json"), None)

    async def decide(self, thread: str, confirmation: str, decision: Decision) -> ConfirmationView:
        """The shopper's own answer; only the surface where the shopper gives it calls this."""
        return await asking.decide(Context(self._shop, self._caller), thread, confirmation, decision)

    async def questions(self, thread: str) -> list[ConfirmationView]:
        return await asking.of_thread(Context(self._shop, self._caller), thread)

    def _offered(self, name: str) -> Operation[Any, Any]:
        operation = self._offer.catalog.get(name)
        if operation is None:
            raise UnknownOperation(name[:64])
        if Surface.AGENT not in operation.surfaces:
            raise NotForAgents(name)
        return operation

    def _refused(self, name: str, refused: Refusal) -> ToolResult:
        return refusal_of(name, refused, self._offer.refusal_text)

    async def _through_the_door(
        self, operation: Operation[Any, Any], asked: BaseModel, key: str, confirmation: str | None
    ) -> BaseModel:
        for _ in range(PATIENCE):
            try:
                answer: BaseModel = await operation(await self._context(key, confirmation), asked)
                return answer
            except StillRunning:
                await asyncio.sleep(1)
        raise StillRunning()

    async def _not_too_often(self, name: str) -> None:
        """One tool of one shopper, over all conversations."""
        if most := self._shop.settings.tool_calls_per_minute:
            await self._shop.limits.take(f"tool:{name}", self._caller.account, most)

    async def _context(self, key: str, confirmation: str | None = None) -> Context:
        """Of the caller as it is now: a turn may go on after a sign-out, a ban or a change of role."""
        caller = await still(self._shop, self._caller)
        return Context(self._shop, caller, surface=Surface.AGENT, key=key, confirmation=confirmation)

    async def about(self) -> About:
        """Of the caller, whom `gone` has just looked for; a stranger, where the shop does not act for it."""
        now = self._shop.clock()
        try:
            ctx = Context(self._shop, self._caller, surface=Surface.AGENT)
            account = await get_account(ctx, Nothing())
            kept = await list_preferences(ctx, Nothing())
        except Refusal:
            return About(now)
        remembered = tuple(f"{item.kind}: {fenced(item.said)}" for item in kept.items)
        return About(now, fenced(account.name), account.role == "guest", remembered)

    async def remembered(self) -> tuple[tuple[str, str], ...]:
        """What the shopper asked the shop to remember, each with its kind."""
        try:
            kept = await list_preferences(await self._context(""), Nothing())
        except Refusal:
            return ()
        return tuple((item.kind, item.said) for item in kept.items)

    async def vocabulary(self) -> Vocabulary:
        """What the shop's goods are called."""
        return await vocabulary(Context(self._shop, self._caller))

    async def gone(self) -> Refusal | None:
        """Why the shop no longer acts for this caller, if so."""
        try:
            await still(self._shop, self._caller)
        except Refusal as refused:
            return refused
        return None


def refusal_of(name: str, refused: Refusal, text: Callable[[str, Refusal], str] = refusal_text) -> ToolResult:
    told = {"code": refused.code, "sentence": str(refused), "hint": refused.advice, "facts": refused.facts}
    return ToolResult(name, text(name, refused), refusal=told)


def _without_nulls(arguments: dict[str, Any]) -> dict[str, Any]:
    """Strict schemas make models send null for what they leave out."""
    return {name: value for name, value in arguments.items() if value is not None}
