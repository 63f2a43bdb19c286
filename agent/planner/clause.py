"""A clause while it is read, and the numbers in it."""

import re
from decimal import Decimal
from functools import lru_cache

from .lexicon import Code, Language, language
from .words import chinese_number

_SCALES = {"hundred": 100, "thousand": 1000}


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
    words = rf"(?<![a-z])(?:{_spelt(spoken)})(?![a-z])" if spoken.spaced else spoken.number_words
    return rf"(?:(?<!\d)\d{{1,9}}(?:[.,]\d{{1,2}})?(?!\d)|{words})"


def _spelt(spoken: Language) -> str:
    """ "Forty", "sixty-five", "a hundred and twenty", and whatever else the language file names."""
    small = "|".join(sorted((name for name, n in spoken.numbers.items() if n < 20), key=len, reverse=True))
    tens = "|".join(name for name, n in spoken.numbers.items() if 20 <= n < 100 and n % 10 == 0)
    below = rf"(?:(?:{tens})(?:[ -](?:{small}))?|{small})"
    scales = "|".join(_SCALES)
    return rf"(?:{below} |a )?(?:{scales})(?:(?: and)? {below})?(?![a-z])|{below}|{spoken.number_words}"


def number(text: str, spoken: Language) -> Decimal:
    text = text.strip().replace(",", ".")
    if text[0].isdigit():
        return Decimal(text)
    if text in spoken.numbers:
        return Decimal(spoken.numbers[text])
    return Decimal(_spelt_number(text, spoken) if spoken.spaced else chinese_number(text))


def _spelt_number(text: str, spoken: Language) -> int:
    total = 0
    for word in text.replace("-", " ").split():
        if word in _SCALES:
            total = max(total, 1) * _SCALES[word]
        else:
            total += spoken.numbers.get(word, 0)
    return total
