"""Waiting in line: messages that came while their conversation was answering are answered in order, across processes.

The line is rows. Each is kept alive by the process that took the message; the first of those that live takes the
conversation as soon as it is free.
"""

import asyncio
from datetime import timedelta
from typing import Any

from langchain_core.messages import HumanMessage
from sqlalchemy import func, select, update
from sqlmodel import col

from commerce.errors import Refusal
from tools import Toolbox

from .language import Language
from .memory.window import append
from .records import ThreadRow, TurnRow
from .refusals import QueueFull, ThreadNotFound, TurnRunning
from .running import Runner
from .settings import AgentSettings
from .store import Connection
from .threads import Threads

LOOK_SECONDS = 0.1


class Queue:
    """The messages that this process has taken and that wait."""

    def __init__(self, threads: Threads, runner: Runner, settings: AgentSettings) -> None:
        self._threads = threads
        self._runner = runner
        self._settings = settings
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._renew_at: dict[str, float] = {}

    async def join(self, db: Connection, thread: str) -> tuple[int, dict[str, Any]]:
        """How many wait before, and what the row of one more needs. Refuses when the line is full."""
        locked = select(col(ThreadRow.id)).where(col(ThreadRow.id) == thread).with_for_update()
        if (await db.execute(locked)).one_or_none() is None:
            raise ThreadNotFound(thread)
        now = self._threads.clock()
        line = col(TurnRow.thread) == thread, col(TurnRow.status) == "queued", col(TurnRow.alive_until) > now
        ahead: int = (await db.execute(select(func.count()).where(*line))).scalar_one()
        if ahead >= self._settings.queue_length:
            raise QueueFull(ahead)
        return ahead, {"status": "queued", "alive_until": now + self._lease}

    def wait(self, toolbox: Toolbox, thread: str, turn: str, text: str, language: Language) -> None:
        task = asyncio.create_task(self._wait(toolbox, thread, turn, text, language))
        self._tasks[turn] = task
        task.add_done_callback(lambda _: self._forget(turn))

    def _forget(self, turn: str) -> None:
        self._tasks.pop(turn, None)
        self._renew_at.pop(turn, None)

    async def leave(self, thread: str, turn: str, status: str) -> bool:
        """Takes a turn out of the line before it was begun; False when it is not in it."""
        return await self._change(turn, status=status) and await self._runner.tell_not_begun(thread, turn, status)

    async def close(self) -> None:
        """What still waits here is told as cut off."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._settings.lease_seconds)

    async def _wait(self, toolbox: Toolbox, thread: str, turn: str, text: str, language: Language) -> None:
        try:
            while True:
                begun = await self._try(thread, turn, text)
                if begun is not None:
                    break
                await asyncio.sleep(LOOK_SECONDS)
        except asyncio.CancelledError:
            await self.leave(thread, turn, "failed")
            raise
        if begun:
            await self._runner.begin(toolbox, thread, turn, text, language)

    async def _try(self, thread: str, turn: str, text: str) -> bool | None:
        """Whether the turn was begun now; None while it has to wait, False when it is no longer in the line."""
        try:
            if not await self._renew(turn):
                return False
            return (
                await self._threads.leases.may_begin(thread, turn) and await self._begin(thread, turn, text)
            ) or None
        except Refusal:  # the database is away or busy
            return None

    async def _renew(self, turn: str) -> bool:
        """Says now and then that its process lives; False when the turn is no longer in the line."""
        clock = asyncio.get_running_loop().time()
        if clock < self._renew_at.get(turn, 0):
            return True
        self._renew_at[turn] = clock + self._settings.lease_seconds / 3
        return await self._change(turn, alive_until=self._threads.clock() + self._lease)

    async def _begin(self, thread: str, turn: str, text: str) -> bool:
        try:
            async with self._threads.store.write() as db:
                await self._threads.leases.begin(db, thread, turn, self._settings.lease_seconds, text)
                mine = col(TurnRow.id) == turn, col(TurnRow.status) == "queued"
                if not (await db.execute(update(TurnRow).where(*mine).values(status="running"))).rowcount:
                    raise TurnRunning(thread)
                await append(db, thread, turn, [HumanMessage(text)])
        except TurnRunning:
            return False
        return True

    async def _change(self, turn: str, **values: Any) -> bool:
        mine = col(TurnRow.id) == turn, col(TurnRow.status) == "queued"
        async with self._threads.store.write() as db:
            return bool((await db.execute(update(TurnRow).where(*mine).values(**values))).rowcount)
