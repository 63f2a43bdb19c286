"""How a turn stands once it is still, as rows: its messages, its last part, and the lease given back."""

from copy import copy
from typing import Any, NamedTuple

from langchain_core.messages import AnyMessage, HumanMessage, messages_from_dict
from sqlalchemy import bindparam, func, select, update
from sqlmodel import col

from .cancelling import BROKE_OFF, NOTE, closed_off, stopped
from .memory.window import append
from .parts import Part, cut_off
from .records import MessageRow, TurnRow
from .run import Run
from .searching import words_of
from .store import Connection
from .threads import Threads

ENDINGS = {"failed": cut_off, "cancelled": stopped}
"""What a shopper reads where an answer broke off."""
NOTES = {"failed": BROKE_OFF, "cancelled": NOTE}
"""What a model reads there."""
HELD = select(func.count()).where(col(MessageRow.turn) == bindparam("of_turn")).scalar_subquery().label("held")
THIS_TURN = col(TurnRow.id) == bindparam("of_turn")
STANDING = select(col(TurnRow.answer), col(TurnRow.cancel_asked_at), HELD).where(THIS_TURN).with_for_update()
END = (
    update(TurnRow)
    .where(THIS_TURN)
    .values(status=bindparam("stands"), answer=bindparam("told"), words=bindparam("to_find"))
)
ASK = END.values(confirmation=bindparam("asks"))


class Ended(NamedTuple):
    """How a turn really stands, and its last part."""

    status: str
    told: dict[str, Any]


async def write_end(db: Connection, threads: Threads, run: Run, part: Part, status: str) -> Ended | None:
    """None when the turn was deleted."""
    row = (await db.execute(STANDING, {"of_turn": run.turn})).one_or_none()
    if row is None:
        return None
    part = copy(part)  # should this transaction fail, another one writes it
    await append(db, run.thread, run.turn, _new(part.seen, row.held))
    if row.cancel_asked_at and status != "failed":
        status = "cancelled"
    if status in ENDINGS:
        part.add_paragraph(ENDINGS[status](row.answer["said"]))
    question, part.confirmation = part.confirmation, part.confirmation if status == "waiting" else None
    told = part.as_dict(threads.clock().isoformat(), run.usage)
    answer = row.answer | {"parts": [*row.answer["parts"], told]}
    stands = {"of_turn": run.turn, "stands": status, "told": answer, "to_find": words_of(answer)}
    if question:
        await db.execute(ASK, stands | {"asks": question["confirmation"]})
    else:
        await db.execute(END, stands)
    if status in NOTES:
        await close_off(db, run.thread, run.turn, NOTES[status])
    await threads.leases.end(db, run.thread, run.turn)
    return Ended(status, told)


def _new(messages: list[AnyMessage], held: int) -> list[AnyMessage]:
    """What a turn has added: everything behind the shopper's message that is not written yet. What was done before it broke
    off is known in the next turn."""
    said = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    return messages[said + held :]


async def close_off(db: Connection, thread: str, turn: str, note: str) -> None:
    mine = select(col(MessageRow.body)).where(col(MessageRow.turn) == turn).order_by(col(MessageRow.id))
    messages: list[AnyMessage] = messages_from_dict([row.body for row in await db.execute(mine)])  # type: ignore[assignment]
    await append(db, thread, turn, closed_off(messages, note))
