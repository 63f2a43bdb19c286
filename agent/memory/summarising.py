"""Summing up: after a turn, the oldest part of a conversation that has grown long becomes a summary, beside whatever comes next."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, HumanMessage, SystemMessage
from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from prompts import load_prompt
from tools.fence import fenced

from ..models.endpoints import MARGIN, Endpoint, tokens_of
from ..models.failures import Declined, EndpointFailed, failure_of
from ..models.hearing import Heard
from ..paying import paid
from ..run import Run
from ..spending.limits import LimitReached
from ..threads import Threads
from .budget import FULL_TURNS, room_for, turns_in
from .summaries import Stored, load_behind, load_summary, write_summary
from .summary import MOST_TOKENS, Summary, lines_of

DUE, LEFT = 0.75, 0.4
"""Parts of what may be read: more than the first is summed up until less than the second is left. In between the beginning of
what models read stays the same, so that they need not read it anew."""
LONGEST_ANSWER = 400
LONGEST_WORDS = 4 * MOST_TOKENS
"""Characters."""
BY_RULE = "rule"


class Summariser:
    """A summary is written where the one that it goes on from still stands: of two at once, one is dropped."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._tasks: set[asyncio.Task[None]] = set()

    def after(self, run: Run, messages: Sequence[AnyMessage]) -> None:
        """Begins to sum up where that is due; nobody waits for it."""
        if _surplus(run, messages, DUE):
            task = asyncio.create_task(self._sum_up(run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Returns when all summaries that are due are written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.settled()

    async def _sum_up(self, run: Run) -> None:
        try:
            async with self._threads.store.read() as db:
                known = await load_summary(db, run.thread)
                stored = await load_behind(db, run.thread, known)
            old = stored[: _surplus(run, [s.message for s in stored], LEFT)]
            if not old:
                return
            summary = replace(known.by_rule([s.message for s in old], run.toolbox.ids), upto=old[-1].id)
            words = await self._words(run, known, old)
            written_by = run.endpoints[0].name if words else BY_RULE
            async with self._threads.store.write() as db:
                made = replace(summary, words=words or summary.words)
                await write_summary(db, run.thread, made, known, written_by, self._threads.clock())
        except SQLAlchemyError as failed:  # the next turn tries again
            logger.warning("the conversation {} could not be summed up: {}", run.thread, failed)

    async def _words(self, run: Run, known: Summary, old: Sequence[Stored]) -> str:
        """By the model that answered; empty where there is none, or where it fails: then the rule's words stand."""
        if not run.endpoints:
            return ""
        endpoint = run.endpoints[0]
        asked: list[BaseMessage] = [
            SystemMessage(load_prompt("summary").render(most_words=MOST_TOKENS // 2)),
            HumanMessage(_told(known, old)),
        ]
        try:
            return await _asked(run, endpoint, asked)
        except (EndpointFailed, Declined, LimitReached) as failed:
            logger.warning("{} did not sum up {}: {}", endpoint.name, run.thread, failed)
            return ""


def _surplus(run: Run, messages: Sequence[AnyMessage], part: float) -> int:
    """How many of the oldest messages go, as whole turns, until what is left is less than that part of what may be read."""
    most, room = part * run.settings.window_messages, part * room_for(run)
    left, tokens, gone = len(messages), sum(map(tokens_of, messages)), 0
    for turn in turns_in(messages)[:-FULL_TURNS]:
        if left <= most and tokens <= room:
            break
        left, tokens, gone = left - len(turn), tokens - sum(map(tokens_of, turn)), gone + len(turn)
    return gone


def _told(known: Summary, old: Sequence[Stored]) -> str:
    """What a model sums up: who said what, and what was done. Results of tools stay out; the shop keeps their facts."""
    lines = []
    for message in (s.message for s in old):
        if isinstance(message, AIMessage) and str(message.text).strip():
            lines.append(f"- the assistant said {fenced(str(message.text), LONGEST_ANSWER)}")
        else:
            lines += lines_of([message], LONGEST_ANSWER)
    return "\n".join(["Notes so far:", known.words or "none", "", "The next part:", *lines])


async def _asked(run: Run, endpoint: Endpoint, asked: list[BaseMessage]) -> str:
    """One call, through the breaker, and not tried again. Reserved and settled in the turn's name, after it was told what it
    cost."""
    heard = Heard()
    with endpoint.breaker.trying():
        most = endpoint.spend(round(sum(map(tokens_of, asked)) * MARGIN), endpoint.max_tokens)
        held = await run.reserve(endpoint, most)
        async with paid(endpoint, held, heard, run.ledger.currency, run.ledger.settle):
            text = await _listen(run, endpoint, asked, heard)
    if heard.finish != "stop" or not text.strip():
        raise EndpointFailed("no summary came of it", passing=False)
    return fenced(text, LONGEST_WORDS)


async def _listen(run: Run, endpoint: Endpoint, asked: list[BaseMessage], heard: Heard) -> str:
    text = ""
    try:
        async with asyncio.timeout(run.settings.call_seconds):
            async for chunk in endpoint.model.astream(asked):
                if isinstance(chunk, AIMessageChunk):
                    heard.take(chunk)
                    text += str(chunk.text)
    except Exception as error:  # whatever a client raises for what it got
        raise failure_of(error) from error
    return text
