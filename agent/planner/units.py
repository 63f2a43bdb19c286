"""A clause as the classifier reads it: stems in English, characters in Chinese, and signs for what names goods, looks, orders, numbers.

What a shop sells must not decide what a message means, so its goods all read the same.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import yaml

from .classifier import Classifier, classifier
from .clause import number_pattern
from .goods import Goods
from .lexicon import LOADER, Code, Intent, any_country, language
from .words import has_cjk, stem

GOODS, CODE, ORDER, COUNTRY, NUMBER = "_", "©", "№", "®", "#"
LOOK = "%"
"""Stands for a colour, a size or another look that the shop's goods have."""
UNKNOWN = "?"
"""Stands for a word that neither the sayings nor the shop's goods hold."""
_MANY = 8
"""Intents that a common word is said for."""
_SKU = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Z0-9]{2,}(?:-[A-Z0-9]+)+|[A-Z]{3,}\d{1,3})(?![A-Za-z0-9-])")
_ORDER = re.compile(r"(?<![A-Za-z0-9-])DT-[0-9A-Z]{4}-[0-9A-Z]{4}(?![A-Za-z0-9-])", re.I)
_WORD = re.compile(rf"[a-z]+(?:'[a-z]+)?|[{GOODS}{CODE}{ORDER}{COUNTRY}{NUMBER}]")
_LATIN = re.compile(r"[a-z][a-z0-9'-]*", re.I)


class Reader:
    """Reads one language."""

    def __init__(self, code: Code) -> None:
        self.code = code
        path = Path(__file__).parent / "language" / f"said-{code}.yaml"
        self._same_as: dict[str, str] = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (both are safe)
        self._longest_first = sorted(self._same_as.items(), key=lambda pair: -len(pair[0]))
        self._spaced = language(code).spaced

    @cached_property
    def trained(self) -> Classifier:
        return classifier(self.code)

    def likely(self, text: str, shown: Collection[str], goods: Goods) -> dict[Intent, float]:
        """How likely the text means each intent; `shown` are words of goods before one's eyes, in Chinese their names.

        A word that nobody knows may name goods or may not.
        """
        units = self.units(text, shown, goods, self.trained.vocabulary)
        odds = self.trained.likely(units)
        if UNKNOWN not in units:
            return odds
        named = self.trained.likely(_together(GOODS if unit == UNKNOWN else unit for unit in units))
        return {intent: (odd + named[intent]) / 2 for intent, odd in odds.items()}

    def units(self, text: str, shown: Collection[str], goods: Goods, known: Collection[str] | None = None) -> list[str]:
        """Without `known` all words are; in what is written to train from, WHAT stands for goods, CODE and so on."""
        units = self._plain(text.replace("WHAT", GOODS))
        if self._spaced:
            kinds = {unit: GOODS if unit in shown else LOOK if goods.is_look(unit) else "" for unit in units}
            named = {unit for unit in units if known and unit not in known and goods.holds(unit)}
            names = [kinds[unit] or (GOODS if unit in named else unit) for unit in units]
        else:
            said = "".join(units)
            looks, places = goods.looks_in(said), _shown_in(said, shown) | goods.places_in(said)
            names = [LOOK if at in looks else GOODS if at in places else unit for at, unit in enumerate(units)]
        return _together(name if known is None or name in known or name in (GOODS, LOOK) else UNKNOWN for name in names)

    def names(self, text: str, intent: Intent) -> str:
        """The text without the words with which the intent is said; what else is said names something."""
        words = self.trained.words(intent)
        if self._spaced:
            return " ".join(word for word in text.split(" ") if not self._is_said(word.lower().strip(".,!?"), words))
        for said, written in self._longest_first:
            text = text.replace(said, written)
        return _without_pairs(_numbers(self.code).sub(f"{NUMBER}个", text), words)

    def words(self, units: list[str]) -> Iterable[str]:
        """Those with which an intent is said: in Chinese two characters in a row."""
        return units if self._spaced else ("".join(pair) for pair in pairwise(units) if GOODS not in pair)

    @cached_property
    def common(self) -> frozenset[str]:
        """Words with which many things are said."""
        said = Counter(word for intent in get_args(Intent) for word in self.trained.words(intent))
        return frozenset(word for word, count in said.items() if count >= _MANY)

    @cached_property
    def characters(self) -> frozenset[str]:
        """That talk is made of, also in the words that are taken for others."""
        return self.trained.vocabulary | {c for said in self._same_as for c in said}

    def _is_said(self, word: str, words: frozenset[str]) -> bool:
        """Also as part of what another is short for."""
        return all(stem(part) in words for part in self._same_as.get(word, word).split())

    def _plain(self, text: str) -> list[str]:
        text = text.replace("CODE", CODE).replace("COUNTRY", COUNTRY).replace("ORDER", ORDER)
        text = _country().sub(COUNTRY, _SKU.sub(CODE, _ORDER.sub(ORDER, text)).lower())
        return self._english(text) if self._spaced else self._chinese(text)

    def _english(self, text: str) -> list[str]:
        text = _numbers("en").sub(NUMBER, text)
        said = " ".join(self._same_as.get(word, word) for word in _WORD.findall(text)).split()
        return _together(stem(word) for word in said)

    def _chinese(self, text: str) -> list[str]:
        for said, written in self._longest_first:
            text = text.replace(said, written)
        text = _LATIN.sub(GOODS, _numbers("zh").sub(rf"{NUMBER}个", text))
        return _together(c for c in text if has_cjk(c) or c in (GOODS, CODE, ORDER, COUNTRY, NUMBER))


def _together(units: Iterable[str]) -> list[str]:
    """Goods side by side are one."""
    out: list[str] = []
    for unit in units:
        if not (unit in (GOODS, LOOK) and out and out[-1] == unit):
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
def _numbers(code: Code) -> re.Pattern[str]:
    """Numbers; in Chinese with what they count, which is all one."""
    if code == "en":
        return re.compile(rf"[$€£]? ?{number_pattern('en')}")
    counters = "|".join(language("zh").counters)
    return re.compile(rf"(?:{NUMBER}|{number_pattern('zh')})(?:{counters})(?!{NUMBER})")


@lru_cache
def reader(code: Code) -> Reader:
    return Reader(code)
