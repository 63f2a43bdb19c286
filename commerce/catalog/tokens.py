"""Words of a text, as the search index holds them: the same on every database.

English words are folded and stemmed (Porter 2); Chinese, Japanese and Korean text becomes pairs of neighbours, and single
characters beside them. All tokens are ASCII letters and digits, at least three and at most 61, so that every engine keeps
them as they are.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\W_]+")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "com",
        "de",
        "en",
        "for",
        "from",
        "has",
        "how",
        "i",
        "in",
        "is",
        "it",
        "its",
        "la",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "und",
        "was",
        "what",
        "when",
        "where",
        "who",
        "will",
        "with",
        "www",
        "my",
        "me",
        "some",
        "any",
    ]
)
"""Words that stand everywhere."""
MAX_QUERY_WORDS = 16
LONGEST_READ = 9
"""Longer runs of Chinese ask for all their pairs: the ways to read them would be too many."""
PARTICLES = "的了吗呢吧啊之"
"""Characters between words that mean nothing to a search."""

Word = tuple[tuple[str, ...], ...]
"""Alternatives, each a set of tokens that must all be there."""


def index_tokens(text: str) -> list[str]:
    """Everything that a query may ask for."""
    found: list[str] = []
    for run in _runs(text):
        if CJK.match(run):
            found += [_cjk(c) for c in run] + [_cjk(pair) for pair in _pairs(run)]
        elif run not in STOP_WORDS:
            found.append(_word(run))
    return found


def query_words(text: str) -> list[Word]:
    """What a query asks for. A run of Chinese asks for one of the ways to read it as words of two and three characters,
    so that 红色杯子 needs 红色 and 杯子, and not the 色杯 in between."""
    found: list[Word] = []
    for run in _runs(text):
        if CJK.match(run):
            found.append(_readings(run))
        elif run not in STOP_WORDS:
            found.append(((_word(run),),))
    return list(dict.fromkeys(found))[:MAX_QUERY_WORDS]


def latin_words(text: str) -> list[str]:
    """The words of a text that are not Chinese, Japanese or Korean and say something, folded but not stemmed."""
    return [run for run in _runs(text) if not CJK.match(run) and run not in STOP_WORDS]


def respelt(text: str, corrections: Mapping[str, str]) -> str:
    """The text's words, folded, with some in place of others."""
    return " ".join(corrections.get(run, run) for run in _runs(text))


def folded(text: str) -> str:
    """One spelling for texts that a reader takes for equal."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def stem_of(word: str) -> str:
    """The token of a word that is not Chinese, Japanese or Korean."""
    return _word(word)


def _readings(run: str) -> Word:
    if len(run) == 1:
        return ((_cjk(run),),)
    if len(run) > LONGEST_READ:
        return (tuple(_cjk(pair) for pair in _pairs(run)),)
    return tuple(tuple(_cjk(pair) for word in words for pair in _pairs(word)) for words in _splits(run))


def _splits(run: str) -> list[list[str]]:
    """All ways to cut a run into words of two and three characters."""
    if len(run) <= 3:
        return [[run]] if len(run) > 1 else []
    return [[run[:size], *rest] for size in (2, 3) for rest in _splits(run[size:])]


def _runs(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    plain = unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))
    runs: list[str] = []
    for run in RUN.findall(plain.translate(str.maketrans(PARTICLES, " " * len(PARTICLES)))):
        runs += re.findall(f"{CJK.pattern}+|[^{CJK.pattern[1:-1]}]+", run)
    return runs


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _cjk(characters: str) -> str:
    return "u" + "".join(f"{ord(c):04x}" for c in characters)


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    if not word.isascii():
        return "x" + word.encode().hex()[:60]
    stem: str = _stemmer().stemWord(word)
    return stem[:60] if len(stem) > 2 else f"zq{stem}"


@lru_cache(1)
def _stemmer() -> Any:
    from snowballstemmer import stemmer  # brings every language along, which takes a while

    return stemmer("english")
