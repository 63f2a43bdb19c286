"""Turns: a shopper says something, or answers a question, and the graph runs in a task of its own until it stands still."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.types import Command
from loguru import logger
from sqlalchemy import Row, insert, select, update
from sqlmodel import col

from commerce.errors import ConfirmationNotFound, IdempotencyKeyReused, RedisAway
from tools import Toolbox

from .histories import Histories
from .keys import turn_key
from .language import Language, language_of
from .memory.window import append
from .models.registry import Models
from .parts import messages_of, prompt_of, turn_view
from .prompting import Systems
from .queueing import Queue
from .records import TurnRow
from .refusals import TurnOver, TurnRunning
from .running import Runner
from .searching import words_of
from .settings import AgentSettings
from .store import Connection
from .stream import EventLog, Sent, is_later, next_id
from .telling import count_answer
from .threads import Threads, thread_view
from .views import HistoryView, TurnView

HISTORY_TURNS = 200
KEEP_ALIVE_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.05
WRITE = insert(TurnRow)
GOING_ON = {"queued", "running"}
Present = Callable[[], Awaitable[bool]]


class Conversations:
    """Runs turns. A client that goes away neither stops a turn nor starts it again."""

    def __init__(
        self,
        threads: Threads,
        log: EventLog,
        settings: AgentSettings,
        models: Models,
        systems: Systems,
    ) -> None:
        self.threads = threads
        self._settings = settings
        self.runner = Runner(threads, log, settings, models, systems)
        self.histories = Histories(threads)
        self.queue = Queue(threads, self.runner, settings)

    @property
    def log(self) -> EventLog:
        return self.runner.log

    async def say(
        self, owner: str, toolbox: Toolbox, thread: str, text: str, key: str | None, *, wait: bool = False
    ) -> str:
        """Starts a turn and answers its id at once. The same key is the same turn. `wait`: where the conversation is still
        answering, the turn waits in line instead of being refused."""
        digest = turn_key(owner, thread, key) if key else None
        if digest and (known := await self.threads.turn_of_key(digest)):
            return _same_turn(known, text)
        turn = self.threads.new_id("trn")
        try:
            await asyncio.shield(
                self._begin(owner, toolbox, thread, turn, text, digest)
            )  # who leaves now leaves no turn that never runs
        except TurnRunning:
            if digest and (known := await self.threads.turn_of_key(digest)):
                return _same_turn(known, text)
            if not wait:
                raise
            language: Language = (await self.threads.get(owner, thread)).language or language_of(text)
            return await asyncio.shield(self._queue(toolbox, thread, turn, text, digest, language))
        return turn

    async def _begin(self, owner: str, toolbox: Toolbox, thread: str, turn: str, text: str, key: str | None) -> None:
        async with self.threads.store.write() as db:
            language = await self.threads.leases.begin(db, thread, turn, self._settings.lease_seconds, text, owner)
            await self._write_turn(db, thread, turn, text, key, {"status": "running"})
            await append(db, thread, turn, [HumanMessage(text)])
        await self.runner.begin(toolbox, thread, turn, text, language)

    async def _queue(
        self, toolbox: Toolbox, thread: str, turn: str, text: str, key: str | None, language: Language
    ) -> str:
        async with self.threads.store.write() as db:
            ahead, standing = await self.queue.join(db, thread)
            if key and (known := (await db.execute(select(TurnRow).where(col(TurnRow.key) == key))).one_or_none()):
                return _same_turn(known, text)
            await self._write_turn(db, thread, turn, text, key, standing)
        await self.log.write(turn, {"type": "turn.queued", "thread": thread, "turn": turn, "ahead": ahead})
        self.queue.wait(toolbox, thread, turn, text, language)
        return turn

    async def _write_turn(
        self, db: Connection, thread: str, turn: str, text: str, key: str | None, standing: dict[str, Any]
    ) -> None:
        row = {"id": turn, "thread": thread, "key": key, "answer": {"said": text, "parts": []}, **standing}
        row["words"] = words_of(row["answer"])
        await db.execute(WRITE, row | {"created_at": self.threads.clock()})

    async def answer(self, owner: str, toolbox: Toolbox, thread: str, confirmation: str, decision: str) -> str:
        """Takes the shopper's answer and lets the turn go on; the same answer again finds the turn as it is."""
        held = await self.threads.get(owner, thread)
        turn = await self.threads.turn_asking(thread, confirmation)
        if turn is None:
            raise ConfirmationNotFound(confirmation)
        await toolbox.decide(thread, confirmation, "approve" if decision == "approve" else "reject")
        async with self.threads.store.write() as db:
            waiting = (
                col(TurnRow.id) == turn.id,
                col(TurnRow.status) == "waiting",
                col(TurnRow.confirmation) == confirmation,
            )
            if not (await db.execute(update(TurnRow).where(*waiting).values(status="running"))).rowcount:
                return str(turn.id)
            await self.threads.leases.begin(db, thread, turn.id, self._settings.lease_seconds, turn.answer["said"])
        count_answer(prompt_of(turn), decision)
        self.runner.start(toolbox, thread, turn.id, Command(resume=decision), held.language or "en")
        return str(turn.id)

    async def finished(
        self, owner: str, thread: str, turn: str, *, present: Present | None = None, begun: bool = False
    ) -> TurnView:
        """The answer, once the turn stands still; a turn of another process is looked at now and then. `present`: whether
        who asked still listens. `begun`: by this owner, a moment ago, so that its end need not be looked for."""
        patience = time.monotonic() + self._settings.max_seconds
        while True:
            if present and await present():
                await self._listen(turn)
            told = await self.runner.until_still(turn, self._settings.unheard_seconds / 3 or None)
            if told and begun:
                return told
            row = await self.threads.turn(owner, thread, turn)
            if row.status not in GOING_ON:
                return turn_view(row)
            if row.status == "queued":
                patience = time.monotonic() + self._settings.max_seconds
            if time.monotonic() > patience:
                raise TurnRunning(thread)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _listen(self, turn: str) -> None:
        if self._settings.unheard_seconds:
            await self.log.mark_heard(turn, self._settings.unheard_seconds)

    async def events(
        self,
        owner: str,
        thread: str,
        turn: str,
        after: str,
        patience: float = KEEP_ALIVE_SECONDS,
        *,
        begun: bool = False,
    ) -> AsyncIterator[Sent | None]:
        """The turn's events after the one named. None now and then, while nothing happens. Without the stream (Redis was
        restarted), the outcome alone. `begun`: by this owner, a moment ago."""
        try:
            if (
                not begun
                and await self._stands_still(owner, thread, turn)
                and not is_later(await self.log.last_id(turn), after)
            ):
                yield await self._outcome(owner, thread, turn, after)
                return
            await self._listen(turn)
            async for sent in self.log.read(turn, after, self._beat(patience)):
                await self._listen(turn)
                after = sent.id if sent else after
                yield sent
                if sent is None and not self.runner.runs(turn) and await self._stands_still(owner, thread, turn):
                    yield await self._outcome(owner, thread, turn, after)
                    return
        except RedisAway as failed:
            logger.warning("the events of {} can't be read: {}", turn, failed)
            yield await self._outcome(owner, thread, turn, after)

    def _beat(self, patience: float) -> float:
        """How often a listener that hears nothing says that it is there."""
        return min(patience, self._settings.unheard_seconds / 3 or patience)

    async def _stands_still(self, owner: str, thread: str, turn: str) -> bool:
        return (await self.threads.turn(owner, thread, turn)).status not in GOING_ON

    async def _outcome(self, owner: str, thread: str, turn: str, after: str) -> Sent:
        view = await self.finished(owner, thread, turn)
        return Sent(next_id(after), "turn.completed", view.model_dump_json())

    async def history(self, owner: str, toolbox: Toolbox, thread: str, *, whole: bool = False) -> HistoryView:
        """With its newest messages, or with all of them."""
        row = await self.threads.get(owner, thread)
        await self.threads.leases.bury_dead(row)
        turns = await (self.threads.all_turns(thread) if whole else self.threads.turns(thread, HISTORY_TURNS))
        if any(turn.status == "queued" and turn.alive_until <= self.threads.clock() for turn in turns):
            await self.threads.leases.bury_waiting(thread)
            return await self.history(owner, toolbox, thread, whole=whole)
        status: dict[str, str] = {q.confirmation: q.status for q in await toolbox.questions(thread)}
        messages = [message for turn in turns for message in messages_of(turn, status)]
        running = next((turn.id for turn in turns if turn.status == "running"), None)  # read together with the messages
        queued = [turn.id for turn in turns if turn.status == "queued"]
        about = thread_view(row).model_dump()
        summary = await self.threads.summary(thread) if whole else None
        return HistoryView(**about, messages=messages, running_turn=running, queued_turns=queued, summary=summary)

    async def cancel(self, owner: str, toolbox: Toolbox, thread: str, turn: str) -> TurnView:
        """Stops a turn wherever it runs, and answers how it stands then. Stopped twice is stopped once; refuses what ended
        by itself."""
        while (row := await self.threads.turn(owner, thread, turn)).status in {*GOING_ON, "waiting"}:
            if row.status == "queued":
                await self.queue.leave(thread, turn, "cancelled")
            elif row.status == "waiting":
                await self.runner.withdraw(toolbox, row)
            elif await self.threads.ask_to_stop(turn):
                await self.runner.stop(turn)
                return await self.finished(owner, thread, turn)
        if row.status != "cancelled":
            raise TurnOver(turn)
        return turn_view(row)

    async def delete(self, owner: str, toolbox: Toolbox, thread: str) -> None:
        """Deletes a conversation for good. What is being answered is stopped first, and what was asked is answered with a no."""
        await self.threads.get(owner, thread)
        for turn in await self.threads.all_turns(thread):
            if turn.status in {*GOING_ON, "waiting"}:
                with suppress(TurnOver):
                    await self.cancel(owner, toolbox, thread, turn.id)
        for turn_id in await self.threads.delete(owner, thread):
            await self.log.forget(turn_id)

    async def close(self) -> None:
        """Lets running turns end as cut off."""
        await self.queue.close()
        await self.runner.close()


def _same_turn(known: Row[Any], text: str) -> str:
    if known.answer["said"] != text:
        raise IdempotencyKeyReused()
    return str(known.id)
