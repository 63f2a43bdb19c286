"""What the shopper says, turned into wishes: clauses first, then what each means, then what it names."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..planner import slots
from .chatter import corrected, retracted, without_chatter
from .clause import Clause
from .content import content
from .counts import ODD, take_ordinals, take_quantity, with_odd_numbers
from .joining import INSTEAD, inherit, joined, with_verb_behind, without_small_talk
from .lexicon import Intent, Language, language
from .meaning import early_meaning, meaning, mended, without_politeness
from .splitting import clauses
from .wishes import Wish
from .words import CHINESE_NUMBER, CJK, chinese_number, has_cjk, neat

LONGEST = 600
"""Characters that are read; nobody states a wish in more."""
MOST_WISHES = 5
_BEFORE_CHINESE = re.compile(rf"(?<![a-z])[a-z]{{3,6}}(?=[{CJK}])", re.I)
_ABBREVIATED = re.compile(r"(?<![a-z])(no|nr)\.\s*(?=\d)", re.I)
_THOUSANDS = re.compile(r"(?<![\w,.-])\d{1,3}(?:,\d{3})+(?![\d,])", re.A)
_COINS = re.compile(rf"(\d+|{CHINESE_NUMBER})块(\d|[一二两三四五六七八九])(?![\d十百块个件])")
"""Thirteen fifty: 13块5."""
_MEASURED = re.compile(rf"({CHINESE_NUMBER})(?={'|'.join(sorted(language('zh').same_as, key=len, reverse=True))})")
_SEARCHING: set[Intent] = {"search", "bare", "refine", "more", "off_topic"}
_ABOUT_GOODS: set[Intent] = {
    "search", "bare", "refine", "want", "want_to_buy", "change", "add", "off_topic",
}  # fmt: skip
_RECOUNTS: set[Intent] = {"change", "another", "fewer"}
"""In these, "up to four" is no price."""
_SWAPPED: set[Intent] = {"bare", "refine", "want", "want_to_buy", "change", "add"}


def _with_digits(said: str) -> str:
    """English numbers inside Chinese, such as "three个", and Chinese ones before a measure or in a price."""
    numbers = language("en").numbers
    said = _BEFORE_CHINESE.sub(lambda m: str(numbers.get(m.group().lower(), m.group())), said)
    said = _COINS.sub(lambda m: f"{_digits(m[1])}.{_digits(m[2])}块", said)
    return _MEASURED.sub(lambda m: _digits(m[1]), said)


def _digits(number: str) -> str:
    return number if number.isdigit() else str(chinese_number(number))


def languages_of(text: str) -> tuple[Language, ...]:
    return (language("zh"), language("en")) if has_cjk(text) else (language("en"),)


@lru_cache(maxsize=512)
def understand(text: str) -> tuple[Wish, ...]:
    """The wishes of a message, in order; never empty."""
    said = _ABBREVIATED.sub(r"\1 ", text)
    said = _with_digits(_THOUSANDS.sub(lambda m: m.group().replace(",", ""), neat(said[: LONGEST * 2])[:LONGEST]))
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


def wish_of(typed: str, languages: tuple[Language, ...]) -> Wish:
    """Where an impossible number counts something, the quantity is -1."""
    odd = with_odd_numbers(typed, languages)
    if odd != typed and (wish := _read(odd, languages)).quantity is not None and wish.quantity > 99:
        return replace(wish, text=typed, quantity=-1 if wish.quantity == ODD else wish.quantity)
    return _read(typed, languages)


def _read(typed: str, languages: tuple[Language, ...]) -> Wish:
    clause = Clause(typed, languages)
    if early := early_meaning(clause.lower, languages):
        return _read_early(clause, *early)
    recounts = meaning(clause.lower, languages)[0] in _RECOUNTS
    named = _named(clause, priced=not recounts)
    intent, rest = meaning(clause.lower, languages)
    if intent == "bare":
        intent, rest = mended(clause.lower, languages)
    if intent == "remove":
        left = Clause(clause.left, languages)
        named["excluded"] = slots.take_excluded(left)
        if named["excluded"] and content(left):
            clause, (intent, rest) = left, ("search", left.lower)
    intent, rest = _really(intent, rest, clause, named)
    if intent in _ABOUT_GOODS:
        intent, rest = _about_goods(intent, rest, clause, named)
    return _settled(intent, clause, rest, named)


def _really(intent: Intent, rest: str, clause: Clause, named: dict[str, Any]) -> tuple[Intent, str]:
    """Goods with their limits, where a rule hears a question about delivery or about all there is."""
    if intent == "list_delivery" and _of_goods(clause.left, clause.languages):
        return "search", rest
    if intent == "list_addresses" and named["address"]:
        return "deliver_to", rest
    if intent == "list_categories":
        named["seller"] = _seller(clause)
        if named["seller"] or named["min_price"] or named["max_price"]:
            return "search", ""
    return intent, rest


def _about_goods(intent: Intent, rest: str, clause: Clause, named: dict[str, Any]) -> tuple[Intent, str]:
    """Takes the limits out of the clause, and reads what it means without them."""
    whole, spaced = clause.left, clause.languages[0].spaced
    sold = intent not in ("add", "change") and (spaced or intent != "off_topic")
    named |= _limits(clause, sold)
    if clause.left != whole:
        intent, rest = meaning(clause.lower, clause.languages)
    if named.get("seller") and intent in ("list_categories", "off_topic"):
        intent, rest = "search", ""
    named["old"], named["new"] = slots.swap_in(clause.left, clause.languages) if intent in _SWAPPED else ("", "")
    return intent, rest


def _of_goods(typed: str, languages: tuple[Language, ...]) -> bool:
    """ "Lamps with no shipping cost" are lamps."""
    clause = Clause(typed, languages)
    if not slots.take_listed(clause, "free_shipping"):
        return False
    intent, rest = meaning(clause.lower, languages)
    named = content(Clause(rest, languages)) or slots.holds(clause, "goods")
    return intent in _ABOUT_GOODS and bool(named)


def _read_early(clause: Clause, intent: Intent, span: tuple[int, int]) -> Wish:
    """The rule's own words may point and count, and are not what the wish names."""
    whole = Clause(clause.typed, clause.languages)
    said = _named(whole)
    within = _pointers(whole, counts=True, anywhere=False)
    clause.cut(span)
    named = said | {k: v for k, v in _named(clause).items() if v}
    clause.left = without_politeness(clause.lower, clause.languages)
    found = (
        named | {k: v for k, v in _pointers(clause, True, False).items() if v} | {k: v for k, v in within.items() if v}
    )
    words = content(clause)
    return Wish(intent, clause.typed, words, **found)


def _limits(clause: Clause, sold: bool) -> dict[str, Any]:
    """What goods must be or must not be, and, with `sold`, who shall sell them."""
    found: dict[str, Any] = {
        "free_shipping": slots.take_listed(clause, "free_shipping"),
        "excluded": slots.take_excluded(clause),
    }
    found["seller"] = _seller(clause) if sold else ""
    _take_purposes(clause)
    return {name: value for name, value in found.items() if value}


def _seller(clause: Clause) -> str:
    """Not what is a way to sort or to narrow: "the best selling ones"."""
    kept = clause.left
    seller = slots.take_seller(clause)
    if seller and any(_pointers(Clause(seller, clause.languages), counts=False, anywhere=False).values()):
        clause.left = kept
        return ""
    return seller


def _take_purposes(clause: Clause) -> None:
    """Whom it is for says nothing of what it is, unless nothing else is said."""
    kept = clause.left
    slots.take_listed(clause, "purposes")
    if not content(Clause(meaning(clause.lower, clause.languages)[1], clause.languages)):
        clause.left = kept


def describe(typed: str) -> Wish:
    """What a phrase such as "my second card" points at."""
    return _settled("bare", clause := Clause(typed, languages_of(typed)), clause.left, {})


def _named(clause: Clause, priced: bool = True) -> dict[str, Any]:
    """The parts that are taken out before the meaning is looked for."""
    found: dict[str, Any] = {
        "reason": slots.take_slot(clause, "reason_lead"),
        "tracking": slots.take_tracking(clause),
        "gift_card": slots.take_listed(clause, "gift_cards"),
    }
    found |= {"order": slots.take_order(clause), "coupons": slots.take_coupons(clause), "skus": slots.take_skus(clause)}
    found["min_price"], found["max_price"] = slots.take_prices(clause) if priced else (None, None)
    for name in ("address", "payment", "delivery"):
        found[name] = slots.take_slot(clause, f"{name}_lead")
    return found


def _settled(intent: Intent, clause: Clause, rest: str, named: dict[str, Any]) -> Wish:
    """Reads what points, counts and filters, also within the rule's own words; the words in `rest` name the thing."""
    if named.get("old") and _is_a_swap(named["new"], clause.languages):
        return Wish("swap", clause.typed, **named)
    counts = intent not in _SEARCHING or intent == "bare"
    anywhere = intent in ("change", "another", "fewer")
    within = _pointers(Clause(clause.lower, clause.languages), counts=anywhere, anywhere=anywhere)
    clause.left = rest
    found = (
        named
        | within
        | {k: v for k, v in _pointers(clause, counts, anywhere).items() if v or (k == "quantity" and v == 0)}
    )
    found["wanted"] = intent in ("want", "want_to_buy")
    words = content(clause)
    return Wish(_refined(intent, words, found), clause.typed, words, **found)


def _is_a_swap(new: str, languages: tuple[Language, ...]) -> bool:
    """ "Change the mug to three" is not one."""
    said = _read(new, languages) if new else Wish("bare")
    return bool(said.words or said.skus) and not said.settles


def _pointers(clause: Clause, counts: bool, anywhere: bool) -> dict[str, Any]:
    """Takes out of the clause what filters, compares, points and counts."""
    slots.take_listed(clause, "noise")
    found: dict[str, Any] = {"in_stock": _stock(clause)}
    found["comparison"] = slots.take_phrase(clause, "comparisons")
    ordered = slots.holds(clause, "sort_tail")
    found["sort"] = slots.take_phrase(clause, "sorts")
    found["ordered"] = bool(found["sort"]) and ordered
    if found["ordered"]:
        slots.take_listed(clause, "sort_tail")
    found["ordinals"], found["first"], found["last"] = take_ordinals(clause)
    found["everything"] = slots.take_listed(clause, "all_of_them")
    found["quantity"] = take_quantity(clause, anywhere) if counts else None
    found["that_one"] = slots.holds(clause, "that_one")
    found["definite"] = slots.holds(clause, "definite")
    found["pronoun"] = slots.take_listed(clause, "pronouns")
    found["one"] = slots.take_listed(clause, "ones")
    return found


def _stock(clause: Clause) -> bool | None:
    if slots.take_listed(clause, "sold_out"):
        return False
    return True if slots.take_listed(clause, "in_stock") else None


def _refined(intent: Intent, words: tuple[str, ...], found: dict[str, Any]) -> Intent:
    """Corrects the meaning by what was named."""
    if found.get("order") and intent in ("bare", "search", "details", "off_topic"):
        return "order_status"
    if found.get("gift_card") and (intent in ("pay", "pay_with") or (intent in ("want", "want_to_buy") and not words)):
        return "use_gift_card"
    if found.get("address") and intent in ("details", "change") and not words:
        return "deliver_to"
    if found.get("coupons") and intent == "remove":
        return "drop_coupon"
    if intent != "bare" or words:
        return _wanted(intent, found)
    if found.get("coupons"):
        return "use_coupon"
    if found.get("gift_card"):
        return "use_gift_card"
    return next(
        (meant for slot, meant in INSTEAD.items() if found.get(slot)), "order_status" if found.get("order") else "bare"
    )


def _wanted(intent: Intent, found: dict[str, Any]) -> Intent:
    """ "I want two of the second" adds; "I want a mug" looks for one."""
    if intent not in ("want", "want_to_buy"):
        return intent
    exact = (
        found["ordinals"]
        or found["pronoun"]
        or (found["quantity"] or 0) > 1
        or found["comparison"]
        or found.get("skus")
    )
    if intent == "want_to_buy" and found["everything"]:
        return "buy"
    if exact:
        return "add" if intent == "want" else "buy"
    return "search"


def foreign_letters(text: str) -> bool:
    """Whether the message is in a script that the planner does not read."""
    letters = [c for c in text if c.isalpha()]
    known = re.compile(rf"[a-zA-Z{CJK}\u00c0-\u024f]")
    return bool(letters) and sum(known.match(c) is not None for c in letters) * 2 < len(letters)
