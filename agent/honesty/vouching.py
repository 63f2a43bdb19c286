"""Which claims of an answer nothing holds that the shop has said or the shopper has typed.

An amount is held by a Money of a result, by a text of one (other than praise), by what the shopper typed, and by arithmetic that the
answer shows: the sum or the difference of confirmed amounts that stand in it, and a small number of times one of them.
A name is held where it stands in a result or in the shopper's words; a link where the shop itself names it, or the shopper. An action is held by a receipt of this turn, or by the
state of what this turn has shown.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from tools.shown import Shown, amounts_shown, as_text, links_shown, states_shown, strings_shown

from ..planner.clause import number, number_pattern
from ..planner.lexicon import language
from .claims import ALIKE, NUMBER, Claim, amounts_in, claims_in, words
from .judging import this_turn

MOST_TIMES = 20
MOST_TERMS = 6
"""Of a sum."""


class Evidence:
    """What the shop and the shopper have said, read only as far as it is asked for."""

    def __init__(self, messages: Sequence[AnyMessage], terms: dict[str, Any] | None = None) -> None:
        self._messages = messages
        self._told = [*_told(messages), *([terms] if terms else [])]
        self._unread, self._read = [*self._told], list[Shown]()
        self._turn = [m for m in this_turn(messages) if isinstance(m, ToolMessage)]

    def currencies_of(self, amount: Decimal) -> Iterator[str]:
        """In which it was shown; the newest first, and no further back than is asked."""
        for shown in self._amounts():
            if shown.amount == amount:
                yield shown.currency

    def _amounts(self) -> Iterator[Shown]:
        yield from self._read
        while self._unread:
            self._read += (fresh := [*amounts_shown(self._unread.pop())])
            yield from fresh

    @cached_property
    def written(self) -> set[Decimal]:
        """Numbers that stand in texts, or were typed or said by the shopper."""
        texts = [text for told in self._told for text in strings_shown(told, words().not_amounts)]
        found = {claim.amount for text in texts for claim in amounts_in(text.translate(ALIKE)) if claim.amount}
        return found | {number for said in self._said for number in numbers_in(said)}

    @cached_property
    def text(self) -> str:
        return "\n".join([*map(as_text, self._told), *(said.casefold() for said in self._said)])

    @property
    def _said(self) -> list[str]:
        return [str(m.text).translate(ALIKE) for m in self._messages if isinstance(m, HumanMessage)]

    @cached_property
    def links(self) -> str:
        return "\n".join([*(link for told in self._told for link in links_shown(told)), *self._said]).casefold()

    def receipts(self, *, earlier: bool) -> set[str]:
        results = [m for m in self._messages if isinstance(m, ToolMessage)] if earlier else self._turn
        return {str(m.artifact["operation"]) for m in results if m.artifact.get("view") is not None}

    @cached_property
    def states(self) -> set[str]:
        return {state for m in self._turn for state in states_shown(m.artifact.get("view"))}


def unconfirmed(text: str, messages: Sequence[AnyMessage], terms: dict[str, Any] | None = None) -> list[Claim]:
    """Each claim once, in the order in which they stand in the text. `terms`: of the question that the shop asks."""
    claims = claims_in(text)
    if not claims:
        return []
    evidence = Evidence(messages, terms)
    doubted = [claim for claim in claims if not _is_held(claim, evidence)]
    if any(claim.kind == "amount" for claim in doubted):
        reckoned = _reckoned({c.amount for c in claims if c.kind == "amount" and c not in doubted and c.amount})
        doubted = [claim for claim in doubted if claim.amount is None or claim.amount not in reckoned]
    return list({claim.text: claim for claim in sorted(doubted, key=lambda claim: claim.at)}.values())


def _is_held(claim: Claim, evidence: Evidence) -> bool:
    if claim.kind == "amount":
        assert claim.amount is not None
        return not claim.amount or _is_known(claim, evidence)
    if claim.kind == "action":
        action = words().actions[claim.action]
        return bool(action.receipts & evidence.receipts(earlier=claim.earlier) or action.states & evidence.states)
    return _plain(claim.text) in (evidence.links if claim.kind == "link" else evidence.text)


def _is_known(claim: Claim, evidence: Evidence) -> bool:
    assert claim.amount is not None
    if any(not claim.currencies or shown in claim.currencies for shown in evidence.currencies_of(claim.amount)):
        return True
    return claim.amount in evidence.written or (not claim.currencies and _plain(claim.text) in evidence.text)


def _plain(text: str) -> str:
    return text.translate(ALIKE).casefold().strip()


def _reckoned(stated: set[Decimal]) -> set[Decimal]:
    """What can be reckoned from amounts that are confirmed and stand in the answer."""
    some = sorted(stated)[:12]
    found = {amount * times for amount in some for times in range(2, MOST_TIMES + 1)}
    found |= {sum(group, Decimal()) for size in range(2, MOST_TERMS + 1) for group in combinations(some, size)}
    return found | {b - a for a, b in combinations(some, 2)}


def numbers_in(said: str) -> Iterator[Decimal]:
    """In digits, and in English and Chinese words."""
    yield from (Decimal(digits.replace(",", "")) for digits in re.findall(NUMBER, said))
    for code in ("en", "zh"):
        spoken = language(code)
        yield from (number(found, spoken) for found in re.findall(number_pattern(code), said.lower()))


def _told(messages: Sequence[AnyMessage]) -> Iterator[Any]:
    for message in messages:
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict):
            yield message.artifact.get("view")
            if refusal := message.artifact.get("refusal"):
                yield refusal
