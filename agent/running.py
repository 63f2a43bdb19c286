"""Running turns: the graph in a task of its own, what it says and does into the stream and the rows, until it stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.types import Command
from loguru import logger
from sqlalchemy import Row, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from commerce.errors import RedisAway, Refusal
from tools import Toolbox

from .cancelling import NOTE, stopped
from .checkpoints import LazySaver
from .graph import build_graph
from .honesty.marking import mark
from .language import Language
from .memory.summarising import Summariser
from .memory.window import load_window
from .models.registry import Models
from .outcomes import Ended, close_off, write_end
from .parts import Part, prompt_of, turn_view, view_of
from .prompting import Systems
from .records import TurnRow
from .run import Run, Usage
from .searching import words_of
from .settings import AgentSettings
from .spending.ledger import settle_within
from .stream import EventLog
from .telling import count_turn
from .threads import Threads
from .views import TurnView

CANCELS = "cancels"
"""Name of the stream by which a process hears that a turn of its own is to be stopped."""
HEARING_SECONDS = 5.0
REDIS_PAUSE_SECONDS = 2.0
STOPPING_SECONDS = 0.2
HEAD_START = 5
"""Rounds of the event loop that a turn leaves to whoever asked for it, to hear that it has begun."""


class Runner:
    """The turns of this process."""

    def __init__(
        self,
        threads: Threads,
        log: EventLog,
        settings: AgentSettings,
        models: Models,
        systems: Systems,
    ) -> None:
        self.threads = threads
        self.log = log
        self._settings = settings
        self._models = models
        self.systems = systems
        self._saver = LazySaver(threads.store)
        self._graph = build_graph(self._saver)
        self._tasks: dict[str, asyncio.Task[TurnView | None]] = {}
        self._runs: dict[str, Run] = {}
        self.summariser = Summariser(threads)
        self._hearing: asyncio.Task[None] | None = None

    async def begin(self, toolbox: Toolbox, thread: str, turn: str, text: str, language: Language) -> None:
        """Starts a turn whose row says that it runs."""
        await self.log.write(turn, {"type": "turn.started", "thread": thread, "turn": turn, "text": text})
        self.start(toolbox, thread, turn, text, language)

    def start(self, toolbox: Toolbox, thread: str, turn: str, asked: str | Command[Any], language: Language) -> None:
        system, models = self.systems.of(thread, language, manages=toolbox.manages), self._models
        run = Run(thread, turn, toolbox, system.text, self._settings, [*models.endpoints], models.ledger)
        run.usage.prompt = system.name
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear_cancels())
        task = asyncio.create_task(self._run(run, asked))
        self._tasks[turn], self._runs[turn] = task, run
        task.add_done_callback(lambda done: self._forget(turn, done))

    def _forget(self, turn: str, done: asyncio.Task[TurnView | None]) -> None:
        if self._tasks.get(turn) is done:
            del self._tasks[turn], self._runs[turn]

    def runs(self, turn: str) -> bool:
        """In this process, so that its end will be told here."""
        return turn in self._tasks

    async def until_still(self, turn: str, patience: float | None = None) -> TurnView | None:
        """Returns when the turn no longer runs in this process, or when patience is over; with what came of it, if it came to
        that here and now."""
        if task := self._tasks.get(turn):
            await asyncio.wait([task], timeout=patience)
            if task.done() and not task.cancelled() and not task.exception():
                return task.result()
        return None

    async def stop(self, turn: str) -> None:
        """Tells whoever runs the turn to stop it. Without Redis another process hears of it when it renews its lease."""
        if run := self._runs.get(turn):
            run.cancelled.set()
        else:
            await self.log.write(CANCELS, {"type": "cancel", "turn": turn})

    async def withdraw(self, toolbox: Toolbox, row: Row[Any]) -> bool:
        """Stops a turn that waits for a yes: the question is answered with a no first. False: it waits no longer."""
        with suppress(Refusal):  # answered or expired already
            await toolbox.decide(row.thread, row.confirmation, "reject")
        part = Part()
        part.add_paragraph(stopped(row.answer["said"]))
        told = part.as_dict(self.threads.clock().isoformat(), Usage(prompt=prompt_of(row)))
        async with self.threads.store.write() as db:
            waiting = col(TurnRow.id) == row.id, col(TurnRow.status) == "waiting"
            answer = row.answer | {"parts": [*row.answer["parts"], told]}
            values = {"status": "cancelled", "answer": answer, "words": words_of(answer)}
            if not (await db.execute(update(TurnRow).where(*waiting).values(**values))).rowcount:
                return False
            await close_off(db, row.thread, row.id, NOTE)
        await self._tell_end(row.thread, row.id, "cancelled", told)
        return True

    async def tell_not_begun(self, thread: str, turn: str, status: str) -> bool:
        """Tells the end of a turn that never ran."""
        async with self.threads.store.read() as db:
            row = (await db.execute(select(TurnRow).where(col(TurnRow.id) == turn))).one_or_none()
        if row:
            await self.log.write(turn, {"type": "turn.completed", **turn_view(row).model_dump(mode="json")})
        return True

    async def close(self) -> None:
        """Lets running turns end as cut off."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stop_hearing()
        await self.summariser.close()

    async def _stop_hearing(self) -> None:
        """Asks until it is so: a client that waits by `asyncio.wait_for` loses, before Python 3.12, a cancellation that comes
        together with an answer."""
        while self._hearing and not self._hearing.done():
            self._hearing.cancel()
            await asyncio.wait([self._hearing], timeout=STOPPING_SECONDS)

    async def _hear_cancels(self) -> None:
        after = await self.log.last_id(CANCELS)
        while True:
            try:
                async for sent in self.log.read(CANCELS, after, HEARING_SECONDS):
                    after = sent.id if sent else after
                    if sent and (run := self._runs.get(sent.event["turn"])):
                        run.cancelled.set()
            except RedisAway as failed:
                logger.debug("wishes to stop turns can't be heard: {}", failed)
                await asyncio.sleep(REDIS_PAUSE_SECONDS)

    async def _run(self, run: Run, asked: str | Command[Any]) -> TurnView | None:
        beside = [asyncio.create_task(self._keep_alive(run))]
        if self._settings.unheard_seconds:
            beside.append(asyncio.create_task(self._stop_unheard(run)))
        part = Part()
        try:
            for _ in range(HEAD_START):
                await asyncio.sleep(0)
            return await self._drive(run, asked, part)
        except asyncio.CancelledError:
            await self._finish(run, part, "failed")
            raise
        except Exception:  # noqa: BLE001 (a bug ends this turn, and says so)
            logger.exception("turn {} failed", run.turn)
            return await self._finish(run, part, "failed")
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _drive(self, run: Run, asked: str | Command[Any], part: Part) -> TurnView | None:
        """Runs the graph until it is done or stops with a question."""
        begin: Any = asked
        async with self.threads.store.read() as db:
            run.summary, window = await load_window(
                db, run.thread, self._settings.window_messages, run.turn, run.toolbox.ids
            )
        if isinstance(asked, str):
            begin = {"messages": [*window, HumanMessage(asked)], "approved": {}}
            self._saver.begin(run.turn)
        state: dict[str, Any] = {}
        config: Any = {"configurable": {"thread_id": run.turn}, "recursion_limit": 4 * self._settings.max_steps + 10}
        stream: AsyncIterator[Any] = self._graph.astream(
            begin, config, context=run, stream_mode=["custom", "values"], durability="exit"
        )
        async for mode, chunk in stream:
            if mode == "custom":
                part.take(chunk)
                if chunk["type"] != "message.started":
                    await self.log.write(run.turn, chunk)
            else:
                state = chunk if "__interrupt__" not in chunk else state | chunk
                part.seen = state["messages"]
                await mark(self.threads.store, self.log, run, part, still=False)
        if question := state.get("__interrupt__"):
            part.confirmation = question[0].value
            await self._saver.keep(run.turn)
        view = await self._finish(run, part, "waiting" if question else "completed")
        self.summariser.after(run, state["messages"])
        return view

    async def _finish(self, run: Run, part: Part, status: str) -> TurnView | None:
        """Writes how the turn stands. A wish to stop that came before counts; a conversation that was deleted stays so."""
        question = part.confirmation
        await mark(self.threads.store, self.log, run, part, still=True)
        ended = await self._ended(run, part, status)
        if ended is None:
            await self._saver.forget(run.turn)
            await self.log.forget(run.turn)
            return None
        status, told = ended
        if status == "waiting":
            await self.log.write(run.turn, {"type": "confirmation.required", **(question or {})})
        elif question:
            with suppress(Refusal):
                await run.toolbox.decide(run.thread, question["confirmation"], "reject")
        return await self._tell_end(run.thread, run.turn, status, told)

    async def _ended(self, run: Run, part: Part, status: str) -> Ended | None:
        """In one transaction with what the last call of a model did cost; where that can't be written, without it."""
        if settling := run.settling:
            with suppress(DBAPIError):
                async with self.threads.store.write() as db:
                    ended = await write_end(db, self.threads, run, part, status)
                    await settle_within(db, settling)
                run.settling = None
                return ended
            await run.settle_last()
        async with self.threads.store.write() as db:
            return await write_end(db, self.threads, run, part, status)

    async def _tell_end(self, thread: str, turn: str, status: str, told: dict[str, Any]) -> TurnView:
        if status != "waiting":
            await self._saver.forget(turn)
        view = view_of(thread, turn, status, told)
        count_turn(view.usage.prompt, status)
        await self.log.write(turn, {"type": "turn.completed", **dict(view)})
        return view

    async def _keep_alive(self, run: Run) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            if await self.threads.leases.keep_alive(run.thread, run.turn, self._settings.lease_seconds):
                run.cancelled.set()

    async def _stop_unheard(self, run: Run) -> None:
        """Where that is the policy: stops the turn once nobody has listened for the time set."""
        patience = self._settings.unheard_seconds
        await self.log.mark_heard(run.turn, patience)
        while True:
            await asyncio.sleep(min(1.0, patience / 3))
            if not await self.log.is_heard(run.turn) and await self.threads.ask_to_stop(run.turn):
                run.cancelled.set()
                return
