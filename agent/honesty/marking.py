"""Marks in an answer what the shop has not confirmed, as soon as a message is whole, and for good when the answer stands still."""

from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, messages_from_dict
from sqlalchemy import select
from sqlmodel import col

from ..language import language_of_last
from ..parts import Part
from ..records import MessageRow
from ..run import Run
from ..store import Store
from ..stream import EventLog
from .claims import Claim, words
from .vouching import unconfirmed

MOST_EARLIER = 1_000
"""Messages of the conversation that are searched when those at hand do not hold a claim."""


async def mark(store: Store, log: EventLog, run: Run, part: Part, *, still: bool) -> None:
    """Tells the listeners when it has changed. Whether something was done is only judged when the turn stands `still`: until then
    its receipt may be on its way."""
    if not part.seen or not part.text:
        return
    terms = (part.confirmation or {}).get("terms")
    doubted = _doubted(part.text, part.seen, terms, still=still)
    if doubted and (run.summary.upto or len(part.seen) >= run.settings.window_messages):
        doubted = _doubted(part.text, await _all_messages(store, run, part.seen), terms, still=still)
    note = words().note[language_of_last(part.seen)]
    marks: list[dict[str, Any]] = [{"kind": claim.kind, "text": claim.text, "note": note} for claim in doubted]
    if marks != part.unconfirmed:
        part.unconfirmed = marks
        await log.write(run.turn, {"type": "message.marked", "unconfirmed": marks})


def _doubted(text: str, messages: list[AnyMessage], terms: dict[str, Any] | None, *, still: bool) -> list[Claim]:
    return [claim for claim in unconfirmed(text, messages, terms) if still or claim.kind != "action"]


async def _all_messages(store: Store, run: Run, seen: list[AnyMessage]) -> list[AnyMessage]:
    """Of the conversation, those of this turn as they are at hand."""
    said = max(i for i, m in enumerate(seen) if isinstance(m, HumanMessage))
    earlier = (
        select(col(MessageRow.body))
        .where(col(MessageRow.thread) == run.thread, col(MessageRow.turn) != run.turn)
        .order_by(col(MessageRow.id).desc())
        .limit(MOST_EARLIER)
    )
    async with store.read() as db:
        bodies = [row.body for row in await db.execute(earlier)]
    return [*messages_from_dict(bodies[::-1]), *seen[said:]]  # type: ignore[list-item]
