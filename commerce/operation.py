"""The one door: every use case of the shop is an Operation, and `Operation.__call__` is the only way to its handler.

permission → before → transaction: idempotency → approval → handler → events → commit → follow-up, with a span and a counter
around it and a bounded retry when the database lets the transaction lose a race.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar, cast, get_type_hints

from opentelemetry import metrics, trace
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError

from . import idempotency
from .closing import Closing, FollowUp
from .confirmations import asking
from .confirmations.schemas import ConfirmationView, Terms
from .context import Context, Surface
from .database import is_transient, retrying
from .errors import (
    AdminsOnly,
    ApprovalRequired,
    BadInput,
    Busy,
    CustomersOnly,
    IdempotencyKeyRequired,
    MerchantsOnly,
    NotForAgents,
    OutcomeUnknown,
    Refusal,
    SignInRequired,
    problems_of,
)
from .faults import reached

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)
Handler = Callable[[Context, In], Awaitable[Any]]
Before = Callable[[Context, Any], Awaitable[Any]]
TermsOf = Callable[[Context, Any], Awaitable[Terms]]

tracer = trace.get_tracer("domtok.commerce")
calls = metrics.get_meter("domtok.commerce").create_counter(
    "domtok.operations", description="Operations by name, surface and outcome."
)


class Effect(StrEnum):
    READ = "read"
    """Changes nothing."""
    WRITE = "write"
    """The shopper can undo it."""
    COMMIT = "commit"
    """Moves money, goods, or something that can't be taken back."""


class Who(Enum):
    """Who may ask."""

    UNSEEN = "whoever has what the input holds; the session is not looked at"
    ANYONE = "anyone, signed in or not"
    SHOPPER = "guests and customers"
    CUSTOMER = "customers"
    MERCHANT = "merchants, for what is theirs, and admins"
    ADMIN = "admins"


EVERYONE = frozenset({None, "guest", "customer", "merchant", "admin"})
ROLES: dict[Who, frozenset[str | None]] = {
    Who.UNSEEN: EVERYONE,
    Who.ANYONE: EVERYONE,
    Who.SHOPPER: EVERYONE - {None},
    Who.CUSTOMER: EVERYONE - {None, "guest"},
    Who.MERCHANT: frozenset({"merchant", "admin"}),
    Who.ADMIN: frozenset({"admin"}),
}
REFUSALS: dict[Who, type[Refusal]] = {
    Who.CUSTOMER: CustomersOnly,
    Who.MERCHANT: MerchantsOnly,
    Who.ADMIN: AdminsOnly,
}
EVERYWHERE = frozenset(Surface)
REST_ONLY = frozenset({Surface.REST})


class Outcome(NamedTuple):
    """What the first transaction left: a finished answer, or the state for the follow-up."""

    answer: BaseModel | None
    state: Any
    scope: str | None


@dataclass(frozen=True)
class Operation(Generic[In, Out]):
    """A use case, declared once; REST routes and the agent's tools are projected from it."""

    name: str
    words: str
    effect: Effect
    method: str
    path: str
    input: type[In]
    output: type[Out]
    handler: Handler[In]
    who: Who
    surfaces: frozenset[Surface]
    creates: bool
    secret: bool
    terms: TermsOf | None
    before: Before | None
    then: FollowUp[Out] | None

    @cached_property
    def path_fields(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    async def __call__(self, ctx: Context, asked: In) -> Out:
        with tracer.start_as_current_span(
            self.name, attributes={"surface": ctx.surface, "effect": self.effect}
        ) as span:
            outcome = "error"
            try:
                self.permit(ctx)
                answer = await (self._read(ctx, asked) if self.effect is Effect.READ else self._change(ctx, asked))
                outcome = "ok"
                return answer
            except Refusal as refused:
                outcome = refused.code
                raise
            except DBAPIError as failed:
                if is_transient(failed):
                    raise Busy() from failed
                raise
            finally:
                span.set_attribute("outcome", outcome)
                calls.add(1, {"operation": self.name, "surface": ctx.surface, "outcome": outcome})

    def parse(self, arguments: dict[str, Any], *, as_text: bool = False) -> In:
        """Builds the input. `as_text`: the values are strings, as in a query, beside files; otherwise JSON types are not bent."""
        try:
            if as_text and any(isinstance(value, bytes) for value in arguments.values()):
                return self.input.model_validate(arguments)
            if as_text:
                return self.input.model_validate_strings(arguments)
            return self.input.model_validate(arguments, strict=True)
        except ValidationError as wrong:
            raise BadInput(problems_of(wrong)) from None

    def permit(self, ctx: Context) -> None:
        if ctx.surface not in self.surfaces:
            raise NotForAgents(self.name)
        if ctx.caller.role in ROLES[self.who]:
            return
        raise REFUSALS[self.who]() if ctx.caller.role else SignInRequired()

    async def propose(self, ctx: Context, asked: In, thread: str) -> ConfirmationView:
        """Stores the question whose yes lets an agent run this; equal keys are one question."""
        self.permit(ctx)
        return await retrying(lambda: asking.ask(ctx, self, asked, thread))

    async def _read(self, ctx: Context, asked: In) -> Out:
        return await retrying(lambda: self._look(ctx, asked))

    async def _look(self, ctx: Context, asked: In) -> Out:
        async with ctx.reading() as inside:
            answer: Out = await self.handler(inside, asked)
            return answer

    async def _change(self, ctx: Context, asked: In) -> Out:
        if self.effect is Effect.COMMIT and not ctx.key:
            raise IdempotencyKeyRequired()
        if self.before is not None:
            ctx = replace(ctx, prepared=await self.before(ctx, asked))
        outcome = await self._surely(ctx, asked)
        await reached("committed", self.name)
        if outcome.answer is not None:
            return cast(Out, outcome.answer)
        return await self._follow_up(ctx, outcome)

    async def _surely(self, ctx: Context, asked: In) -> Outcome:
        """The first transaction, run again where that helps. After a lost commit, a key that is taken is our own."""
        unsure = False

        async def attempt() -> Outcome:
            nonlocal unsure
            try:
                return await self._first_transaction(ctx, asked, again=unsure)
            except OutcomeUnknown:
                unsure = True
                raise

        return await retrying(attempt, repeatable=bool(ctx.key) and not self.secret)

    async def _first_transaction(self, ctx: Context, asked: In, *, again: bool = False) -> Outcome:
        async with ctx.writing() as inside:
            held = await idempotency.claim(inside, self, asked, again=again) if ctx.key and not self.secret else None
            scope = held.scope if held else None
            if held and held.done:
                return Outcome(idempotency.unpacked(held.answer, self.output), None, scope)
            if held and held.resumed:
                return Outcome(None, held.state, scope)
            await reached("claimed", self.name)
            if self.effect is Effect.COMMIT and ctx.surface is Surface.AGENT:
                await self._use_approval(inside, asked)
            result = await self.handler(inside, asked)
            finished = self.then is None or isinstance(result, BaseModel)
            if scope:
                await (idempotency.keep_answer if finished else idempotency.keep_state)(inside, scope, result)
            await reached("handled", self.name)
            return Outcome(result, None, scope) if finished else Outcome(None, result, scope)

    async def _use_approval(self, ctx: Context, asked: In) -> None:
        if ctx.confirmation is None:
            raise ApprovalRequired(self.name)
        await asking.use(ctx, self, asked)

    async def _follow_up(self, ctx: Context, outcome: Outcome) -> Out:
        """Runs outside any transaction; a crash in here leaves a state from which the same key, or the worker, goes on."""
        assert self.then is not None
        ctx = replace(ctx, now=ctx.shop.clock())
        closing = Closing(self.then.view, outcome.state, outcome.scope)
        await self.then.act(ctx, outcome.state, closing)
        await reached("followed", self.name)
        if closing.answer is None:
            await closing.alone(ctx)
        await reached("answered", self.name)
        if isinstance(closing.answer, Refusal):
            raise closing.answer
        return cast(Out, closing.answer)


Catalog = dict[str, Operation[Any, Any]]
"""A shop's operations by their names."""
CATALOG: Catalog = {}
"""Those of ours; complete once `commerce.operations` is imported."""


def operation(
    effect: Effect,
    route: str,
    *,
    who: Who = Who.SHOPPER,
    surfaces: frozenset[Surface] = EVERYWHERE,
    creates: bool = False,
    secret: bool = False,
    terms: TermsOf | None = None,
    before: Before | None = None,
    then: FollowUp[Any] | None = None,
    catalog: Catalog = CATALOG,
) -> Callable[[Handler[In]], Operation[In, Any]]:
    """Declares a use case. Name, words, input and output are read from the function.

    `route` is `"POST /cart/items"`, below `/v1`. `creates`: REST answers 201. `secret`: its answer holds secrets and is
    never stored under an idempotency key. `terms`: what a person agrees to; every COMMIT operation has them.

    Nothing slow happens in the transaction. `before`: what must be known first and is slow (a password hash, a question
    to the payment provider); it runs outside any transaction and its result is `ctx.prepared`. `then`: what must be done
    after the commit (a charge), and the answer; it gets the handler's JSON result. A handler that has nothing left for it
    gives the answer itself.

    `catalog`: of the shop that it is declared for; another one than ours may be played in by evals.
    """
    method, path = route.split()

    def declare(handler: Handler[In]) -> Operation[In, Any]:
        name = handler.__name__
        hints = get_type_hints(handler)
        if name in catalog:
            raise TypeError(f"two operations are called {name}")
        if (effect is Effect.COMMIT) != (terms is not None):
            raise TypeError(f"{name}: an operation has terms exactly when it is a COMMIT")
        declared: Operation[In, Any] = Operation(
            name=name,
            words=inspect.getdoc(handler) or "",
            effect=effect,
            method=method,
            path=path,
            input=hints["asked"],
            output=get_type_hints(then.view)["return"] if then else hints["return"],
            handler=handler,
            who=who,
            surfaces=surfaces,
            creates=creates,
            secret=secret,
            terms=terms,
            before=before,
            then=then,
        )
        catalog[name] = declared
        return declared

    return declare
