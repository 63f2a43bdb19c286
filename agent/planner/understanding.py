"""What the shopper says, turned into wishes: clauses first, then what each means, then what it names."""

import re
from functools import lru_cache

from .chatter import corrected, retracted, without_chatter
from .joining import inherit, with_verb_behind, without_small_talk
from .lexicon import language
from .neighbours import joined
from .reading import languages_of, spelt_out, wish_of
from .splitting import clauses
from .wishes import Wish
from .words import CHINESE_NUMBER, CJK, chinese_number, neat

LONGEST = 600
"""Characters that are read; nobody states a wish in more."""
MOST_WISHES = 5
_BEFORE_CHINESE = re.compile(rf"(?<![a-z])[a-z]{{3,6}}(?=[{CJK}])", re.I)
_ABBREVIATED = re.compile(r"(?<![a-z])(no|nr)\.\s*(?=\d)", re.I)
_THOUSANDS = re.compile(r"(?<![\w,.-])\d{1,3}(?:,\d{3})+(?![\d,])", re.A)
_COINS = re.compile(rf"(\d+|{CHINESE_NUMBER})块(\d|[一二两三四五六七八九])(?![\d十百块个件])")
"""Thirteen fifty: 13块5."""
_COINS_AND_CENTS = re.compile(
    rf"(\d+|{CHINESE_NUMBER})[块元](\d|[一二两三四五六七八九])[毛角](\d|[一二两三四五六七八九])?分?"
)
"""Eleven ninety-nine: 十一块九毛九."""
_UNCOUNTED = re.compile(r"(再要|再买|[来拿加放添整])([个件只双条把盒瓶包套本支顶张副台])(?=[^人性事子])")
"""One, where the number is left out: 来个, 再要件."""
_AND_TENTHS = re.compile(rf"(\d+|{CHINESE_NUMBER})(升|米|公斤|斤)([1-9一二三四五六七八九])(?![\d十百]|号|个)")
"""1.2 litres: 一升二."""
_JOINED_MEASURE = re.compile(
    r"(?<![\w.,-])(\d+(?:\.\d+)?)(?=(?:cm|mm|ml|kg|mah|inch|oz|gb|w|l|g|m)(?![\w-]))", re.I | re.A
)
"""A number written in one with its measure: 18cm."""
_TWO = {"俩": "两个", "仨": "三个"}
_DOZENS = {"半打": "6个", "一打": "12个", "两打": "24个"}
_MEASURED = re.compile(rf"({CHINESE_NUMBER})(?={'|'.join(sorted(language('zh').same_as, key=len, reverse=True))})")


def _with_digits(said: str) -> str:
    """English numbers inside Chinese, such as "three个", and Chinese ones before a measure or in a price."""
    numbers = language("en").numbers
    said = _JOINED_MEASURE.sub(r"\1 ", said)
    said = _BEFORE_CHINESE.sub(lambda m: str(numbers.get(m.group().lower(), m.group())), said)
    said = re.sub("[俩仨](?!人|口)", lambda m: _TWO[m.group()], said)
    said = re.sub("半打|一打|两打", lambda m: _DOZENS[m.group()], said)
    said = _AND_TENTHS.sub(lambda m: f"{_digits(m[1])}.{_digits(m[3])}{m[2]}", said)
    said = _UNCOUNTED.sub(r"\1一\2", said)
    said = _COINS_AND_CENTS.sub(lambda m: f"{_digits(m[1])}.{_digits(m[2])}{_digits(m[3] or '0')}块", said)
    said = _COINS.sub(lambda m: f"{_digits(m[1])}.{_digits(m[2])}块", said)
    return _MEASURED.sub(lambda m: f" {_digits(m[1])}" if _after_letter(m) else _digits(m[1]), said)


def _after_letter(match: re.Match[str]) -> bool:
    before = match.string[: match.start()][-1:]
    return before.isascii() and before.isalpha()


def _digits(number: str) -> str:
    return number if number.isdigit() else str(chinese_number(number))


@lru_cache(maxsize=512)
def written_plainly(text: str) -> str:
    """One spelling of widths, numbers, measures and shorthand."""
    said = _ABBREVIATED.sub(r"\1 ", text)
    said = _with_digits(_THOUSANDS.sub(lambda m: m.group().replace(",", ""), neat(said[: LONGEST * 2])[:LONGEST]))
    return spelt_out(said)


@lru_cache(maxsize=512)
def understand(text: str) -> tuple[Wish, ...]:
    """The wishes of a message, in order; never empty."""
    said = written_plainly(text)
    languages = languages_of(said)
    plain, insulted = without_chatter(said, languages)
    found: list[Wish] = []
    for i, piece in enumerate(retracted(plain, languages)):
        wishes = [wish_of(clause, languages) for clause in clauses(piece, languages)]
        found = (corrected(found, wishes) or [Wish("no", said)]) if i else wishes
    found = inherit(without_small_talk(with_verb_behind(joined(found))))[:MOST_WISHES]
    if skipping := [wish for wish in found if wish.intent == "bypass"]:
        return (skipping[0],)
    if insulted and all(wish.intent == "bare" and not wish.names_something for wish in found):
        return (Wish("rude", said),)
    return tuple(found) or (Wish("bare", said),)


def foreign_letters(text: str) -> bool:
    """Whether the message is in a script that the planner does not read."""
    letters = [c for c in text if c.isalpha()]
    known = re.compile(rf"[a-zA-Z{CJK}\u00c0-\u024f]")
    return bool(letters) and sum(known.match(c) is not None for c in letters) * 2 < len(letters)
