"""The agent's loop: think → confirm → act → think …, until the model has nothing more to do.

think    one model call; its text is streamed as it comes
confirm  a call that moves money or goods: the shop stores the question, and the graph stops until the shopper answers
act      one call of the shop, each in a task of its own
"""

import asyncio
import json
import operator
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt
from loguru import logger

from prompts import load_prompt
from tools import Toolbox, ToolResult
from tools.toolbox import refusal_of

from .cancelling import left_undone, unless
from .keys import call_key
from .language import language_of_last
from .planner import Planner
from .provenance import unknown_id
from .refusals import IdNotShown, OneDecisionAtATime, Rejected, TurnLimit
from .settings import AgentSettings


class State(TypedDict):
    """What a checkpoint keeps. `messages` begins with the window of earlier turns."""

    messages: Annotated[list[AnyMessage], operator.add]
    approved: dict[str, str]
    """Tool call → confirmation, of the calls that got their yes."""


class Acting(TypedDict):
    """One call to make, and what the model had seen before it."""

    call: ToolCall
    confirmation: str | None
    seen: list[AnyMessage]


@dataclass
class Usage:
    """What a turn has spent."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    model: str = ""


@dataclass
class Run:
    """What a turn runs with, besides its state."""

    thread: str
    turn: str
    model: BaseChatModel
    toolbox: Toolbox
    system: str
    settings: AgentSettings
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.monotonic)
    in_order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Calls that change something run one after another, in the order that the model named them."""
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the shopper wants it stopped: nothing is begun any more, and what is in hand comes to its end."""

    def over_limit(self) -> bool:
        """Checked in this one place, before each model call."""
        limits, spent = self.settings, self.usage
        late = time.monotonic() - self.started > limits.max_seconds
        return late or spent.model_calls >= limits.max_steps or spent.tool_calls >= limits.max_tool_calls


async def think(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    run = runtime.context
    if run.cancelled.is_set():
        return {"messages": []}
    if run.over_limit():
        return {"messages": [_say(load_prompt("turn_limit").render(language=language_of_last(state["messages"])))]}
    if refused := await run.toolbox.gone():
        return {"messages": [_say(str(refused))]}
    run.usage.model_calls += 1
    answer = await unless(run.cancelled, _answer(run, state["messages"]))
    if answer is None:
        return {"messages": []}
    left = run.settings.max_tool_calls - run.usage.tool_calls
    return {
        "messages": [answer, *(_told(call, refusal_of(call["name"], TurnLimit())) for call in answer.tool_calls[left:])]
    }


async def _answer(run: Run, messages: Sequence[AnyMessage]) -> AIMessage:
    """What the model says; the planner, with a notice, when it fails."""
    try:
        return await _ask(run, run.model, messages)
    except Exception:
        if isinstance(run.model, Planner):
            raise
        logger.exception("the model failed; the planner goes on")
    run.model = Planner()
    notice = load_prompt("fallback_notice").render(language=language_of_last(messages))
    said = _say(notice)
    answer = await _ask(run, run.model, messages)
    return answer.model_copy(update={"content": "\n\n".join(filter(None, [said.text, answer.text]))})


async def _ask(run: Run, model: BaseChatModel, messages: Sequence[AnyMessage]) -> AIMessage:
    """One model call, streamed. Each call gets an id of our own: effects are keyed by it, and models repeat theirs."""
    write = get_stream_writer()
    bound = model.bind_tools([spec.as_function() for spec in run.toolbox.specs])
    whole: AIMessageChunk | None = None
    write({"type": "message.started"})
    async for chunk in bound.astream([SystemMessage(run.system), *messages]):
        if not isinstance(chunk, AIMessageChunk):
            continue
        whole = chunk if whole is None else whole + chunk
        if chunk.text:
            write({"type": "message.delta", "text": str(chunk.text)})
    if whole is None or not (whole.text or whole.tool_call_chunks):
        raise ValueError("the model said nothing")
    used = whole.usage_metadata
    run.usage.model = getattr(model, "model_name", model._llm_type)
    run.usage.input_tokens += used["input_tokens"] if used else 0
    run.usage.output_tokens += used["output_tokens"] if used else 0
    calls = [
        ToolCall(name=c["name"] or "", args=_arguments(c["args"]), id=f"call_{uuid4().hex}")
        for c in whole.tool_call_chunks
    ]
    return AIMessage(content=str(whole.text), tool_calls=calls, usage_metadata=used)


def _arguments(written: str | None) -> dict[str, Any]:
    """As they were written: what is not a whole JSON object (cut off, say) is no input of any operation, and is not mended."""
    try:
        found = json.loads(written or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"arguments": written}


def _say(text: str) -> AIMessage:
    write = get_stream_writer()
    write({"type": "message.started"})
    write({"type": "message.delta", "text": text})
    return AIMessage(content=text)


def after_thinking(state: State, runtime: Runtime[Run]) -> str | list[Send]:
    calls = _open_calls(state)
    if any(runtime.context.toolbox.needs_approval(call["name"]) for call in calls):
        return "confirm"
    return _sends(state) or END


async def confirm(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Asks for the first call that needs a yes. It runs again from its top when the answer is there, so it only asks."""
    run = runtime.context
    wanting = [call for call in _open_calls(state) if run.toolbox.needs_approval(call["name"])]
    if run.cancelled.is_set():
        return {"messages": [_told(call, left_undone(call["name"])) for call in wanting]}
    first, others = wanting[0], wanting[1:]
    later = [_told(call, refusal_of(call["name"], OneDecisionAtATime(call["name"]))) for call in others]
    if strange := unknown_id(first["args"], state["messages"]):
        return {"messages": [*later, _told(first, refusal_of(first["name"], IdNotShown(strange)))]}
    key = call_key(run.turn, first["id"])
    proposal = await run.toolbox.propose(first["name"], first["args"], key, run.thread)
    if proposal.refused:
        return {"messages": [*later, _told(first, proposal.refused)]}
    assert proposal.confirmation is not None
    decision = interrupt(proposal.confirmation)
    if decision == "approve":
        return {
            "messages": later,
            "approved": {**state["approved"], str(first["id"]): proposal.confirmation["confirmation"]},
        }
    return {"messages": [*later, _told(first, refusal_of(first["name"], Rejected(first["name"])))]}


def after_confirming(state: State) -> str | list[Send]:
    return _sends(state) or "think"


async def act(state: Acting, runtime: Runtime[Run]) -> dict[str, Any]:
    run, call = runtime.context, state["call"]
    if not run.toolbox.changes_something(call["name"]):
        return {"messages": [await _call(run, state)]}
    async with run.in_order:
        return {"messages": [await _call(run, state)]}


async def _call(run: Run, acting: Acting) -> ToolMessage:
    call, write = acting["call"], get_stream_writer()
    if run.cancelled.is_set():
        return _told(call, left_undone(call["name"]))
    run.usage.tool_calls += 1
    write({"type": "tool.started", "call": call["id"], "operation": call["name"], "arguments": call["args"]})
    changes = run.toolbox.changes_something(call["name"])
    if changes and (strange := unknown_id(call["args"], acting["seen"])):
        result = refusal_of(call["name"], IdNotShown(strange))
    else:
        key = call_key(run.turn, call["id"])
        result = await run.toolbox.call(call["name"], call["args"], key, acting["confirmation"])
    shown = {"call": call["id"], "operation": call["name"], "view": result.view, "refusal": result.refusal}
    write({"type": "tool.finished", **shown, "summary": result.receipt.summary if result.receipt else ""})
    if result.receipt:
        write({"type": "receipt", **result.receipt._asdict()})
    return _told(call, result)


def _told(call: ToolCall, result: ToolResult) -> ToolMessage:
    return ToolMessage(
        content=result.text,
        tool_call_id=call["id"] or "",
        name=call["name"],
        status="error" if result.refusal else "success",
        artifact={"operation": result.operation, "view": result.view, "refusal": result.refusal},
    )


def _open_calls(state: State) -> list[ToolCall]:
    """Calls of the last answer that have no result yet."""
    answered: set[str] = set()
    for message in reversed(state["messages"]):
        if isinstance(message, AIMessage):
            return [call for call in message.tool_calls if call["id"] not in answered]
        if isinstance(message, ToolMessage):
            answered.add(message.tool_call_id)
    return []


def _sends(state: State) -> list[Send]:
    return [
        Send("act", Acting(call=call, confirmation=state["approved"].get(str(call["id"])), seen=state["messages"]))
        for call in _open_calls(state)
    ]


def build_graph(saver: BaseCheckpointSaver[str]) -> CompiledStateGraph[State, Run, State, State]:
    graph = StateGraph(State, context_schema=Run)
    graph.add_node("think", think)
    graph.add_node("confirm", confirm)
    graph.add_node("act", act, input_schema=Acting)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", after_thinking, ["confirm", "act", END])
    graph.add_conditional_edges("confirm", after_confirming, ["act", "think"])
    graph.add_edge("act", "think")
    return graph.compile(checkpointer=saver)
