"""One thought: what the model says, or the next model, or the planner, with every fault of a model and an endpoint seen."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom

from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage
from langgraph.config import get_stream_writer
from loguru import logger

from prompts import load_prompt

from .language import language_of_last
from .memory.reading import reading, reading_of_the_planner
from .models.endpoints import Endpoint
from .models.failures import Declined, EndedEarly, EndpointFailed, failure_of
from .models.hearing import Heard, calls_in
from .paying import paid
from .planner import Planner
from .prompting import rules_in_all_languages
from .run import Run
from .speech import Speech, WrongLanguage, expected_language
from .spending.limits import LimitReached
from .telling import count_limit

STAND_IN = "planner"
"""What the planner is called where it answers for a model."""
ANNOUNCEMENT = "announcement"
"""What the planner says beside a call that needs a yes; it is said once the question exists."""
CORRECTIONS = 2
"""How often a model is told what is wrong with its answer before it is given up for this turn."""
ENDLESS = 4
"""So many times the longest answer are read of one that does not end, as tokens are only estimated here."""
LONGEST_WAIT = 15.0
chance = SystemRandom()


class Useless(Exception):
    """The model answers, and nothing of it is of use."""


@dataclass
class Thought:
    """What is asked, and what of the answer stands before the shopper already."""

    messages: Sequence[AnyMessage]
    shown: str = ""
    corrections: list[AnyMessage] = field(default_factory=list)


async def answer_of(run: Run, messages: Sequence[AnyMessage]) -> AIMessage:
    """Always an answer: that of the first model that gives one, of the planner, or a word about the limit that is reached."""
    run.steps += 1
    thought, language = Thought(messages), language_of_last(messages)
    if run.endpoints and run.shopper is None:
        run.shopper = await run.toolbox.about()
    try:
        while run.endpoints:
            try:
                return await _corrected(run, run.endpoints[0], thought)
            except (EndpointFailed, Useless, LimitReached) as failed:
                if isinstance(failed, LimitReached):
                    if failed.limit.ends_the_turn:
                        raise
                    count_limit(failed.limit)
                logger.warning("{} is given up for turn {}: {}", run.endpoints[0].name, run.turn, failed)
                run.endpoints.pop(0)
                run.reason = _reason(failed)
        await run.over_limit()
        if run.reason and not run.told:
            run.told = True
            say(load_prompt("fallback_notice").render(language=language, reason=run.reason))
        return await _planned(run, messages)
    except LimitReached as reached:
        count_limit(reached.limit)
        return say(load_prompt("turn_limit").render(language=language, limit=reached.limit))
    except Declined:
        return say(load_prompt("declined").render(language=language))


def say(text: str) -> AIMessage:
    """Said by the shop itself."""
    write = get_stream_writer()
    write({"type": "message.started"})
    write({"type": "message.delta", "text": text})
    return AIMessage(content=text)


def _reason(failed: Exception) -> str:
    match failed:
        case LimitReached():
            return failed.limit
        case Useless():
            return "useless"
        case _:
            return "unreachable"


async def _planned(run: Run, messages: Sequence[AnyMessage]) -> AIMessage:
    run.usage.model_calls += 1
    run.usage.model = STAND_IN
    heard, pieces = Heard(), list[str]()
    rules = rules_in_all_languages(run.toolbox.facts, run.settings.policy)
    vocabulary, remembered = await run.toolbox.vocabulary(), await run.toolbox.remembered()
    model = Planner(shop=run.toolbox.shop_name, vocabulary=vocabulary, rules=rules, remembered=remembered)
    planner = Endpoint(STAND_IN, model)
    async for chunk in _chunks(planner, run, reading_of_the_planner(run, messages)):
        heard.take(chunk)
        pieces.append(str(chunk.text))
    if heard.usage:
        run.usage.input_tokens += heard.usage["input_tokens"]
        run.usage.output_tokens += heard.usage["output_tokens"]
    calls = heard.tool_calls()
    if any(run.toolbox.needs_approval(call["name"]) for call in calls):
        later = {ANNOUNCEMENT: "".join(pieces)}
        return AIMessage(content="", tool_calls=calls, usage_metadata=heard.usage, additional_kwargs=later)
    return AIMessage(content=spoken(pieces), tool_calls=calls, usage_metadata=heard.usage)


def spoken(pieces: Sequence[str]) -> str:
    """Streamed to the shopper."""
    speech = Speech(get_stream_writer(), None)
    for piece in filter(None, pieces):
        speech.take(piece)
    speech.end()
    return speech.text


async def _corrected(run: Run, endpoint: Endpoint, thought: Thought) -> AIMessage:
    """Tells the model what is wrong with its answer, and hears another one, within a bound."""
    for _ in range(CORRECTIONS + 1):
        strict = len(thought.corrections) < 2 * CORRECTIONS
        heard, speech, fault = await _insisted(run, endpoint, thought, strict=strict)
        fault = fault or _fault(run, heard, speech)
        if not fault:
            return _message(run, heard, speech, thought)
        logger.warning("{} answered turn {} with a fault: {}", endpoint.name, run.turn, fault)
        told = load_prompt("correction").render(fault=fault, language=language_of_last(thought.messages))
        thought.corrections += [AIMessage(speech.text or speech.held or "…"), HumanMessage(told)]
    raise Useless(fault)


def _fault(run: Run, heard: Heard, speech: Speech) -> str:
    """What is wrong with a whole answer, if anything."""
    if heard.calls:
        return ""
    if held := speech.held:
        heard.calls = calls_in(held, (spec.name for spec in run.toolbox.specs))
        return "" if heard.calls else "call_as_text"
    if speech.text.strip():
        return ""
    if heard.finish == "content_filter":
        raise Declined()
    return "cut_off" if heard.finish == "length" else "empty"


def _message(run: Run, heard: Heard, speech: Speech, thought: Thought) -> AIMessage:
    calls, text = heard.tool_calls(), speech.text
    if heard.finish in {"length", "content_filter"} and not calls:
        name = "answer_cut" if heard.finish == "length" else "declined"
        text += "\n\n" + str(say(load_prompt(name).render(language=language_of_last(thought.messages))).text)
    return AIMessage(content=text, tool_calls=calls, usage_metadata=heard.usage)


async def _insisted(run: Run, endpoint: Endpoint, thought: Thought, *, strict: bool) -> tuple[Heard, Speech, str]:
    """Tries again what may pass, with growing jittered pauses, as long as the turn has time."""
    for attempt in range(run.settings.retries + 1):
        speech = Speech(get_stream_writer(), expected_language(thought.messages) if strict else None, thought.shown)
        heard = Heard()
        try:
            await _attempt(run, endpoint, thought, heard, speech)
            return heard, speech, ""
        except WrongLanguage:
            return heard, speech, "wrong_language"
        except EndpointFailed as failed:
            logger.warning("a call of {} failed: {}", endpoint.name, failed)
            pause = chance.uniform(0, run.settings.retry_seconds * 2**attempt) + (failed.retry_after or 0)
            last = attempt == run.settings.retries
            if last or not failed.passing or pause > min(LONGEST_WAIT, run.seconds_left):
                raise
            await asyncio.sleep(pause)
        finally:
            thought.shown = speech.shown
    raise AssertionError("unreachable")


async def _attempt(run: Run, endpoint: Endpoint, thought: Thought, heard: Heard, speech: Speech) -> None:
    """One call, through the breaker."""
    with endpoint.breaker.trying():
        await _paid(run, endpoint, thought, heard, speech)


async def _paid(run: Run, endpoint: Endpoint, thought: Thought, heard: Heard, speech: Speech) -> None:
    """Reserved before, and settled after, however it ends."""
    asked = [*reading(run, endpoint, thought.messages), *thought.corrections]
    most = endpoint.at_most(asked, run.toolbox.specs)
    held = await run.over_limit(endpoint, most)
    assert held is not None
    run.usage.model_calls += 1
    run.usage.model = endpoint.name
    async with paid(endpoint, held, heard, run.ledger.currency, partial(run.settle, endpoint)):
        await _listen(run, endpoint, asked, heard, speech)


async def _listen(run: Run, endpoint: Endpoint, messages: Sequence[AnyMessage], heard: Heard, speech: Speech) -> None:
    """Hears an answer to its end; raises EndpointFailed, Declined, or WrongLanguage."""
    settings = run.settings
    try:
        async with asyncio.timeout(min(settings.call_seconds, max(run.seconds_left, 0))):
            async with aclosing(_chunks(endpoint, run, messages)) as chunks:
                async for chunk in _patiently(chunks, settings.first_byte_seconds, settings.idle_seconds):
                    heard.take(chunk)
                    if text := str(chunk.text):
                        speech.take(text)
                    if heard.tokens > ENDLESS * endpoint.max_tokens:
                        heard.finish = "length"
                        break
        if not heard.finish:
            raise EndedEarly("the stream ended before the answer did")
        speech.end()
    except (WrongLanguage, Declined):
        raise
    except Exception as error:  # whatever a client raises for what it got
        raise failure_of(error) from error


async def _patiently(
    chunks: AsyncIterator[AIMessageChunk], first: float, later: float
) -> AsyncIterator[AIMessageChunk]:
    patience = first
    while True:
        try:
            async with asyncio.timeout(patience):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        yield chunk
        patience = later


async def _chunks(endpoint: Endpoint, run: Run, messages: Sequence[AnyMessage]) -> AsyncGenerator[AIMessageChunk]:
    bound = endpoint.with_tools(run.toolbox.specs)
    async with aclosing(bound.stream([*messages])) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, AIMessageChunk):
                yield chunk
