"""Summaries as rows: one for each conversation that is too long to be read whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from langchain_core.messages import AnyMessage, messages_from_dict
from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import col

from ..records import MessageRow, SummaryRow, ThreadRow
from ..store import Connection
from .facts import facts_of
from .summary import NOTHING, Summary

OF_THREAD = select(SummaryRow).where(col(SummaryRow.thread) == bindparam("in_thread"))


class Stored(NamedTuple):
    """A message, and the number of its row."""

    id: int
    message: AnyMessage


async def load_summary(db: Connection, thread: str) -> Summary:
    row = (await db.execute(OF_THREAD, {"in_thread": thread})).one_or_none()
    return Summary(row.words, facts_of(row.facts), row.upto) if row else NOTHING


async def load_behind(db: Connection, thread: str, summary: Summary) -> list[Stored]:
    """All messages that the summary does not hold."""
    behind = col(MessageRow.thread) == thread, col(MessageRow.id) > summary.upto
    rows = (
        await db.execute(select(col(MessageRow.id), col(MessageRow.body)).where(*behind).order_by(col(MessageRow.id)))
    ).all()
    messages: Sequence[Any] = messages_from_dict([row.body for row in rows])
    return [Stored(row.id, message) for row, message in zip(rows, messages, strict=True)]


async def write_summary(
    db: Connection, thread: str, summary: Summary, known: Summary, written_by: str, now: datetime
) -> bool:
    """Puts it in place of the one that is known; False when another one stands there already, or the conversation is gone."""
    held = select(col(ThreadRow.id)).where(col(ThreadRow.id) == thread).with_for_update()
    if (await db.execute(held)).one_or_none() is None:
        return False
    stored = (
        await db.execute(select(col(SummaryRow.upto)).where(col(SummaryRow.thread) == thread))
    ).scalar_one_or_none()
    if (stored or 0) != known.upto:
        return False
    await db.execute(delete(SummaryRow).where(col(SummaryRow.thread) == thread))
    row = {"thread": thread, "upto": summary.upto, "words": summary.words, "facts": summary.facts.as_json()}
    await db.execute(insert(SummaryRow).values(**row, written_by=written_by, at=now))
    return True
