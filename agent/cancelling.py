"""Stopping a turn at the shopper's wish: what is in hand comes to its end, what was not begun is left."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage

from prompts import load_prompt
from tools.toolbox import ToolResult, refusal_of

from .language import language_of
from .refusals import TurnCancelled

T = TypeVar("T")
NOTE = "(The shopper stopped this answer here.)"
BROKE_OFF = "(This answer broke off here; what was done before stands.)"
"""What a model reads in later turns."""


async def unless(stopped: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work comes to; None, and the work is given up, once somebody wants it stopped."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (doing, waiting):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(doing, waiting, return_exceptions=True)


def left_undone(name: str) -> ToolResult:
    return refusal_of(name, TurnCancelled(name))


def closed_off(messages: Sequence[AnyMessage], note: str) -> list[AnyMessage]:
    """What a turn that did not come to its end adds to its messages, so that a model can read on: results of the calls that
    were not made, and a note where the answer would be."""
    answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
    calls = [c for m in messages if isinstance(m, AIMessage) for c in m.tool_calls if c["id"] not in answered]
    last = messages[-1] if messages else None
    whole = isinstance(last, AIMessage) and not last.tool_calls
    return [*(_result(call) for call in calls), *([] if whole else [AIMessage(content=note)])]


def _result(call: ToolCall) -> ToolMessage:
    left = left_undone(call["name"])
    artifact = {"operation": left.operation, "view": None, "refusal": left.refusal}
    return ToolMessage(
        content=left.text, tool_call_id=call["id"] or "", name=call["name"], status="error", artifact=artifact
    )


def stopped(said: str) -> str:
    """What a shopper reads where the answer was stopped."""
    return load_prompt("stopped").render(language=language_of(said))
