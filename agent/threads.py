"""Conversations as rows: start, list, read, delete, hand over."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, delete, insert, select, tuple_, update
from sqlmodel import col

from commerce.errors import CursorInvalid

from .leases import Leases
from .memory.summaries import load_summary
from .records import CheckpointRow, CheckpointWriteRow, CompletionRow, MessageRow, SummaryRow, ThreadRow, TurnRow
from .refusals import ThreadNotFound, TurnNotFound, TurnRunning
from .searching import matching
from .store import Connection, Store
from .views import SummaryView, ThreadList, ThreadView

MINE = select(ThreadRow).where(col(ThreadRow.id) == bindparam("mine"), col(ThreadRow.owner) == bindparam("of_owner"))
RECENT = 500
"""Turns in which a question is looked for; one that is older has long expired."""


class Threads:
    """Everything is asked for an owner; somebody else's conversation does not exist."""

    def __init__(self, store: Store, clock: Callable[[], datetime], make_id: Callable[[str, datetime], str]) -> None:
        self.store = store
        self.clock = clock
        self.leases = Leases(store, clock)
        self._make_id = make_id

    def new_id(self, prefix: str) -> str:
        return self._make_id(prefix, self.clock())

    async def create(self, owner: str, title: str, thread: str = "") -> ThreadView:
        """`thread`: an id that was made for it."""
        async with self.store.write() as db:
            return await self.put(db, owner, title, thread or self.new_id("thr"))

    async def put(self, db: Connection, owner: str, title: str, thread: str) -> ThreadView:
        now = self.clock()
        row = {"id": thread, "owner": owner, "title": title, "created_at": now, "updated_at": now}
        await db.execute(insert(ThreadRow).values(**row))
        return ThreadView.model_validate(row | {"thread": thread})

    async def list_mine(self, owner: str, limit: int, cursor: str | None, query: str = "") -> ThreadList:
        """The most recently used first; with a query, those that hold its words."""
        newest = (col(ThreadRow.updated_at), col(ThreadRow.id))
        statement = select(ThreadRow).where(col(ThreadRow.owner) == owner, *matching(query))
        if cursor:
            statement = statement.where(tuple_(*newest) < tuple_(*_read_cursor(cursor)))
        async with self.store.read() as db:
            rows = (await db.execute(statement.order_by(*(c.desc() for c in newest)).limit(limit + 1))).all()
        page = rows[:limit]
        more = _write_cursor(page[-1]) if len(rows) > limit else None
        return ThreadList(items=[thread_view(row) for row in page], next_cursor=more)

    async def rename(self, owner: str, thread: str, title: str) -> ThreadView:
        async with self.store.write() as db:
            await _mine(db, owner, thread)
            await db.execute(update(ThreadRow).where(col(ThreadRow.id) == thread).values(title=title))
            return thread_view(await _mine(db, owner, thread))

    async def get(self, owner: str, thread: str) -> Row[Any]:
        async with self.store.read() as db:
            return await _mine(db, owner, thread)

    async def turns(self, thread: str, limit: int) -> list[Row[Any]]:
        """The newest turns, oldest first."""
        newest = select(TurnRow).where(col(TurnRow.thread) == thread).order_by(col(TurnRow.id).desc()).limit(limit)
        async with self.store.read() as db:
            return list((await db.execute(newest)).all())[::-1]

    async def turn(self, owner: str, thread: str, turn: str) -> Row[Any]:
        """A turn as it stands; one whose process died is found dead."""
        found = select(TurnRow).where(col(TurnRow.id) == turn, col(TurnRow.thread) == thread)
        async with self.store.read() as db:
            held = await _mine(db, owner, thread)
            row = (await db.execute(found)).one_or_none()
        if row is None:
            raise TurnNotFound(turn)
        if not await self.leases.found_dead(held, row):
            return row
        async with self.store.read() as db:
            row = (await db.execute(found)).one_or_none()
        if row is None:
            raise TurnNotFound(turn)
        return row

    async def ask_to_stop(self, turn: str) -> bool:
        """Writes the wish down; False when the turn does not run."""
        running = col(TurnRow.id) == turn, col(TurnRow.status) == "running"
        async with self.store.write() as db:
            return bool(
                (await db.execute(update(TurnRow).where(*running).values(cancel_asked_at=self.clock()))).rowcount
            )

    async def all_turns(self, thread: str) -> list[Row[Any]]:
        """Oldest first."""
        oldest = select(TurnRow).where(col(TurnRow.thread) == thread).order_by(col(TurnRow.id))
        async with self.store.read() as db:
            return list((await db.execute(oldest)).all())

    async def summary(self, thread: str) -> SummaryView | None:
        """What models read in place of its oldest part, where it is long."""
        async with self.store.read() as db:
            found = await load_summary(db, thread)
        return SummaryView(words=found.words, facts=found.facts.lines()) if found else None

    async def turn_of_key(self, key: str) -> Row[Any] | None:
        async with self.store.read() as db:
            return (await db.execute(select(TurnRow).where(col(TurnRow.key) == key))).one_or_none()

    async def turn_asking(self, thread: str, confirmation: str) -> Row[Any] | None:
        """The turn that asks a question now, or that asked it once."""
        asked = (row for row in reversed(await self.turns(thread, RECENT)) if confirmation in _questions(row))
        return next(asked, None)

    async def delete(self, owner: str, thread: str) -> list[str]:
        """Really deleted: messages, turns and checkpoints go with it; answers the ids of its turns. Refused while it is
        answering."""
        async with self.store.write() as db:
            row = await _mine(
                db, owner, thread, lock=True
            )  # a summary that is just being written is there, or never will be
            if row.running_turn and row.lease_until > self.clock():
                raise TurnRunning(thread)
            turns = select(col(TurnRow.id)).where(col(TurnRow.thread) == thread)
            ids = [row.id for row in await db.execute(turns)]
            for table in (CheckpointRow, CheckpointWriteRow):
                await db.execute(delete(table).where(col(table.thread_id).in_(turns)))
            for of_thread in (
                col(MessageRow.thread),
                col(CompletionRow.thread),
                col(SummaryRow.thread),
                col(TurnRow.thread),
                col(ThreadRow.id),
            ):
                await db.execute(delete(of_thread.class_).where(of_thread == thread))  # type: ignore[attr-defined]
        return ids

    async def hand_over(self, event: dict[str, Any]) -> None:
        """A guest signed in: the conversations come along."""
        async with self.store.write() as db:
            theirs = update(ThreadRow).where(col(ThreadRow.owner) == event["guest"])
            await db.execute(theirs.values(owner=event["account"]))

    async def forget_owner(self, event: dict[str, Any]) -> None:
        """An account was closed: its conversations go too, except one whose turn is still dying; that one comes again."""
        mine = select(col(ThreadRow.id)).where(col(ThreadRow.owner) == event["account"])
        async with self.store.read() as db:
            rows = (await db.execute(mine)).all()
        for row in rows:
            await self.delete(event["account"], row.id)


async def _mine(db: Connection, owner: str, thread: str, *, lock: bool = False) -> Row[Any]:
    mine = {"mine": thread, "of_owner": owner}
    row = (await db.execute(MINE.with_for_update() if lock else MINE, mine)).one_or_none()
    if row is None:
        raise ThreadNotFound(thread)
    return row


def _questions(turn: Row[Any]) -> set[str]:
    return {part["confirmation"]["confirmation"] for part in turn.answer["parts"] if part["confirmation"]}


class Position(NamedTuple):
    updated_at: datetime
    id: str


def thread_view(row: Row[Any]) -> ThreadView:
    return ThreadView(thread=row.id, title=row.title, created_at=row.created_at, updated_at=row.updated_at)


def _write_cursor(row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.updated_at.isoformat(), row.id]).encode()).decode()


def _read_cursor(cursor: str) -> Position:
    try:
        at, thread = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not (isinstance(thread, str) and thread.isascii() and thread.isprintable()):
            raise CursorInvalid()
        return Position(datetime.fromisoformat(at).astimezone(UTC), thread)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        raise CursorInvalid() from None
