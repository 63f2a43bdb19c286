"""Logistic regression by stochastic steps (AdaGrad, Duchi et al. 2011), the same on every machine for the same sayings."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.planner.classifier import ROWS, Trained, rows_of
from agent.planner.lexicon import Code, Intent
from agent.planner.units import UNKNOWN, reader

from .written import Example, digest

EPOCHS, STEP = 14, 0.5
FORGOTTEN, UNHEARD, RARE = 0.1, 0.4, 2
"""Units are left out at random, and rare ones taken for words that nobody knows, as will happen."""
FAINT = 7
"""Weights up to this, of 127, tell nothing: without them nine of ten are 0, and nothing was heard worse."""
_SEEN = 40
"""Sayings of an intent that count in full; of many each counts less."""


def trained(code: Code, found: Sequence[Example]) -> Trained:
    chance = random.Random(1)  # noqa: S311 (no secret)
    intents = sorted({intent for _, intent in found})
    said = Counter(intent for _, intent in found)
    held = Counter(unit for units, _ in found for unit in set(units))
    weights = np.zeros((ROWS, len(intents)), np.float32)
    squares = np.full_like(weights, 1e-8)
    place = {intent: i for i, intent in enumerate(intents)}
    weigh = np.array([(_SEEN / (said[intent] + 10)) ** 0.5 for intent in intents])
    order = list(range(len(found)))
    for _ in range(EPOCHS):
        chance.shuffle(order)
        for at in order:
            units, intent = found[at]
            _step(weights, squares, rows_of(_as_heard(units, held, chance)), place[intent], weigh)
    weights -= np.median(weights, axis=1, keepdims=True)  # the same for all intents: the odds stay
    scale = float(np.abs(weights).max()) / 127
    whole = np.round(weights / scale).astype(np.int8)
    whole[np.abs(whole) <= FAINT] = 0
    vocabulary = frozenset(unit for unit, count in held.items() if count >= RARE)
    return Trained(tuple(intents), vocabulary, scale, whole.tobytes(), _words(code, found), digest(code))


def _words(code: Code, found: Sequence[Example]) -> dict[Intent, list[str]]:
    said: dict[Intent, Counter[str]] = {}
    for units, intent in found:
        said.setdefault(intent, Counter()).update(set(reader(code).words(units)))
    return {
        intent: sorted(word for word, count in words.items() if count >= RARE) for intent, words in sorted(said.items())
    }


def _step(weights: Any, squares: Any, rows: list[int], right: int, weigh: Any) -> None:
    length = np.sqrt(len(rows))
    sums = weights[rows].sum(0) / length
    odds = np.exp(sums - sums.max())
    slope = odds / odds.sum()
    slope[right] -= 1
    slope *= weigh[right] / length
    squares[rows] += slope * slope
    weights[rows] -= STEP * slope / np.sqrt(squares[rows])


def _as_heard(units: list[str], held: Counter[str], chance: random.Random) -> list[str]:
    strange = [UNKNOWN if held[u] <= RARE and len(u) > 1 and chance.random() < UNHEARD else u for u in units]
    return [unit for unit in strange if chance.random() >= FORGOTTEN] or strange
