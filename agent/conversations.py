"""Turns: a shopper says something, or answers a question, and the graph runs in a task of its own until it stands still."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from loguru import logger
from redis.exceptions import RedisError
from sqlalchemy import Row, func, insert, select, update
from sqlmodel import col

from commerce.errors import ConfirmationNotFound, IdempotencyKeyReused
from prompts import Prompt
from tools import Toolbox

from .checkpoints import SqlCheckpointSaver
from .graph import Run, build_graph
from .keys import turn_key
from .parts import Part, cut_off, messages_of, turn_view, view_of
from .records import MessageRow, ThreadRow, TurnRow
from .refusals import TurnRunning
from .settings import AgentSettings
from .stream import EventLog, is_later
from .threads import TITLE_LENGTH, UNTITLED, Threads, thread_view
from .views import HistoryView, TurnView
from .window import append, load_window

HISTORY_TURNS = 200
KEEP_ALIVE_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.05


class Conversations:
    """Runs turns. A client that goes away neither stops a turn nor starts it again."""

    def __init__(
        self,
        threads: Threads,
        log: EventLog,
        settings: AgentSettings,
        open_model: Callable[[], BaseChatModel],
        prompt: Prompt,
        prompt_inputs: dict[str, str],
    ) -> None:
        self.threads = threads
        self.log = log
        self._settings = settings
        self._open_model = open_model
        self._system = prompt.render(**prompt_inputs)
        self._saver = SqlCheckpointSaver(threads.store)
        self._graph = build_graph(self._saver)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def say(self, owner: str, toolbox: Toolbox, thread: str, text: str, key: str | None) -> str:
        """Starts a turn and answers its id at once. The same key is the same turn."""
        await self.threads.get(owner, thread)
        digest = turn_key(owner, thread, key) if key else None
        if digest and (known := await self.threads.turn_of_key(digest)):
            return _same_turn(known, text)
        turn = self.threads.new_id("trn")
        try:
            await asyncio.shield(
                self._begin(toolbox, thread, turn, text, digest)
            )  # who leaves now leaves no turn that never runs
        except TurnRunning:
            if digest and (known := await self.threads.turn_of_key(digest)):
                return _same_turn(known, text)
            raise
        return turn

    async def _begin(self, toolbox: Toolbox, thread: str, turn: str, text: str, key: str | None) -> None:
        await self._open_turn(thread, turn, text, key)
        await self.log.write(turn, {"type": "turn.started", "thread": thread, "turn": turn, "text": text})
        self._start(toolbox, thread, turn, text)

    async def _open_turn(self, thread: str, turn: str, text: str, key: str | None) -> None:
        async with self.threads.store.write() as db:
            await self.threads.begin(db, thread, turn, self._settings.lease_seconds)
            row = {"id": turn, "thread": thread, "key": key, "status": "running", "answer": {"said": text, "parts": []}}
            await db.execute(insert(TurnRow).values(**row, created_at=self.threads.clock()))
            untitled = update(ThreadRow).where(col(ThreadRow.id) == thread, col(ThreadRow.title) == UNTITLED)
            await db.execute(untitled.values(title=" ".join(text.split())[:TITLE_LENGTH]))

    async def answer(self, owner: str, toolbox: Toolbox, thread: str, confirmation: str, decision: str) -> str:
        """Takes the shopper's answer and lets the turn go on; the same answer again finds the turn as it is."""
        await self.threads.get(owner, thread)
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
            await self.threads.begin(db, thread, turn.id, self._settings.lease_seconds)
        self._start(toolbox, thread, turn.id, Command(resume=decision))
        return str(turn.id)

    async def finished(self, owner: str, thread: str, turn: str) -> TurnView:
        """The answer, once the turn stands still; a turn of another process is looked at now and then."""
        patience = time.monotonic() + self._settings.max_seconds
        while True:
            if task := self._tasks.get(turn):
                await asyncio.wait([task])
            row = await self.threads.turn(owner, thread, turn)
            if row.status != "running":
                return turn_view(row)
            if time.monotonic() > patience:
                raise TurnRunning(thread)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def events(
        self, owner: str, thread: str, turn: str, after: str, patience: float = KEEP_ALIVE_SECONDS
    ) -> AsyncIterator[tuple[str, dict[str, Any]] | None]:
        """The turn's events after the one named. None now and then, while nothing happens. Without the stream (Redis was
        restarted), the outcome alone."""
        try:
            if await self._stands_still(owner, thread, turn) and not is_later(await self.log.last_id(turn), after):
                yield after, await self._outcome(owner, thread, turn)
                return
            async for sent in self.log.read(turn, after, patience):
                yield (sent.id, sent.event) if sent else None
                if sent is None and await self._stands_still(owner, thread, turn):
                    yield after, await self._outcome(owner, thread, turn)
                    return
        except RedisError as failed:
            logger.warning("the events of {} can't be read: {}", turn, failed)
            yield after, await self._outcome(owner, thread, turn)

    async def _stands_still(self, owner: str, thread: str, turn: str) -> bool:
        return bool((await self.threads.turn(owner, thread, turn)).status != "running")

    async def _outcome(self, owner: str, thread: str, turn: str) -> dict[str, Any]:
        view = await self.finished(owner, thread, turn)
        return {"type": "turn.completed", **view.model_dump(mode="json")}

    async def history(self, owner: str, toolbox: Toolbox, thread: str) -> HistoryView:
        row = await self.threads.get(owner, thread)
        turns = await self.threads.turns(thread, HISTORY_TURNS)
        status: dict[str, str] = {q.confirmation: q.status for q in await toolbox.questions(thread)}
        messages = [message for turn in turns for message in messages_of(turn, status)]
        running = next((turn.id for turn in turns if turn.status == "running"), None)  # read together with the messages
        return HistoryView(**thread_view(row).model_dump(), messages=messages, running_turn=running)

    async def close(self) -> None:
        """Lets running turns end as cut off."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _start(self, toolbox: Toolbox, thread: str, turn: str, asked: str | Command[Any]) -> None:
        run = Run(thread, turn, self._open_model(), toolbox, self._system, self._settings)
        task = asyncio.create_task(self._run(run, asked))
        self._tasks[turn] = task
        task.add_done_callback(lambda done: self._tasks.pop(turn, None) if self._tasks.get(turn) is done else None)

    async def _run(self, run: Run, asked: str | Command[Any]) -> None:
        alive = asyncio.create_task(self._keep_alive(run))
        part = Part()
        try:
            await self._drive(run, asked, part)
        except asyncio.CancelledError:
            await self._finish(run, part, "failed")
            raise
        except Exception:  # noqa: BLE001 (a bug ends this turn, and says so)
            logger.exception("turn {} failed", run.turn)
            await self._finish(run, part, "failed")
        finally:
            alive.cancel()
            with suppress(asyncio.CancelledError):
                await alive

    async def _drive(self, run: Run, asked: str | Command[Any], part: Part) -> None:
        """Runs the graph until it is done or stops with a question."""
        begin: Any = asked
        if isinstance(asked, str):
            async with self.threads.store.read() as db:
                window = await load_window(db, run.thread, self._settings.window_messages)
            human = HumanMessage(asked)
            async with self.threads.store.write() as db:
                await append(db, run.thread, run.turn, [human])
            begin = {"messages": [*window, human], "approved": {}}
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
        await self._append_new(run, state["messages"])
        if question := state.get("__interrupt__"):
            part.confirmation = question[0].value
            await self.log.write(run.turn, {"type": "confirmation.required", **question[0].value})
            await self._finish(run, part, "waiting")
            return
        await self._finish(run, part, "completed")

    async def _append_new(self, run: Run, messages: list[Any]) -> None:
        """Writes what this turn has added: everything behind the shopper's message that is not there yet."""
        said = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
        async with self.threads.store.write() as db:
            held = (await db.execute(select(func.count()).where(col(MessageRow.turn) == run.turn))).scalar_one()
            await append(db, run.thread, run.turn, messages[said + held :])

    async def _finish(self, run: Run, part: Part, status: str) -> None:
        async with self.threads.store.write() as db:
            held = select(col(TurnRow.answer), col(TurnRow.confirmation)).where(col(TurnRow.id) == run.turn)
            row = (await db.execute(held)).one()
            if status == "failed":
                part.text = "\n\n".join(filter(None, [part.text, cut_off(row.answer["said"])]))
            told = part.as_dict(self.threads.clock().isoformat(), run)
            values = {"status": status, "answer": row.answer | {"parts": [*row.answer["parts"], told]}}
            if part.confirmation:
                values["confirmation"] = part.confirmation["confirmation"]
            await db.execute(update(TurnRow).where(col(TurnRow.id) == run.turn).values(**values))
            await self.threads.end(db, run.thread, run.turn)
        if status != "waiting":
            await self._saver.adelete_thread(run.turn)
        view = view_of(run.thread, run.turn, status, told)
        await self.log.write(run.turn, {"type": "turn.completed", **view.model_dump(mode="json")})

    async def _keep_alive(self, run: Run) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            await self.threads.keep_alive(run.thread, run.turn, self._settings.lease_seconds)


def _same_turn(known: Row[Any], text: str) -> str:
    if known.answer["said"] != text:
        raise IdempotencyKeyReused()
    return str(known.id)
