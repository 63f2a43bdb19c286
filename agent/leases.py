"""The lease of the one turn that may run in a conversation: taken, renewed, given back, and found dead when its process died."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, exists, or_, select, update
from sqlmodel import col

from .language import Language, language_of
from .records import ID, Moment, ThreadRow, TurnRow
from .refusals import ThreadNotFound, TurnRunning
from .store import Connection, Store

UNTITLED = ""
TITLE_LENGTH = 60
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
"""What may be a card's number; titles stand in lists, where others look too."""

THREAD, TURN = bindparam("of_thread", type_=ID), bindparam("of_turn", type_=ID)
NOW, UNTIL = bindparam("now", type_=Moment()), bindparam("until", type_=Moment())
LINE = col(TurnRow.thread) == col(ThreadRow.id), col(TurnRow.status) == "queued", col(TurnRow.alive_until) > NOW
OTHERS_WAIT = exists().where(*LINE, col(TurnRow.id) < TURN).label("others_wait")
"""Whether a turn that came before this one still waits in line in the thread."""
STANDING = (col(ThreadRow.owner), col(ThreadRow.running_turn), col(ThreadRow.lease_until), col(ThreadRow.language))
LOOK = select(*STANDING, OTHERS_WAIT).where(col(ThreadRow.id) == THREAD)
FREE = or_(col(ThreadRow.running_turn).is_(None), col(ThreadRow.lease_until) <= NOW)
TAKE = (
    update(ThreadRow)
    .where(col(ThreadRow.id) == THREAD, FREE)
    .values(running_turn=TURN, lease_until=UNTIL, updated_at=NOW)
)
NAME = TAKE.values(
    language=bindparam("spoken"),
    title=case((col(ThreadRow.title) == UNTITLED, bindparam("named")), else_=col(ThreadRow.title)),
)
"""A name that a person gave stays."""
MINE = col(ThreadRow.id) == THREAD, col(ThreadRow.running_turn) == TURN
RENEW = update(ThreadRow).where(*MINE).values(lease_until=UNTIL)
END = update(ThreadRow).where(*MINE).values(running_turn=None, lease_until=None)


class Leases:
    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def begin(
        self, db: Connection, thread: str, turn: str, lease: float, text: str, owner: str | None = None
    ) -> Language:
        """Takes the thread for one turn, names it by the first words said in it, and answers the language that it is held
        in. Refuses while another turn runs; one whose lease is over is taken for dead. `owner`: whose it has to be."""
        now = self._clock()
        mine = {"of_thread": thread, "of_turn": turn, "now": now}
        held = (await db.execute(LOOK, mine)).one_or_none()
        if held is None or (owner is not None and held.owner != owner):
            raise ThreadNotFound(thread)
        if held.others_wait:
            raise TurnRunning(thread)
        language: Language = held.language or language_of(text)
        taken = mine | {"until": now + timedelta(seconds=lease)}
        if held.language is None:
            took = await db.execute(NAME, taken | {"spoken": language, "named": titled(text)})
        else:
            took = await db.execute(TAKE, taken)
        if not took.rowcount:
            raise TurnRunning(thread)
        if held.running_turn:
            await _bury(db, thread, turn)
        return language

    async def may_begin(self, thread: str, turn: str) -> bool:
        """Whether a turn that waits in line is the first and finds the conversation free; or gone, which `begin` tells."""
        now = self._clock()
        async with self._store.read() as db:
            held = (await db.execute(LOOK, {"of_thread": thread, "of_turn": turn, "now": now})).one_or_none()
        if held is None:
            return True
        return not held.others_wait and (held.running_turn is None or held.lease_until <= now)

    async def keep_alive(self, thread: str, turn: str, lease: float) -> bool:
        """Renews the lease; True when somebody wants the turn stopped."""
        until = self._clock() + timedelta(seconds=lease)
        async with self._store.write() as db:
            await db.execute(RENEW, {"of_thread": thread, "of_turn": turn, "until": until})
            asked = (
                await db.execute(select(col(TurnRow.cancel_asked_at)).where(col(TurnRow.id) == turn))
            ).one_or_none()
        return bool(asked and asked.cancel_asked_at)

    async def end(self, db: Connection, thread: str, turn: str) -> None:
        await db.execute(END, {"of_thread": thread, "of_turn": turn})

    async def found_dead(self, thread: Row[Any], turn: Row[Any]) -> bool:
        """Whether the process of a turn that runs or waits by the book has died; its end is then written."""
        if turn.status == "queued" and turn.alive_until <= self._clock():
            await self.bury_waiting(thread.id)
            return True
        return turn.status == "running" and thread.running_turn == turn.id and await self.bury_dead(thread)

    async def bury_dead(self, thread: Row[Any]) -> bool:
        """Ends what runs in a conversation by the book, if its lease is over."""
        if thread.running_turn is None or thread.lease_until > self._clock():
            return False
        dead = (
            col(ThreadRow.id) == thread.id,
            col(ThreadRow.running_turn) == thread.running_turn,
            col(ThreadRow.lease_until) <= self._clock(),
        )
        async with self._store.write() as db:
            if not (
                await db.execute(update(ThreadRow).where(*dead).values(running_turn=None, lease_until=None))
            ).rowcount:
                return False
            await _bury(db, thread.id, "")
        return True

    async def bury_waiting(self, thread: str) -> None:
        """Ends what waits in line by the book, where its process died."""
        async with self._store.write() as db:
            await db.execute(update(TurnRow).where(*_lost(thread, self._clock())).values(status="failed"))

    async def after_restart(self) -> None:
        """In embedded mode nobody else runs turns, so those that run by the book were cut off."""
        async with self._store.write() as db:
            stale = await db.execute(select(ThreadRow).where(col(ThreadRow.running_turn).is_not(None)))
            await db.execute(update(TurnRow).where(col(TurnRow.status) == "queued").values(status="failed"))
            for row in stale.all():
                await _bury(db, row.id, "")
                await self.end(db, row.id, row.running_turn)


async def _bury(db: Connection, thread: str, but: str) -> None:
    """Turns that were cut off: one that was to be stopped is, one that had a question is open again for its answer, the
    others have failed."""
    cut_off = col(TurnRow.thread) == thread, col(TurnRow.status) == "running", col(TurnRow.id) != but
    unwanted, asked = col(TurnRow.cancel_asked_at).is_not(None), col(TurnRow.confirmation).is_not(None)
    status = case((unwanted, "cancelled"), (asked, "waiting"), else_="failed")
    await db.execute(update(TurnRow).where(*cut_off).values(status=status))


def _lost(thread: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(TurnRow.thread) == thread, col(TurnRow.status) == "queued", col(TurnRow.alive_until) <= now


def titled(text: str) -> str:
    """What a conversation that begins so is called."""
    return " ".join(_CARD.sub("••••", text).split())[:TITLE_LENGTH]
