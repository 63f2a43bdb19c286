"""What a message most likely means: a linear model over its words, their neighbours and the pieces of its words.

Multinomial logistic regression on hashed n-grams, trained from sayings by `python -m evals.hearing` and kept as signed bytes: a row
for each feature, a column for each intent.
"""

import json
import math
import zlib
from functools import lru_cache
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import NamedTuple, get_args

from .intents import Intent
from .lexicon import Code

ROWS = 1 << 15
PIECE = 4
"""Letters of a piece of a word; shorter words are one piece."""
SUFFIX = ".weights"


class Trained(NamedTuple):
    """What a file of weights holds."""

    intents: tuple[Intent, ...]
    vocabulary: frozenset[str]
    """Units that were seen more than once."""
    scale: float
    """What a weight of 1 stands for."""
    weights: bytes
    """`ROWS` rows of one signed byte for each intent."""
    words: dict[Intent, list[str]]
    """With which each intent is said, more than once."""
    digest: str
    """Of the sayings that it was trained from."""

    def write(self, path: Path) -> None:
        head = {name: value for name, value in self._asdict().items() if name != "weights"}
        head["vocabulary"] = sorted(self.vocabulary)
        body = json.dumps(head, ensure_ascii=False).encode() + b"\n" + self.weights
        path.write_bytes(zlib.compress(body, 9))

    @staticmethod
    def read(path: Path) -> "Trained":
        head, _, weights = zlib.decompress(path.read_bytes()).partition(b"\n")
        told = json.loads(head)
        intents: tuple[Intent, ...] = tuple(told["intents"])
        assert set(intents) <= set(get_args(Intent)), "trained for intents that are no more: train anew"
        return Trained(intents, frozenset(told["vocabulary"]), told["scale"], weights, told["words"], told["digest"])


class Classifier:
    def __init__(self, trained: Trained) -> None:
        self.vocabulary = trained.vocabulary
        self._intents, self._scale = trained.intents, trained.scale
        self._words = {intent: frozenset(words) for intent, words in trained.words.items()}
        self._weights = memoryview(trained.weights).cast("b")

    def words(self, intent: Intent) -> frozenset[str]:
        """With which it is said."""
        return self._words.get(intent, frozenset())

    def likely(self, units: list[str]) -> dict[Intent, float]:
        """How likely each intent is; together 1."""
        rows = rows_of(units)
        width = len(self._intents)
        sums = [0] * width
        for row in rows:
            sums = list(map(add, sums, self._weights[row * width : (row + 1) * width]))
        scale = self._scale / math.sqrt(len(rows) or 1)
        highest = max(sums)
        odds = [math.exp((total - highest) * scale) for total in sums]
        whole = sum(odds)
        return {intent: odd / whole for intent, odd in zip(self._intents, odds, strict=True)}


def rows_of(units: list[str]) -> list[int]:
    """The rows of the features that a clause has: its units alone, two and three in a row, two around one, and pieces of long ones."""
    bounded = ["^", *units, "$"]
    found = {f"1{unit}" for unit in units}
    found |= {f"2{a} {b}" for a, b in pairwise(bounded)}
    threes = list(zip(bounded, bounded[1:], bounded[2:], strict=False))
    found |= {f"3{a} {b} {c}" for a, b, c in threes}
    found |= {f"s{a} {c}" for a, _, c in threes}
    for unit in units:
        if len(unit) > PIECE:
            word = f"<{unit}>"
            found |= {f"c{word[i : i + PIECE]}" for i in range(len(word) - PIECE + 1)}
    return sorted({zlib.crc32(feature.encode()) % ROWS for feature in found})


def path_of(code: Code) -> Path:
    return Path(__file__).parent / "language" / f"{code}{SUFFIX}"


@lru_cache
def classifier(code: Code) -> Classifier:
    return Classifier(Trained.read(path_of(code)))
