"""A clause while it is read, and the numbers in it."""

import re
from decimal import Decimal
from functools import lru_cache

from .lexicon import Code, Language, language
from .words import chinese_number


class Clause:
    """A clause that slots are taken out of; what is left is what nobody has understood yet."""

    def __init__(self, typed: str, languages: tuple[Language, ...]) -> None:
        self.typed = typed.strip()
        self.left = self.typed
        self.languages = languages

    @property
    def lower(self) -> str:
        low = self.left.lower()
        return low if len(low) == len(self.left) else self.left

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self.lower)
        if match:
            self.cut(match.span())
        return match

    def cut(self, span: tuple[int, int]) -> str:
        removed = self.left[span[0] : span[1]]
        self.left = " ".join(f"{self.left[: span[0]]} {self.left[span[1] :]}".split()).strip(" ,")
        return removed


@lru_cache
def number_pattern(code: Code) -> str:
    """Digits or number words; Chinese numerals are written without spaces."""
    spoken = language(code)
    names = spoken.number_words
    words = rf"(?<![a-z])(?:{names})(?![a-z])" if spoken.spaced else names
    return rf"(?:(?<!\d)\d{{1,9}}(?:[.,]\d{{1,2}})?(?!\d)|{words})"


def number(text: str, spoken: Language) -> Decimal:
    text = text.strip().replace(",", ".")
    if text[0].isdigit():
        return Decimal(text)
    return Decimal(spoken.numbers[text] if text in spoken.numbers else chinese_number(text))
