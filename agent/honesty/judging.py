"""Calls that can't be right, whatever the shop would say to them, and models that make nothing but those."""

import json
from collections.abc import Collection, Iterator, Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolCall, ToolMessage

from commerce.errors import Refusal

from ..models.hearing import BROKEN
from ..refusals import ArgumentsUnreadable, IdNotShown, NotSaid, SameCallAgain
from .provenance import not_said, unknown_id

SAME_CALLS = 3
"""How often the same call may be made in one turn: something may have changed in between."""
FAULTS = {
    "unknown_operation",
    "not_for_agents",
    "bad_input",
    "arguments_unreadable",
    "same_call_again",
    "id_not_shown",
    "not_said",
}
"""Refusals that are the model's own fault; all others tell of the shop."""


def wrong_with(
    call: ToolCall, seen: Sequence[AnyMessage], recalled: str, ids: Collection[str], *, changes: bool
) -> Refusal | None:
    """Why a call is not made at all. `seen` holds the call itself too, `recalled` the ids that were shown before; `ids`: what
    the shop calls them."""
    name, arguments = call["name"], call["args"]
    if set(arguments) == {BROKEN}:
        return ArgumentsUnreadable(name[:64])
    if (times := _times(call, seen)) > SAME_CALLS:
        return SameCallAgain(name[:64], times - 1)
    if changes and (strange := unknown_id(arguments, seen, recalled, ids)):
        return IdNotShown(strange)
    if changes and (words := not_said(arguments, seen)):
        return NotSaid(words[:200])
    return None


def _times(call: ToolCall, seen: Sequence[AnyMessage]) -> int:
    """Up to this call, in this turn."""
    same = 0
    written = _written(call)
    for other in _calls(seen):
        same += _written(other) == written
        if other["id"] == call["id"]:
            break
    return same


def _written(call: ToolCall) -> str:
    return call["name"] + json.dumps(call["args"], sort_keys=True)


def _calls(messages: Sequence[AnyMessage]) -> Iterator[ToolCall]:
    for message in this_turn(messages):
        if isinstance(message, AIMessage):
            yield from message.tool_calls


def this_turn(messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    said = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    return messages[said:]


def faulty_steps(messages: Sequence[AnyMessage]) -> int:
    """How many of the newest steps of this turn, in a row, called nothing that could be called."""
    steps = 0
    results: list[ToolMessage] = []
    for message in reversed(this_turn(messages)):
        if isinstance(message, ToolMessage):
            results.append(message)
        elif isinstance(message, AIMessage):
            if not results or not all(map(_is_fault, results)):
                return steps
            steps, results = steps + 1, []
    return steps


def _is_fault(result: ToolMessage) -> bool:
    refusal = (result.artifact or {}).get("refusal") or {}
    return refusal.get("code") in FAULTS
