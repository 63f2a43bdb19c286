"""Takes the parts with a form of their own out of a clause: prices, counts, positions, codes, numbers, places."""

import re
from decimal import Decimal
from functools import lru_cache

from .clause import Clause, number, number_pattern
from .lexicon import CODES, Code, Language, language

_ORDER = re.compile(r"(?<![\w-])(?:dt-[0-9a-z]{4}-[0-9a-z]{4}|#[a-z]?\d{4,})(?![\w-])", re.I | re.A)
_SKU = re.compile(r"(?<![a-zA-Z0-9_-])(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,}(?:-[A-Z0-9]+)+(?![a-zA-Z0-9_-])")
_CODE = r"[\"']?([A-Za-z0-9][A-Za-z0-9_-]{2,39})[\"']?"


def take_order(clause: Clause) -> str:
    match = _ORDER.search(clause.left)
    if match:
        return clause.cut(match.span()).upper()
    for spoken in clause.languages:
        lead = spoken.any_of(spoken.order_words, after=r"[ :#]*([a-z0-9#-]*\d[a-z0-9-]{3,})(?![a-z0-9_-])")
        if found := lead.search(clause.lower):
            return clause.cut(found.span(1)).upper()
    return ""


def take_skus(clause: Clause) -> tuple[str, ...]:
    found = []
    while match := _SKU.search(clause.left):
        found.append(clause.cut(match.span()))
    return tuple(found)


def take_tracking(clause: Clause) -> str:
    """A carrier's number behind the words for it, as typed."""
    for spoken in clause.languages:
        lead = spoken.any_of(spoken.tracking_lead, after=r"[ :#]*([a-z0-9-]*\d[a-z0-9-]{2,})(?![a-z0-9_-])")
        if found := lead.search(clause.lower):
            number = clause.left[found.start(1) : found.end(1)]
            clause.cut(found.span())
            return number
    return ""


def take_carrier(clause: Clause) -> str:
    for spoken in clause.languages:
        for carrier in spoken.carriers:
            border = r"(?![a-z])" if carrier.isascii() else ""
            if clause.take(re.compile(rf"(?<![a-z0-9-]){re.escape(carrier.lower())}{border}")):
                return carrier
    return ""


def take_excluded(clause: Clause) -> tuple[str, ...]:
    """Words that are not wanted."""
    found: list[str] = []
    for spoken in clause.languages:
        for pattern in spoken.templates["excluded"]:
            while match := pattern.search(clause.lower):
                found.append(match["WHAT"].strip())
                clause.cut(match.span())
    return tuple(found)


def take_seller(clause: Clause) -> str:
    """What may be a merchant's name; the verb that it sells with goes too."""
    for spoken in clause.languages:
        for pattern in spoken.templates["sellers"]:
            if match := pattern.search(clause.lower):
                clause.cut(match.span())
                return match["WHO"].strip()
    return ""


def swap_in(typed: str, languages: tuple[Language, ...]) -> tuple[str, str]:
    """What shall go and what shall come in its place."""
    for spoken in languages:
        for pattern in spoken.templates["swaps"]:
            if match := pattern.search(typed.lower()):
                return match["OLD"].strip(), match["NEW"].strip()
    return "", ""


def take_coupons(clause: Clause) -> tuple[str, ...]:
    """Codes after a coupon word; after a mere "use" or "with" only what can't be an ordinary word."""
    for spoken in clause.languages:
        for pattern, plainly in _coupon_patterns(spoken.code):
            for match in pattern.finditer(clause.left):
                if _is_code(match.group(1), plainly):
                    clause.cut(match.span())
                    return (match.group(1),)
    return ()


@lru_cache
def _coupon_patterns(code: Code) -> list[tuple[re.Pattern[str], bool]]:
    spoken = language(code)
    lead, noun = spoken.any_of(spoken.coupon_leads).pattern, spoken.any_of(spoken.coupon_words).pattern
    named = re.compile(rf"(?:{lead})? ?(?:the |my |a )?(?:(?:{noun})[ :]*)+{_CODE}", re.I)
    plain = re.compile(r"(?<![\w-])([A-Z]{4,}\d{1,3})(?![\w-])", re.A)
    return [(named, True), (re.compile(rf"(?:{lead}) ?{_CODE}", re.I), False), (plain, False)]


def _is_code(word: str, plainly: bool) -> bool:
    if word.isupper() and len(word) >= 4:
        return plainly or "-" not in word
    return bool(re.search(r"\d", word)) if plainly else bool(re.fullmatch(r"[a-z]{4,}\d{1,3}", word))


def take_prices(clause: Clause) -> tuple[Decimal | None, Decimal | None]:
    """The lowest and the highest price, in major units."""
    for spoken in clause.languages:
        for kind, pattern in _price_patterns(spoken.code):
            match = clause.take(pattern)
            if match:
                return _bounds(kind, [number(n, spoken) for n in match.groups() if n])
    return None, None


def _bounds(kind: str, numbers: list[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    if kind == "between":
        return min(numbers), max(numbers)
    if kind == "around":
        return numbers[0] * Decimal("0.75"), numbers[0] * Decimal("1.25")
    return (None, numbers[0]) if kind == "under" else (numbers[0], None)


@lru_cache
def _price_patterns(code: Code) -> list[tuple[str, re.Pattern[str]]]:
    spoken = language(code)
    n, money = number_pattern(code), "|".join(name for each in CODES for name in language(each).prices.currency)
    unit = rf"(?: ?(?:{'|'.join(spoken.units)})(?![a-z]))"
    sign, after = r"(?:[$€£¥] ?|us\$ ?|(?:usd|eur|gbp|cny|rmb) ?)", rf"(?: ?(?:{money})(?![a-z装])|(?!{unit}))"
    to = "(?:-|~|to|and|到|至|和)"
    amount = rf"{sign}?({n}){after}"
    plainly = to.replace("and|", "")
    spans = [
        rf"(?:between|from|在) ?{amount} ?(?:up )?{to} ?{sign}?({n})(?: ?(?:{money})|之间|元?的?价?之间)(?![a-z])",
        rf"{amount} ?{plainly} ?{sign}?({n})(?: ?(?:{money})|之间|元?的?价?之间)(?![a-z])",
        rf"{sign}({n}) ?{to} ?{sign}?({n})",
        rf"(?:between|from) {amount} (?:up )?{to} {sign}?({n}){after}",
    ]
    found = [("between", re.compile(span)) for span in spans]
    purse = spoken.any_of(spoken.prices.purse).pattern
    found.append(("under", re.compile(rf"{purse} ?(?:{sign}({n})|({n}) ?(?:{money}))(?![a-z])")))
    for kind in ("under", "over", "around"):
        before = spoken.any_of(getattr(spoken.prices, kind)).pattern
        later = spoken.any_of(getattr(spoken.prices, f"{kind}_after")).pattern
        found.append((kind, re.compile(rf"{before} ?{amount}(?: ?{later})?")))
        found.append((kind, re.compile(rf"{sign}?({n}){after} ?{later}")))
    return found


def take_phrase(clause: Clause, name: str) -> str:
    """The key of the first phrase table entry that the clause holds: `sorts` or `comparisons`."""
    for spoken in clause.languages:
        for key in getattr(spoken, name):
            if clause.take(_table(spoken.code, name, key)):
                return str(key)
    return ""


@lru_cache
def _table(code: Code, name: str, key: str) -> re.Pattern[str]:
    spoken = language(code)
    return spoken.any_of(getattr(spoken, name)[key])


def take_listed(clause: Clause, name: str) -> bool:
    """Whether the clause holds one of a list of phrases, such as `pronouns`."""
    found = False
    for spoken in clause.languages:
        while clause.take(_listed(spoken.code, name)):
            found = True
    return found


def holds(clause: Clause, name: str) -> bool:
    """Whether the clause holds one of a list of phrases; nothing is taken out."""
    return any(_listed(spoken.code, name).search(clause.lower) for spoken in clause.languages)


@lru_cache
def _listed(code: Code, name: str) -> re.Pattern[str]:
    spoken = language(code)
    return spoken.any_of(getattr(spoken, name))


def take_slot(clause: Clause, name: str) -> str:
    """What follows a lead such as "deliver to", up to the next joint, as typed."""
    for spoken in clause.languages:
        match = _lead(spoken.code, name).search(clause.lower)
        if match:
            said = clause.left[match.start(1) : match.end(1)].strip()
            clause.cut(match.span())
            clause.take(spoken.any_of(spoken.instead_of, after=r" .*$"))
            return said
    return ""


@lru_cache
def _lead(code: Code, name: str) -> re.Pattern[str]:
    spoken = language(code)
    ends = spoken.any_of(spoken.slot_ends).pattern
    stop = r"$" if name == "reason_lead" else rf"(?=\s*(?:{ends}|[,;]|$))"
    return spoken.any_of(getattr(spoken, name), after=rf"\s*(\S.{{0,200}}?){stop}")
