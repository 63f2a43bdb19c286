"""The agent's loop: think → confirm → act → think …, until the model has nothing more to do.

think    one model call; its text is streamed as it comes
announce what the planner says of such a call, once the shop's question exists
confirm  a call that moves money or goods: the shop stores the question, and the graph stops until the shopper answers
act      one call of the shop, each in a task of its own
"""

import operator
from typing import Annotated, Any, NotRequired, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from tools import ToolResult
from tools.toolbox import refusal_of

from .asking import ANNOUNCEMENT, answer_of, say, spoken
from .cancelling import left_undone, unless
from .honesty.judging import faulty_steps, wrong_with
from .keys import call_key
from .refusals import OneDecisionAtATime, Rejected, TurnLimit
from .run import Run


class State(TypedDict):
    """What a checkpoint keeps. `messages` begins with the window of earlier turns."""

    messages: Annotated[list[AnyMessage], operator.add]
    approved: dict[str, str]
    """Tool call → confirmation, of the calls that got their yes."""
    told: NotRequired[bool]
    """The shopper knows that the planner goes on in this turn."""


class Acting(TypedDict):
    """One call to make, and what the model had seen before it."""

    call: ToolCall
    confirmation: str | None
    seen: list[AnyMessage]


async def think(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    run, messages = runtime.context, state["messages"]
    if run.cancelled.is_set():
        return {"messages": []}
    if refused := await run.toolbox.gone():
        return {"messages": [say(str(refused))]}
    run.told = run.told or state.get("told", False)
    run.faults = faulty_steps(messages)
    answer = await unless(run.cancelled, answer_of(run, messages))
    if answer is None:
        return {"messages": []}
    return {"messages": _within_limit(run, answer), "told": run.told}


def _within_limit(run: Run, answer: AIMessage) -> list[AnyMessage]:
    """As many of the calls as the turn may still make; the next one is told why it is not made, and the others are dropped."""
    left = run.settings.max_tool_calls - run.usage.tool_calls
    kept = answer.model_copy(update={"tool_calls": answer.tool_calls[: left + 1]})
    return [kept, *(_told(call, refusal_of(call["name"], TurnLimit())) for call in kept.tool_calls[left:])]


async def after_thinking(state: State, runtime: Runtime[Run]) -> str | list[Send]:
    """A coroutine, because LangGraph runs what is none in a thread."""
    calls = _open_calls(state)
    if any(runtime.context.toolbox.needs_approval(call["name"]) for call in calls):
        return "announce" if _announcement(state) else "confirm"
    return _sends(state) or END


def _announcement(state: State) -> str:
    last = state["messages"][-1]
    return str(last.additional_kwargs.get(ANNOUNCEMENT, "")) if isinstance(last, AIMessage) else ""


async def announce(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Says what goes with a question that there is. A step of its own, because `confirm` runs twice."""
    run = runtime.context
    first = next(call for call in _open_calls(state) if run.toolbox.needs_approval(call["name"]))
    if not run.cancelled.is_set() and not isinstance(await _question(run, state, first), ToolResult):
        spoken([_announcement(state)])
    return {"messages": []}


async def _question(run: Run, state: State, call: ToolCall) -> dict[str, Any] | ToolResult:
    """The shop's question, however often it is asked for; or why there is none."""
    if wrong := wrong_with(call, state["messages"], run.recalled, run.toolbox.ids, changes=True):
        return refusal_of(call["name"], wrong)
    key = call_key(run.turn, call["id"])
    proposal = await run.toolbox.propose(call["name"], call["args"], key, run.thread)
    if proposal.refused:
        return proposal.refused
    assert proposal.confirmation is not None
    return proposal.confirmation


async def confirm(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Asks for the first call that needs a yes. It runs again from its top when the answer is there, so it only asks."""
    run = runtime.context
    wanting = [call for call in _open_calls(state) if run.toolbox.needs_approval(call["name"])]
    if run.cancelled.is_set():
        return {"messages": [_told(call, left_undone(call["name"])) for call in wanting]}
    first, others = wanting[0], wanting[1:]
    later = [_told(call, refusal_of(call["name"], OneDecisionAtATime(call["name"]))) for call in others]
    question = await _question(run, state, first)
    if isinstance(question, ToolResult):
        return {"messages": [*later, _told(first, question)]}
    decision = interrupt(question)
    if decision == "approve":
        return {
            "messages": later,
            "approved": {**state["approved"], str(first["id"]): question["confirmation"]},
        }
    return {"messages": [*later, _told(first, refusal_of(first["name"], Rejected(first["name"])))]}


async def after_confirming(state: State) -> str | list[Send]:
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
    if wrong := wrong_with(call, acting["seen"], run.recalled, run.toolbox.ids, changes=changes):
        result = refusal_of(call["name"], wrong)
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
        artifact={
            "operation": result.operation,
            "view": result.view,
            "refusal": result.refusal,
            "receipt": result.receipt.summary if result.receipt else None,
        },
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
    graph.add_node("announce", announce)
    graph.add_node("confirm", confirm)
    graph.add_node("act", act, input_schema=Acting)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", after_thinking, ["announce", "confirm", "act", END])
    graph.add_edge("announce", "confirm")
    graph.add_conditional_edges("confirm", after_confirming, ["act", "think"])
    graph.add_edge("act", "think")
    return graph.compile(checkpointer=saver)
