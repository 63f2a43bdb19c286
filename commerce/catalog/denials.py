"""What goods say that they are free of: "caffeine-free", "no added sugar", "sleeveless", 不含咖啡因.

The index holds these words a second time, as tokens of their own, so that a search for what is free of something finds it.
"""

import re
from collections.abc import Iterator

from .tokens import CJK, Word, index_tokens

_LEADS = r"no|without|zero|free (?:of|from)|never any|(?:does not|doesn't|do not|don't|not) contain"
_WORD = r"[^\W_]+"
_WORDS_BEHIND = re.compile(rf"(?<![\w-])(?:{_LEADS})[ -]+({_WORD}(?:[ -]{_WORD}){{0,2}})", re.I)
_WORD_BEFORE = re.compile(rf"({_WORD})s?[- ]free(?![\w-])(?! (?:of|from|shipping|delivery))", re.I)
_ENDING = re.compile(r"(?<![\w-])([a-z]{3,})less(?![\w-])", re.I)
_CHINESE = re.compile(rf"(?:不含|不带|不加|不添加|未添加|没有|无|零|0)(?:任何|添加)?({CJK.pattern}{{1,4}})")
_PATTERNS = (_WORDS_BEHIND, _WORD_BEFORE, _ENDING, _CHINESE)


def denied_tokens(text: str) -> Iterator[str]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield from map(_denied, index_tokens(match.group(1)))


def denied(words: list[Word]) -> list[Word]:
    """What to look for instead of the words, to find what is free of them."""
    return [tuple(tuple(map(_denied, reading)) for reading in word) for word in words]


def _denied(token: str) -> str:
    return f"0no{token}"
