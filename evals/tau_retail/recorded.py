"""A recorded conversation, to be held once more: what the customer says, and a model that plays the agent's turns."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage, ToolCall
from pydantic import Field

from ..streaming import Speaker

Step = tuple[str, list[ToolCall]]


@dataclass
class Turn:
    """`steps`: what the agent said and called, one call at a time, as the policy wants it."""

    said: str
    steps: list[Step] = field(default_factory=list)


class Recorded(Speaker):
    """Plays the steps that are put there, one after another."""

    steps: list[Step] = Field(default_factory=list)

    def answer(self, messages: Sequence[BaseMessage]) -> Step:
        return self.steps.pop(0)


def turns_of(held: dict[str, Any]) -> list[Turn]:
    """From the customer's first words to the last that were answered. The agent's greeting before them is not said by a model."""
    turns: list[Turn] = []
    for message in held["messages"]:
        if message["role"] == "user":
            turns.append(Turn(message["content"]))
        elif turns:
            turns[-1].steps += _steps(f"{held['id']}-{len(turns)}-{len(turns[-1].steps)}", message)
    return [turn for turn in turns if turn.steps]


def _steps(number: str, message: dict[str, Any]) -> list[Step]:
    asked = [
        ToolCall(name=call["name"], args=call["arguments"], id=f"call_{number}-{index}")
        for index, call in enumerate(message.get("tool_calls") or [])
    ]
    return [("", [call]) for call in asked] or [(spoken(message["content"]), [])]


def spoken(content: str) -> str:
    """Some recorded agents wrap their words in a JSON object, or in what is nearly one, which our agent takes for a call that was
    written as text."""
    try:
        found = json.loads(content)
    except ValueError:
        return f"So: {content}" if content.lstrip().startswith(("{", "[")) else content
    return "\n".join(_words(found)) if isinstance(found, dict) else content


def _words(thing: dict[str, Any]) -> list[str]:
    return [f"{name}: {part if isinstance(part, str) else json.dumps(part)}" for name, part in thing.items()]


def calls_of(held: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for message in held["messages"] for call in message.get("tool_calls") or []]


def told_by(held: dict[str, Any]) -> list[str]:
    """The agent's messages."""
    return [m["content"] for m in held["messages"] if m["role"] == "assistant" and m.get("content")]
