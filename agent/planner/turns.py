"""The thread as turns: what the shopper said, and each call with the shop's answer to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

Json = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    code: str
    sentence: str = ""
    hint: str = ""
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The shop's answer: a view, a refusal, or neither when it was lost."""

    view: Json | None = None
    refusal: Refusal | None = None


LOST = Outcome(refusal=Refusal("unread"))


@dataclass
class Step:
    operation: str
    arguments: Json
    outcome: Outcome = LOST


@dataclass
class Turn:
    text: str = ""
    steps: list[Step] = field(default_factory=list)


def turns_of(messages: Sequence[BaseMessage]) -> list[Turn]:
    """One turn for each of the shopper's messages; what comes before the first belongs to a wordless one."""
    turns = [Turn()]
    open_calls: dict[str, Step] = {}
    for message in messages:
        if isinstance(message, HumanMessage):
            turns.append(Turn(text_of(message)))
        elif isinstance(message, AIMessage):
            for call in message.tool_calls:
                step = Step(call["name"], call["args"])
                open_calls[call["id"] or ""] = step
                turns[-1].steps.append(step)
        elif isinstance(message, ToolMessage) and message.tool_call_id in open_calls:
            open_calls[message.tool_call_id].outcome = outcome_of(message)
    return turns


def text_of(message: BaseMessage) -> str:
    content = message.content
    if isinstance(content, str):
        return content
    blocks = (block if isinstance(block, str) else block.get("text") for block in content)
    return "\n".join(block for block in blocks if isinstance(block, str))


def outcome_of(message: ToolMessage) -> Outcome:
    """Reads the artifact alone: the text beside it is written for models."""
    artifact = message.artifact
    if not isinstance(artifact, dict):
        return LOST
    refusal, view = artifact.get("refusal"), artifact.get("view")
    if isinstance(refusal, dict):
        facts = refusal.get("facts")
        return Outcome(
            refusal=Refusal(
                str(refusal.get("code", "unread")),
                str(refusal.get("sentence", "")),
                str(refusal.get("hint", "")),
                facts if isinstance(facts, dict) else {},
            )
        )
    return Outcome(view=view) if isinstance(view, dict) else LOST
