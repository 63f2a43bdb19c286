"""Which words tell an intent: those that its sayings hold more often than the others' do, by how much more."""

import math
from collections import Counter
from collections.abc import Sequence

from .lexicon import Intent

_UNSEEN = 0.02
_RARE = 0.035
"""Part of the sayings that may hold a word, for it to tell anything."""
MOST, STRONGEST, NEIGHBOURS = 5, 3.0, 0.6
"""So many words of a clause count, none for more than this; two in a row count less."""


class Telling:
    def __init__(self, sayings: Sequence[tuple[Intent, Counter[str]]]) -> None:
        said = Counter(intent for intent, _ in sayings)
        held: dict[str, Counter[Intent]] = {}
        for intent, bag in sayings:
            for part in bag:
                held.setdefault(part, Counter())[intent] += 1
        rare = {part for part, by in held.items() if sum(by.values()) <= len(sayings) * _RARE}
        told = {part: by for part, by in held.items() if rare & set(part.split(" "))}
        self._parts = {part: self._told(part, by, said) for part, by in told.items()}

    def of(self, bag: Counter[str]) -> dict[Intent, float]:
        """How much the parts of a clause tell of each intent."""
        found: dict[Intent, list[float]] = {}
        for part in bag:
            for intent, weight in self._parts.get(part, ()):
                found.setdefault(intent, []).append(weight)
        return {intent: sum(sorted(weights, reverse=True)[:MOST]) for intent, weights in found.items()}

    @staticmethod
    def _told(part: str, by: Counter[Intent], said: Counter[Intent]) -> list[tuple[Intent, float]]:
        others, all_said, less = sum(by.values()), sum(said.values()), NEIGHBOURS if " " in part else 1.0
        told = []
        for intent, count in by.items():
            here = (count + _UNSEEN) / (said[intent] + 1)
            elsewhere = (others - count + _UNSEEN) / (all_said - said[intent] + 1)
            if here > elsewhere:
                told.append((intent, less * min(math.log(here / elsewhere), STRONGEST)))
        return told
