"""Clients that send a whole history each time: which conversation it is, and whether its last message was said already.

A request is known by a digest of all that was said before and in it. What a client says that the assistant answered is only used to
find the conversation again; the model reads what was really said there.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select
from sqlmodel import col

from .leases import UNTITLED
from .records import CompletionRow
from .store import Connection
from .threads import Threads

AGAIN = timedelta(minutes=10)
"""The first message of a conversation, word for word the same within this time, is the same request; later it begins
another conversation."""
CANDIDATES = 5
TAKE = insert(CompletionRow).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")


class Said(NamedTuple):
    """One message of a history; `role` is `user` or `assistant`."""

    role: str
    text: str


class Histories:
    """Finds or begins the conversation of a history."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def place(self, owner: str, history: Sequence[Said], key: str | None) -> str:
        """The conversation in which the last message is to be said. `key`: names the request, as an Idempotency-Key."""
        request, earlier = digest_of(owner, history), _before(history)
        while True:
            if found := await self._known(owner, request, earlier, history, key):
                return found
            if begun := await self._begin(owner, request, key, again=not earlier):
                return begun

    async def _known(
        self, owner: str, request: str, earlier: Sequence[Said], history: Sequence[Said], key: str | None
    ) -> str | None:
        async with self._threads.store.read() as db:
            if key:
                named = select(CompletionRow).where(col(CompletionRow.id) == _digest(owner, "key", key))
                if row := (await db.execute(named)).one_or_none():
                    return str(row.thread)
            same = [] if key and not earlier else await _rows(db, request)
            if not earlier:
                return self._fresh(same)
            candidates = same or await _rows(db, digest_of(owner, earlier))
        found = await self._choose(candidates, history)
        if found and not same:
            await self._note(owner, request, found, key)
        return found

    def _fresh(self, same: Sequence[Row[Any]]) -> str | None:
        """Where a request of a moment ago went."""
        since = self._threads.clock() - AGAIN
        return next((str(row.thread) for row in same if row.created_at > since), None)

    async def _choose(self, candidates: Sequence[Row[Any]], history: Sequence[Said]) -> str | None:
        """Of conversations that began alike, the one that gave the answer which the client remembers; else the newest."""
        answers = [_plain(said.text) for said in history if said.role == "assistant"]
        for row in candidates if len(candidates) > 1 and answers else []:
            for turn in await self._threads.turns(row.thread, 2):
                told = _plain("\n".join(part["text"] for part in turn.answer["parts"]))
                if told and (answers[-1].startswith(told) or told.startswith(answers[-1])):
                    return str(row.thread)
        return str(candidates[0].thread) if candidates else None

    async def _begin(self, owner: str, request: str, key: str | None, *, again: bool) -> str | None:
        """None when another request was first. `again`: one like it, of a moment ago, would be the same."""
        thread = self._threads.new_id("thr")
        async with self._threads.store.write() as db:
            if again and not key and self._fresh(await _rows(db, request)):
                return None
            if not await self._take(db, owner, request, thread, key):
                return None
            await self._threads.put(db, owner, UNTITLED, thread)
        return thread

    async def _note(self, owner: str, request: str, thread: str, key: str | None) -> None:
        async with self._threads.store.write() as db:
            await self._take(db, owner, request, thread, key)

    async def _take(self, db: Connection, owner: str, request: str, thread: str, key: str | None) -> bool:
        """Writes down where a request went: under its key, or as the next of its kind, so that of two at once one is first."""
        alike = select(func.count()).where(col(CompletionRow.request) == request)
        name = _digest(owner, "key", key) if key else _digest(request, str((await db.execute(alike)).scalar_one()))
        row = {"id": name, "request": request, "thread": thread, "created_at": self._threads.clock()}
        return bool((await db.execute(TAKE.values(**row))).rowcount)


async def _rows(db: Connection, request: str) -> list[Row[Any]]:
    """The newest first."""
    of_request = select(CompletionRow).where(col(CompletionRow.request) == request)
    newest = of_request.order_by(col(CompletionRow.created_at).desc(), col(CompletionRow.thread).desc())
    return list((await db.execute(newest.limit(CANDIDATES))).all())


def digest_of(owner: str, history: Sequence[Said]) -> str:
    """White space apart, because clients trim."""
    return _digest(owner, *(f"{said.role}:{_plain(said.text)}" for said in history))


def _before(history: Sequence[Said]) -> Sequence[Said]:
    """Up to the shopper's message before the last."""
    earlier = [at for at, said in enumerate(history) if said.role == "user"][:-1]
    return history[: earlier[-1] + 1] if earlier else []


def _plain(text: str) -> str:
    return " ".join(text.split())


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
