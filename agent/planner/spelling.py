"""Slips of typing, put right by the words that the shop and its shoppers use: "remov the skilet" takes the skillet out.

A word that nobody uses becomes the one it is nearest to: one slip away (a letter too many, too few, wrong, or two changed round),
two in long words. Names and codes are let be.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import get_args

from .goods import Goods
from .lexicon import Intent, language
from .reading import DRAWN_OUT
from .units import reader
from .words import has_cjk, neat, stem, tokens

_WORD = re.compile(r"(?<![\w@.'-])[A-Za-z]?[a-z]{2,}(?![\w@'-]|\.\w)")
_LATIN = re.compile(r"[a-z][a-z'-]*", re.I)
_SHORT, _LONG = 4, 8
"""Shorter words are put right only to common ones; from here on two slips may be made."""
_OF_GOODS = 20
"""Times that a word of the goods' names counts as said."""
_COMMON = 8
"""Times that a word stands in the sayings."""


def put_right(text: str, goods: Goods) -> str:
    """The text, its slips mended; a capital inside a sentence is a name and stays, and so does what is to be kept as it was typed."""
    if has_cjk(text):
        return _in_chinese(text)
    spoken = language("en")
    if "@" in text or spoken.any_of([*spoken.name_leads, *spoken.remember_leads]).search(text.lower()):
        return text
    return _WORD.sub(lambda match: _mended(match, goods), DRAWN_OUT.sub(r"\1", text))


def _in_chinese(text: str) -> str:
    """ "用 express shipping 的话 total 多少", with the English words in Chinese, unless the sentence is an English one."""
    if not 0 < len(_LATIN.findall(text)) <= sum(map(has_cjk, text)):
        return text
    pattern, words = _borrowed()
    found = pattern.sub(lambda m: next(word for said, word in words if said.fullmatch(m.group().lower())), text)
    return neat(found) if found != text else text


@lru_cache
def _borrowed() -> tuple[re.Pattern[str], list[tuple[re.Pattern[str], str]]]:
    words = sorted(language("zh").borrowed.items(), key=lambda pair: -len(pair[0]))
    whole = "|".join(said for said, _ in words)
    return re.compile(rf"(?<![\w-])(?:{whole})(?![\w-])", re.I | re.A), [
        (re.compile(said), word) for said, word in words
    ]


def _mended(match: re.Match[str], goods: Goods) -> str:
    typed = match.group()
    if typed[0].isupper() and match.start() and match.string[: match.start()].rstrip()[-1:] not in ".!?":
        return typed
    meant = _meant(typed.lower(), goods)
    return meant.capitalize() if typed[0].isupper() else meant


@lru_cache(maxsize=4096)
def _meant(word: str, goods: Goods) -> str:
    known = _known()
    if word in known or stem(word) in known or goods.knows(word):
        return word
    most = 2 if len(word) >= _LONG else 1
    near = [(slips, other) for other in _alike(word, goods) if (slips := _slips(word, other, most)) <= most]
    if len(word) < _SHORT:
        near = [(slips, other) for slips, other in near if known.get(other, 0) >= _COMMON]
    often = {other: known.get(other, 0) + (_OF_GOODS if goods.holds(other) else 0) for _, other in near}
    return min(near, key=lambda found: (found[0], -often[found[1]], found[1]), default=(0, word))[1]


def _alike(word: str, goods: Goods) -> list[str]:
    """Words that begin with one of its first two letters and are about as long."""
    shapes = [_shapes(), goods.shapes]
    sizes = range(max(len(word) - 2, 3), len(word) + 3)
    return [
        other
        for first in dict.fromkeys(word[:2])
        for size in sizes
        for by in shapes
        for other in by.get((first, size), ())
    ]


@lru_cache
def _known() -> Mapping[str, int]:
    """The words of the sayings and of the rules, and how often they are said."""
    counts = Counter(_everyday())
    said = (word for intent in get_args(Intent) for word in reader("en").trained.words(intent))
    counts.update(word for word in said if word in counts)
    spoken = language("en")
    lists = (
        spoken.function_words,
        spoken.stop_words,
        spoken.words_alone,
        spoken.numbers,
        spoken.ordinals,
        spoken.units,
    )
    rules = (phrase for rule in spoken.rules for phrase in [*rule.anywhere, *rule.start, *rule.whole])
    for words in (*lists, (word for phrase in rules for word in tokens(phrase))):
        for word in words:
            counts.setdefault(word, 1)
    return counts


def _everyday() -> list[str]:
    return (Path(__file__).parent / "language" / "words-en.txt").read_text(encoding="utf-8").split()


@lru_cache
def _shapes() -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in sorted(_known()):
        if word.isalpha() and len(word) > 2:
            found.setdefault((word[0], len(word)), []).append(word)
    return found


def _slips(typed: str, meant: str, most: int) -> int:
    """Of letters put in, left out, mistaken or changed round (Damerau and Levenshtein); more than `most` are not counted on."""
    if abs(len(typed) - len(meant)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, a in enumerate(typed, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(meant, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == meant[j - 2] and typed[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
