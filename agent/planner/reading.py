"""One clause as a wish: what it means, and what it names on the way."""

import re
from dataclasses import replace
from typing import Any

from ..planner import slots
from .clause import Clause
from .content import content
from .counts import ODD, with_odd_numbers
from .lexicon import Intent, Language, language
from .meaning import early_meaning, meaning, mended, without_politeness
from .pointing import pointers, refined
from .wishes import Wish
from .words import has_cjk

DRAWN_OUT = re.compile(r"([a-hj-lnp-vyz])\1{2,}", re.I)
"""But for letters that are drawn out in sizes, numbers and sounds."""
_SEARCHING: set[Intent] = {"search", "bare", "refine", "more", "off_topic"}
_ABOUT_GOODS: set[Intent] = {
    "search", "bare", "refine", "want", "want_to_buy", "change", "add", "off_topic",
}  # fmt: skip
_RECOUNTS: set[Intent] = {"change", "another", "fewer"}
"""In these, "up to four" is no price."""
_SWAPPED: set[Intent] = {"bare", "refine", "want", "want_to_buy", "change", "add"}


def languages_of(text: str) -> tuple[Language, ...]:
    return (language("zh"), language("en")) if has_cjk(text) else (language("en"),)


def spelt_out(said: str) -> str:
    """Without shorthand and drawn-out letters: "hmu", "yesss"."""
    for spoken in languages_of(said):
        for pattern, word in spoken.shorter:
            said = pattern.sub(word, said)
    return DRAWN_OUT.sub(r"\1", said)


def wish_of(typed: str, languages: tuple[Language, ...]) -> Wish:
    """Where an impossible number counts something, the quantity is -1."""
    odd = with_odd_numbers(typed, languages)
    if odd != typed and (wish := _read(odd, languages)).quantity is not None and wish.quantity > 99:
        return replace(wish, text=typed, quantity=-1 if wish.quantity == ODD else wish.quantity)
    return _without_story(_read(typed, languages), languages)


MOST_WORDS = 5
"""Words that name goods; in more, they are told from the story around them."""


def _without_story(wish: Wish, languages: tuple[Language, ...]) -> Wish:
    """ "She loves coffee, so I was thinking of a grinder" is about a grinder."""
    if wish.intent not in _ABOUT_GOODS or len(wish.words) <= MOST_WORDS:
        return wish
    behind = [match.end() for s in languages for match in s.any_of(s.goods_leads).finditer(wish.text.lower())]
    for start in sorted(behind, reverse=True):
        named = describe(wish.text[start:]).words
        if named and len(named) <= MOST_WORDS and set(named) <= set(wish.words):
            return replace(wish, words=named, intent="search" if wish.intent in ("bare", "off_topic") else wish.intent)
    return wish


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
    named["old"], named["new"] = _swap(clause) if intent in _SWAPPED else ("", "")
    return intent, rest


def _swap(clause: Clause) -> tuple[str, str]:
    polite = slots.swap_in(without_politeness(clause.lower, clause.languages), clause.languages)
    return slots.swap_in(clause.left, clause.languages) if not any(polite) else polite


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
    within = pointers(whole, counts=True, anywhere=False)
    clause.cut(span)
    named = said | {k: v for k, v in _named(clause).items() if v}
    clause.left = without_politeness(clause.lower, clause.languages)
    found = (
        named | {k: v for k, v in pointers(clause, True, False).items() if v} | {k: v for k, v in within.items() if v}
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
    if seller and any(pointers(Clause(seller, clause.languages), counts=False, anywhere=False).values()):
        clause.left = kept
        return ""
    return seller


def _take_purposes(clause: Clause) -> None:
    """Whom it is for says nothing of what it is, unless nothing else is said."""
    kept = clause.left
    slots.take_listed(clause, "purposes")
    if not content(Clause(meaning(clause.lower, clause.languages)[1], clause.languages)):
        clause.left = kept


def as_meant(typed: str, languages: tuple[Language, ...], intent: Intent, names: str) -> Wish:
    """The clause, once it is known what it means; `names` are those of its words that may name something."""
    clause = Clause(typed, languages)
    named = _named(clause, priced=intent in _ABOUT_GOODS)
    found = _settled(intent, clause, clause.left, named)
    left = Clause(names, languages)
    _named(left, priced=intent in _ABOUT_GOODS)
    pointers(left, counts=True, anywhere=True)
    words = content(left)
    return replace(found, intent=intent, words=tuple(word for word in found.words if word in words) or words)


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
    within = pointers(Clause(clause.lower, clause.languages), counts=anywhere, anywhere=anywhere)
    clause.left = rest
    found = (
        named
        | within
        | {k: v for k, v in pointers(clause, counts, anywhere).items() if v or (k == "quantity" and v == 0)}
    )
    found["wanted"] = intent in ("want", "want_to_buy")
    words = content(clause)
    return Wish(refined(intent, words, found), clause.typed, words, **found)


def _is_a_swap(new: str, languages: tuple[Language, ...]) -> bool:
    """ "Change the mug to three" is not one."""
    said = _read(new, languages) if new else Wish("bare")
    return bool(said.words or said.skus) and not said.settles
