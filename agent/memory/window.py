"""What a model reads of a conversation: the newest messages, from a shopper's message on, every call with its result."""

from collections.abc import Collection, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from sqlalchemy import Integer, bindparam, insert, select
from sqlmodel import col

from tools.mentions import IDS

from ..records import MessageRow
from ..store import Connection
from .budget import Read
from .summaries import load_summary

NEWEST = (
    select(col(MessageRow.body))
    .where(
        col(MessageRow.thread) == bindparam("in_thread"),
        col(MessageRow.id) > bindparam("upto"),
        col(MessageRow.turn) != bindparam("but"),
    )
    .order_by(col(MessageRow.id).desc())
    .limit(bindparam("size", type_=Integer()))
)
APPEND = insert(MessageRow)
UNANSWERED = (
    "AWAITING: the shopper has not answered the shop's question yet; only the buttons, or the confirmations route, can."
)


async def load_window(db: Connection, thread: str, size: int, but: str = "", ids: Collection[str] = IDS) -> Read:
    """What came before, and the newest messages that are not in it yet, those of one turn left out."""
    summary = await load_summary(db, thread)
    window = {"in_thread": thread, "upto": summary.upto, "but": but, "size": size}
    bodies = [row.body for row in await db.execute(NEWEST, window)]
    messages = messages_from_dict(bodies[::-1])
    return Read(summary.with_views_of(_late(messages), ids), paired(messages))


def _late(messages: Sequence[BaseMessage]) -> list[Any]:
    """Results whose calls are not there any more: they came when their question was answered at last."""
    calls = {call["id"] for m in messages if isinstance(m, AIMessage) for call in m.tool_calls}
    return [m for m in messages if isinstance(m, ToolMessage) and m.tool_call_id not in calls]


async def append(db: Connection, thread: str, turn: str, messages: Sequence[AnyMessage]) -> None:
    rows = [{"thread": thread, "turn": turn, "role": m.type, "body": message_to_dict(m)} for m in messages]
    if rows:
        await db.execute(APPEND, rows)


def paired(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Cuts at the first shopper's message and puts each result right behind its call.

    A call without a result (its question still waits, or its turn was cut off) gets a result that says so: models
    refuse to read anything else.
    """
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    found: list[Any] = []
    for message in messages:
        if isinstance(message, ToolMessage) or not (found or isinstance(message, HumanMessage)):
            continue
        found.append(message)
        if isinstance(message, AIMessage):
            found += [
                results.get(str(call["id"])) or _unanswered(call["id"], call["name"]) for call in message.tool_calls
            ]
    return found


def _unanswered(call: str | None, name: str) -> ToolMessage:
    refusal = {"code": "awaiting_decision", "sentence": UNANSWERED, "hint": "", "facts": {}}
    artifact = {"operation": name, "view": None, "refusal": refusal}
    return ToolMessage(content=UNANSWERED, tool_call_id=call or "", name=name, status="error", artifact=artifact)
