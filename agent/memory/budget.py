"""How much of a conversation one model call reads: the newest turns that fit, behind a summary of the others."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from tools.mentions import IDS
from tools.tokens import tokens_in

from ..models.endpoints import tokens_of
from ..run import Run
from .summary import Summary

FULL_TURNS = 2
"""So many of the newest turns keep the results of their calls whole."""
OLD_RESULT = 120
"""Tokens of the result of a call in older turns."""
SHORTENED = "… (shortened; call it again for the rest)"
LEAST_ROOM = 2_000
"""For the conversation, however much the instructions and the tools take."""


def room_for(run: Run) -> int:
    """For the conversation, beside the instructions and the tools of the model that answers. The planner has none."""
    fixed = run.endpoints[0].with_tools(run.toolbox.specs).tokens if run.endpoints else 0
    return max(run.settings.context_tokens - fixed - tokens_in(run.system), LEAST_ROOM)


class Read(NamedTuple):
    summary: Summary
    messages: list[AnyMessage]


def fitted(summary: Summary, messages: Sequence[AnyMessage], room: int, ids: Collection[str] = IDS) -> Read:
    """Results in older turns are shortened, in newer ones where it must be; then whole turns go into the summary, the oldest first, and last the results of
    this turn are cut. What is left may still be more than the room when the shopper's own words are."""
    turns = turns_in(messages)
    kept = [shortened(turn, OLD_RESULT) for turn in turns[:-FULL_TURNS]] + turns[-FULL_TURNS:]
    sizes = [sum(map(tokens_of, turn)) for turn in kept]
    while len(kept) > 1 and sum(sizes) > room:
        if len(kept) <= FULL_TURNS and (brief := shortened(kept[0], OLD_RESULT)) != kept[0]:
            kept[0], sizes[0] = brief, sum(map(tokens_of, brief))
            continue
        summary = summary.by_rule(turns[len(turns) - len(kept)], ids)
        kept, sizes = kept[1:], sizes[1:]
    if kept and sum(sizes) > room:
        kept = [_squeezed(kept[0], room)]
    return Read(summary, [message for turn in kept for message in turn])


def turns_in(messages: Sequence[AnyMessage]) -> list[list[AnyMessage]]:
    """Each begins with the shopper's message."""
    found: list[list[AnyMessage]] = []
    for message in messages:
        if isinstance(message, HumanMessage) or not found:
            found.append([])
        found[-1].append(message)
    return found


def shortened(messages: Sequence[AnyMessage], longest: int) -> list[AnyMessage]:
    """With results of at most so many tokens, cut between lines where that is possible."""
    return [_cut(m, longest) if isinstance(m, ToolMessage) else m for m in messages]


def _squeezed(turn: list[AnyMessage], room: int) -> list[AnyMessage]:
    """The results of a turn that is too long, all alike."""
    results = sum(isinstance(m, ToolMessage) for m in turn)
    others = sum(tokens_of(m) for m in turn if not isinstance(m, ToolMessage))
    return shortened(turn, max((room - others) // max(results, 1) - 30, 20))


def _cut(message: ToolMessage, longest: int) -> ToolMessage:
    text = str(message.text)
    if tokens_in(text) <= longest:
        return message
    lines = text.splitlines()
    ends = list(accumulate(map(tokens_in, lines)))  # no token reaches over the end of a line
    cut = "\n".join(lines[: max(bisect_right(ends, longest), 1)])
    if (tokens := tokens_in(cut)) > longest:
        cut = cut[: len(cut) * longest // tokens]
    if cut.rfind("«") > cut.rfind("»"):  # what others wrote stays between its marks
        cut += "»"
    return message.model_copy(update={"content": f"{cut}\n{SHORTENED}"})
