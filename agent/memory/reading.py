"""What one model call reads: the system prompt and the tools, the same for every shopper; who this one is and what came before;
and as much of the conversation as the budget leaves room for."""

from collections.abc import Sequence
from functools import lru_cache

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage

from prompts import load_prompt
from tools.tokens import tokens_in

from ..language import language_of_last
from ..models.endpoints import Endpoint, tokens_of
from ..run import Run
from .budget import LEAST_ROOM, fitted
from .facts import as_messages
from .summary import Summary


def reading(run: Run, endpoint: Endpoint, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The oldest turns that do not fit are summed up by rule, for this call alone."""
    language, ids = language_of_last(messages), run.toolbox.ids
    room = run.settings.context_tokens - endpoint.with_tools(run.toolbox.specs).tokens - tokens_in(run.system)
    context = _context(run, run.summary, language)
    summary, kept = fitted(run.summary, messages, max(room - tokens_of(context), LEAST_ROOM), ids)
    if summary is not run.summary:
        context = _context(run, summary, language)
        summary, kept = fitted(run.summary, messages, max(room - tokens_of(context), LEAST_ROOM), ids)
        context = _context(run, summary, language)
    return [SystemMessage(run.system), context, *kept]


def reading_of_the_planner(run: Run, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """It reads views and no words, and its time costs nothing: all messages, behind the views that came before."""
    return [SystemMessage(run.system), *as_messages(run.summary.facts.views), *messages]


def _context(run: Run, summary: Summary, language: str) -> HumanMessage:
    about = run.shopper
    assert about is not None
    lines = tuple(summary.facts.lines())
    day = f"{about.now:%A, %Y-%m-%d}"
    return HumanMessage(_told(day, language, about.name, about.guest, about.remembered, summary.words, lines))


@lru_cache(64)
def _told(
    day: str, language: str, name: str, guest: bool, remembered: tuple[str, ...], words: str, facts: tuple[str, ...]
) -> str:
    """The same at each step of a turn, and mostly in the next one."""
    told = load_prompt("context").render(
        day=day, language=language, name=name, guest=guest, remembered=remembered, words=words, facts=facts
    )
    return "\n".join(line for line in told.splitlines() if line.strip())
