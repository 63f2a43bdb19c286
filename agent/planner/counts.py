"""Positions and quantities in a clause: "the second", "the first two", "three of them"."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from .clause import Clause, number, number_pattern
from .lexicon import Code, Language, language
from .words import CHINESE_NUMBER

ODD = 987_654_321
"""Stands in a clause for a number that no quantity can be, until it is known whether it counts anything."""
_FRACTION = r"(?<![\w$€£¥.,-])\d+\.\d+(?![\w.])"
_NEGATIVE = r"(?<![a-z0-9_-])[-−–]\d+(?:\.\d+)?(?![\w.-]*[a-z])"
_ENDLESS = re.compile(r"(?<![\w+-])(?:\d{10,12}|\d{20,})(?![\w-])")
"""Between these lengths it is more likely a card's number."""
_TIMES = re.compile(r"(?<![a-z0-9])(?:x ?(\d{1,2})|(\d{1,2}) ?x)(?![a-z0-9])")


def with_odd_numbers(typed: str, languages: tuple[Language, ...]) -> str:
    """The clause with `ODD` for each number that is below zero or not whole."""
    for spoken in languages:
        typed = _odd(spoken.code).sub(str(ODD), typed)
    return _ENDLESS.sub("99999999", typed)


@lru_cache
def _odd(code: Code) -> re.Pattern[str]:
    spoken = language(code)
    below = rf"{spoken.any_of(spoken.below_zero).pattern} ?{number_pattern(code)}"
    return re.compile(rf"{below}|{_NEGATIVE}|{_FRACTION}", re.I)


def take_ordinals(clause: Clause) -> tuple[tuple[int, ...], int, int]:
    """Positions, and how many for "the first two" and "the last two"."""
    found: list[int] = []
    first = last = 0
    for spoken in clause.languages:
        leading, trailing, single = _ordinal_patterns(spoken.code)
        if match := clause.take(leading):
            first = int(number(match.group(1), spoken))
        if match := clause.take(trailing):
            last = int(number(match.group(1), spoken))
        while match := clause.take(single):
            found.extend(_positions(match, spoken))
    return tuple(found), first, last


def _positions(match: re.Match[str], spoken: Language) -> Iterator[int]:
    named, counted = match.group("named"), match.group("counted")
    yield spoken.ordinals[named] if named else int(number(counted, spoken))


@lru_cache
def _ordinal_patterns(code: Code) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    spoken, n = language(code), number_pattern(code)
    names = "|".join(sorted(spoken.ordinals, key=len, reverse=True))
    if spoken.spaced:
        several = rf"(?<![a-z])(?:the )?(?:first|top) ({n})(?: ones)?(?![a-z0-9])"
        trailing = rf"(?<![a-z])(?:the |my )?(?:last|latest|newest|most recent) ({n})(?: ones)?(?![a-z0-9])"
        counted = rf"(?:number|no\.?|option|item|nr\.?|#) ?(?P<counted>\d{{1,2}}(?!\d)|{spoken.number_words})(?![\w-])"
        lasting = r"(?<!it )(?<!one )(?<!ones )(?<!they )(?<!that )(?<!this )(?<!does )(?<!to )(?<!will )(?<!battery )"
        single = rf"{lasting}(?<![a-z0-9-])(?:the |my )?(?:(?P<named>{names})(?: one)?|{counted})(?![a-z0-9'-])"
        return re.compile(several), re.compile(trailing), re.compile(single)
    counters = "|".join(spoken.counters)
    several = rf"前({n})(?:{counters})?"
    trailing = rf"(?:最近|最后|最新|后)的?({n})(?:{counters}|单)"
    single = rf"(?:(?P<named>{names})|第(?P<counted>\d{{1,2}}|{CHINESE_NUMBER}))(?:一?(?:{counters}))?"
    return re.compile(several), re.compile(trailing), re.compile(single)


def numbers_in(clause: Clause) -> list[Decimal]:
    """All numbers, in order; those inside codes are none."""
    found: dict[int, Decimal] = {}
    for spoken in clause.languages:
        for match in re.finditer(rf"(?<![a-z0-9-]){number_pattern(spoken.code)}(?![\d-]|[a-z]\d)", clause.lower):
            found.setdefault(match.start(), number(match.group(), spoken))
    return [value for _, value in sorted(found.items())]


def take_quantity(clause: Clause, anywhere: bool) -> int | None:
    """How many; `anywhere` also accepts a number that does not open the clause."""
    if match := clause.take(_TIMES):
        return int(match.group(1) or match.group(2))
    for spoken in clause.languages:
        for pattern in _quantity_patterns(spoken.code, anywhere):
            if match := clause.take(pattern):
                return int(number(match.group(1), spoken))
    return None


@lru_cache
def _quantity_patterns(code: Code, anywhere: bool) -> list[re.Pattern[str]]:
    spoken, n = language(code), number_pattern(code)
    counters, units = "|".join(spoken.counters), "|".join(spoken.units)
    bare = (
        rf"({n})(?! ?(?:{units})(?![a-z]))(?![\w.-])" if spoken.spaced else _chinese_count(spoken.number_words, units)
    )
    if spoken.spaced:
        counted = rf"(?<![a-z0-9.])({n}) (?:{counters})(?: of)?(?![a-z])"
        opening = rf"^(?:(?:{'|'.join(spoken.before_counts)}) )*{bare}(?: of(?: the| these| those| them)?)?(?![a-z0-9])"
    else:
        counted = rf"(?<![第\d])(\d+|{spoken.number_words})(?:{counters})(?!套)"
        opening = rf"^{bare}"
        taken = rf"(?<=的 )(\d+|{spoken.number_words})(?:{counters})$"
        return [re.compile(taken), re.compile(counted), re.compile(opening), *([re.compile(bare)] if anywhere else [])]
    found = [re.compile(counted), re.compile(opening)]
    return [*found, re.compile(bare)] if anywhere else found


def _chinese_count(names: str, units: str) -> str:
    """A number that is not part of a measure, a position or a word such as 一下."""
    return rf"(?<![第\d])((?>\d+|{names}))(?! ?(?:{units}|下|些|点|共|起|样|定|直))"
