"""The end of a call that goes on after its first commit: what is done then, and the answer that is true after it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from . import idempotency
from .context import Context
from .database import retrying
from .errors import Refusal, Unavailable

Out = TypeVar("Out", bound=BaseModel)


@dataclass
class Closing(Generic[Out]):
    """The answer of a call, told and kept under its key in one transaction, so that who asks again hears the same."""

    view: Callable[[Context, Any], Awaitable[Out]]
    state: Any
    scope: str | None
    answer: Out | Refusal | None = None

    async def within(self, ctx: Context) -> None:
        """In the transaction that makes the answer true."""
        try:
            self.answer = await self.view(ctx, self.state)
        except Unavailable:
            raise  # no answer: the same key, or the worker, tries again
        except Refusal as refused:
            self.answer = refused
        if self.scope:
            await idempotency.keep_answer(ctx, self.scope, self.answer)

    async def alone(self, ctx: Context) -> None:
        """Where nothing was left to be written."""
        await retrying(lambda: self._alone(ctx))

    async def _alone(self, ctx: Context) -> None:
        async with ctx.writing() if self.scope else ctx.reading() as inside:
            await self.within(inside)


@dataclass(frozen=True)
class FollowUp(Generic[Out]):
    """What an operation does after its commit, outside any transaction, and again after a crash."""

    act: Callable[[Context, Any, Closing[Any]], Awaitable[None]]
    """Gets what the handler left; closes within its last transaction, where it has one."""
    view: Callable[[Context, Any], Awaitable[Out]]
    """The answer, or a refusal that is one; read in a transaction."""
