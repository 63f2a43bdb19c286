"""What a clause is most like among the things that people say, for where no rule fits.

Every saying of `language/cues-*.yaml` is a bag of words (in Chinese, characters) and of neighbours; rare ones weigh more. A clause is
as like a saying as the angle between the two bags is narrow. Words that no saying holds stand for goods, and so do those of the
goods that were shown.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from .clause import number_pattern
from .goods import Goods
from .lexicon import LOADER, Code, Intent, Strict, any_country, language
from .telling import Telling
from .words import has_cjk, stem

GOODS, CODE, ORDER, COUNTRY, NUMBER = "_", "©", "№", "®", "#"
UNKNOWN = "?"
"""Stands for a word that neither the sayings nor the shop's goods hold."""
_GOODS_WEIGH = 0.6
"""Against the words, whose weight is how rare they are."""
_UNNAMED = 0.85
"""What is left of a likeness where the one names goods and the other does not."""
_DENIED = 0.7
"""The same, where only one of the two denies something."""
_UNTOLD = 0.72
"""The same, for a saying whose rarest word was not said."""
_ALIKE = 0.82
MOST_COMPARED = 60
_TELLING = 0.04
"""What the words that tell an intent add to a likeness."""
_SKU = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Z0-9]{2,}(?:-[A-Z0-9]+)+|[A-Z]{3,}\d{1,3})(?![A-Za-z0-9-])")
_ORDER = re.compile(r"(?<![A-Za-z0-9-])DT-[0-9A-Z]{4}-[0-9A-Z]{4}(?![A-Za-z0-9-])", re.I)
_WORD = re.compile(rf"[a-z]+(?:'[a-z]+)?|[{GOODS}{CODE}{ORDER}{COUNTRY}{NUMBER}]")
_LATIN = re.compile(r"[a-z][a-z0-9'-]*", re.I)


class Cue(Strict):
    """Sayings for one intent. `only` and `near` name what was shown, or a state of the talk."""

    means: Intent
    said: list[str]
    only: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class Cues(Strict):
    denials: frozenset[str]
    """Words of which one may turn a meaning round."""
    same_as: dict[str, str]
    """Words that are taken for others; for nothing, where they say nothing."""
    cues: list[Cue]


class Likeness(NamedTuple):
    """How like a saying a clause is, from 0 to 1, and what the saying is for."""

    score: float
    cue: Cue


def _read(code: Code, selling: bool) -> Cues:
    """`cues-en.yaml`, and for merchants what only they say beside it: it would but confuse the others'."""
    folder = Path(__file__).parent / "language"
    paths = [folder / f"cues-{code}{part}.yaml" for part in ("", "-merchants")[: 1 + selling]]
    parts: list[Any] = [yaml.load(path.read_text(encoding="utf-8"), LOADER) for path in paths]  # noqa: S506 (both are safe)
    return Cues.model_validate({**parts[0], "cues": [cue for part in parts for cue in part["cues"]]})


class Sayings:
    """The sayings of one language, ready to be compared with."""

    def __init__(self, code: Code, selling: bool = False) -> None:
        self.code = code
        known = _read(code, selling)
        self._same_as, self._denials = known.same_as, known.denials
        self._spaced = language(code).spaced
        said = [(cue, self._units(text.replace("WHAT", GOODS))) for cue in known.cues for text in cue.said]
        self.vocabulary = {unit for _, units in said for unit in units}
        self.sayings = [(cue, units) for cue, units in said if units]
        bags = [_bag(units, self._spaced) for _, units in self.sayings]
        held = Counter(part for bag in bags for part in bag)
        self._rarity = {part: math.log(1 + len(bags) / count) for part, count in held.items()}
        self._lengths = [self._length(bag) for bag in bags]
        self._where: dict[str, list[tuple[int, float]]] = {}
        for i, bag in enumerate(bags):
            for part, count in bag.items():
                self._where.setdefault(part, []).append((i, count * self._weight(part)))
        self._telling = Telling([(cue.means, bag) for (cue, _), bag in zip(self.sayings, bags, strict=True)])
        self._shapes: dict[tuple[str, int], list[str]] = {}
        for word in sorted(self.vocabulary):
            self._shapes.setdefault((word[0], len(word)), []).append(word)

    def like(self, text: str, shown: Collection[str], goods: Goods) -> list[Likeness]:
        """The likest saying of each cue, the likest first. A word that nobody knows may name goods, or may say nothing."""
        units = self._heard(text, shown, goods)
        named = _together(GOODS if unit == UNKNOWN else unit for unit in units)
        found = self._compared(named)
        if UNKNOWN in units and goods and (known := _together(unit for unit in units if unit != UNKNOWN)):
            found += self._compared(known)
        best: dict[int, Likeness] = {}
        for like in sorted(found, key=lambda like: -like.score):
            best.setdefault(id(like.cue), like)
        return list(best.values())

    def _compared(self, units: list[str]) -> list[Likeness]:
        bag = _bag(units, self._spaced)
        length = self._length(bag)
        sums: dict[int, float] = {}
        for part, count in bag.items():
            weight = count * self._weight(part)
            for i, other in self._where.get(part, ()):
                sums[i] = sums.get(i, 0.0) + weight * other
        told = self._telling.of(bag)
        likeliest = sorted(sums, key=lambda i: -sums[i] / self._lengths[i])[:MOST_COMPARED]
        found: list[Likeness] = []
        for i in likeliest:
            cue, said = self.sayings[i]
            score = sums[i] / (length * self._lengths[i]) * self._covers(set(units), set(said))
            found.append(Likeness(score + _TELLING * told.get(cue.means, 0.0), cue))
        return found

    def _covers(self, heard: set[str], said: set[str]) -> float:
        """Less than 1 where either holds words of weight that the other lacks, or names goods where the other does not."""
        both = self._weigh(heard & said)
        mutual = (both / self._weigh(said) + both / self._weigh(heard)) / 2
        least = 1.0 if (GOODS in heard) == (GOODS in said) else _UNNAMED
        least *= 1.0 if self._rarest(said) in heard else _UNTOLD
        least *= 1.0 if heard.isdisjoint(self._denials) == said.isdisjoint(self._denials) else _DENIED
        return (0.5 + 0.5 * mutual) * least

    def _rarest(self, said: set[str]) -> str:
        """The word that tells most of what a saying is for."""
        return max(sorted(said), key=self._weight)

    def _weigh(self, units: set[str]) -> float:
        return sum(self._weight(unit) for unit in units) or 1.0

    def names(self, text: str, intent: Intent) -> str:
        """The text without the words with which the intent is said; what else is said names something."""
        words = self._words[intent]
        if self._spaced:
            return " ".join(word for word in text.split(" ") if not self._is_said(word.lower().strip(".,!?"), words))
        for said, written in _longest_first(self.code, tuple(self._same_as.items())):
            text = text.replace(said, written)
        return _without_pairs(_numbers(self.code).sub(f"{NUMBER}个", text), words)

    def _is_said(self, word: str, words: frozenset[str]) -> bool:
        """Also as part of what another is short for."""
        return all(stem(part) in words for part in self._same_as.get(word, word).split())

    @cached_property
    def characters(self) -> frozenset[str]:
        """That talk is made of, also in the words that are taken for others."""
        return frozenset(self.vocabulary) | {c for said in self._same_as for c in said}

    @cached_property
    def _words(self) -> dict[Intent, frozenset[str]]:
        found: dict[Intent, set[str]] = {}
        for cue, units in self.sayings:
            pairs = ["".join(pair) for pair in pairwise(units) if GOODS not in pair]
            found.setdefault(cue.means, set()).update(units if self._spaced else pairs)
        return {intent: frozenset(words) for intent, words in found.items()}

    def _weight(self, part: str) -> float:
        return _GOODS_WEIGH if part == GOODS else self._rarity.get(part, 3.0)

    def _length(self, bag: Counter[str]) -> float:
        return math.sqrt(sum((count * self._weight(part)) ** 2 for part, count in bag.items())) or 1.0

    def _heard(self, text: str, shown: Collection[str], goods: Goods) -> list[str]:
        """The units of what was typed, with slips mended and goods let be goods."""
        units = self._units(text)
        if not self._spaced:
            said = "".join(units)
            named = _shown_in(said, shown) | goods.places_in(said)
            return _together(
                GOODS if at in named else unit if unit in self.vocabulary else UNKNOWN for at, unit in enumerate(units)
            )
        return _together(GOODS if unit in shown else self._known(unit, goods) for unit in units)

    def _known(self, word: str, goods: Goods) -> str:
        if word in self.vocabulary:
            return word
        if goods.holds(word):
            return GOODS
        near = (
            [w for size in (-1, 0, 1) for w in self._shapes.get((word[0], len(word) + size), ())]
            if len(word) > 3
            else []
        )
        best = max(near, key=lambda w: SequenceMatcher(None, word, w).ratio(), default="")
        return best if best and SequenceMatcher(None, word, best).ratio() >= _ALIKE else UNKNOWN

    def _units(self, text: str) -> list[str]:
        text = text.replace("CODE", CODE).replace("COUNTRY", COUNTRY).replace("ORDER", ORDER)
        text = _country().sub(COUNTRY, _SKU.sub(CODE, _ORDER.sub(ORDER, text)).lower())
        return self._english(text) if self._spaced else self._chinese(text)

    def _english(self, text: str) -> list[str]:
        text = _numbers("en").sub(NUMBER, text)
        said = " ".join(self._same_as.get(word, word) for word in _WORD.findall(text)).split()
        return _together(stem(word) for word in said)

    def _chinese(self, text: str) -> list[str]:
        for said, written in _longest_first(self.code, tuple(self._same_as.items())):
            text = text.replace(said, written)
        text = _LATIN.sub(GOODS, _numbers("zh").sub(rf"{NUMBER}个", text))
        return _together(c for c in text if has_cjk(c) or c in (GOODS, CODE, ORDER, COUNTRY, NUMBER))


def _bag(units: list[str], spaced: bool) -> Counter[str]:
    """Units and neighbours; in Chinese three in a row too."""
    bag = Counter(units)
    if spaced:
        bag[f"^{units[0]}" if units else "^"] += 1
    for size in (2,) if spaced else (2, 3):
        bag.update(" ".join(units[i : i + size]) for i in range(len(units) - size + 1))
    return bag


def _together(units: Iterator[str]) -> list[str]:
    """Goods side by side are one."""
    out: list[str] = []
    for unit in units:
        if not (unit == GOODS and out and out[-1] == GOODS):
            out.append(unit)
    return out


def _shown_in(text: str, goods: Collection[str]) -> set[int]:
    """Where the text holds two or more characters in a row of a name that was shown."""
    pairs = {name[i : i + 2] for name in goods for i in range(len(name) - 1)}
    return {at + step for at in range(len(text) - 1) if text[at : at + 2] in pairs for step in (0, 1)}


def _without_pairs(text: str, pairs: frozenset[str]) -> str:
    said = {at + step for at in range(len(text) - 1) if text[at : at + 2] in pairs for step in (0, 1)}
    return " ".join("".join(" " if at in said else c for at, c in enumerate(text)).split())


@lru_cache
def _country() -> re.Pattern[str]:
    return re.compile(any_country())


@lru_cache
def _longest_first(code: Code, pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: -len(pair[0]))


@lru_cache
def _numbers(code: Code) -> re.Pattern[str]:
    """Numbers; in Chinese with what they count, which is all one."""
    if code == "en":
        return re.compile(rf"[$€£]? ?{number_pattern('en')}")
    counters = "|".join(language("zh").counters)
    return re.compile(rf"(?:{NUMBER}|{number_pattern('zh')})(?:{counters})(?!{NUMBER})")


@lru_cache
def sayings(code: Code, selling: bool = False) -> Sayings:
    return Sayings(code, selling)
