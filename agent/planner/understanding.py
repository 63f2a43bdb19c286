"""What the shopper says, turned into wishes: clauses first, then what each means, then what it names."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from . import slots
from .clause import Clause, number_pattern
from .counts import ODD, take_ordinals, take_quantity, with_odd_numbers
from .joining import INSTEAD, LISTS_GOODS, inherit, without_chatter
from .lexicon import Intent, Language, language
from .meaning import meaning, mended, without_politeness
from .wishes import Wish
from .words import CJK, has_cjk, neat, tokens

LONGEST = 600
"""Characters that are read; nobody states a wish in more."""
MOST_WISHES = 5
_SENTENCE_ENDS = re.compile(r"[!?;\n]+|\.(?=\s|$)|~+$")
_THOUSANDS = re.compile(r"(?<![\w,.-])\d{1,3}(?:,\d{3})+(?![\d,])", re.A)
_SEARCHING: set[Intent] = {"search", "bare", "refine", "more", "off_topic"}


def languages_of(text: str) -> tuple[Language, ...]:
    return (language("zh"), language("en")) if has_cjk(text) else (language("en"),)


@lru_cache(maxsize=512)
def understand(text: str) -> tuple[Wish, ...]:
    """The wishes of a message, in order; never empty."""
    said = _THOUSANDS.sub(lambda m: m.group().replace(",", ""), neat(text[: LONGEST * 2])[:LONGEST])
    languages = languages_of(said)
    found = [wish_of(clause, languages) for clause in clauses(said, languages)]
    return tuple(inherit(without_chatter(found))[:MOST_WISHES]) or (Wish("bare", said),)


def clauses(said: str, languages: tuple[Language, ...]) -> list[str]:
    sentences = (_with_share_apart(s.strip(" ,."), languages) for s in _SENTENCE_ENDS.split(said))
    return [part for sentence in sentences if sentence for part in _parts(sentence, languages)]


def _parts(sentence: str, languages: tuple[Language, ...]) -> Iterator[str]:
    """Splits at commas and joints, but only where a new wish begins."""
    start = 0
    for match in _joints(languages).finditer(sentence.lower()):
        left, right = sentence[start : match.start()], sentence[match.end() :]
        if left.strip(" ,") and _begins_wish(left, right.lower().strip(" ,"), languages):
            yield left.strip(" ,")
            start = match.end()
    yield sentence[start:].strip(" ,")


def _with_share_apart(sentence: str, languages: tuple[Language, ...]) -> str:
    """A comma before "two each"."""
    for pattern in _shares(languages):
        if (match := pattern.search(sentence.lower())) and match.start():
            return f"{sentence[: match.start()]}, {match.group(1)}"
    return sentence


@lru_cache
def _shares(languages: tuple[Language, ...]) -> list[re.Pattern[str]]:
    return [re.compile(rf"[ ,]*({s.any_of(s.shares).pattern})$") for s in languages]


@lru_cache
def _joints(languages: tuple[Language, ...]) -> re.Pattern[str]:
    return re.compile("|".join([r"\s*,+(?!\d{3})\s*", *(rf"\s*{s.any_of(s.joints).pattern}\s*" for s in languages)]))


def _begins_wish(left: str, right: str, languages: tuple[Language, ...]) -> bool:
    right = without_politeness(right, languages)
    if not right or re.search(r"(between|from) \S+$", left.lower()):
        return False
    if any(pattern.fullmatch(right) for pattern in _shares(languages)):
        return True
    for spoken in languages:
        for intent, patterns in spoken.compiled_rules:
            if any(p.match(right) for p in patterns):
                return intent != "refine"
    return _begins_with_count(right, languages) and meaning(left.lower(), languages)[0] in LISTS_GOODS


def _begins_with_count(right: str, languages: tuple[Language, ...]) -> bool:
    for spoken in languages:
        named = "|".join([*spoken.articles, number_pattern(spoken.code)])
        after = r" \S" if spoken.spaced else rf"(?:{'|'.join(spoken.counters)})."
        if re.match(rf"(?:the )?(?:{named}){after}", right):
            return True
    return False


def wish_of(typed: str, languages: tuple[Language, ...]) -> Wish:
    """Where an impossible number counts something, the quantity is -1."""
    odd = with_odd_numbers(typed, languages)
    if odd != typed and (wish := _read(odd, languages)).quantity is not None and wish.quantity > 99:
        return replace(wish, text=typed, quantity=-1 if wish.quantity == ODD else wish.quantity)
    return _read(typed, languages)


def _read(typed: str, languages: tuple[Language, ...]) -> Wish:
    clause = Clause(typed, languages)
    named = _named(clause)
    intent, rest = meaning(clause.lower, languages)
    if intent == "bare":
        intent, rest = mended(clause.lower, languages)
    return _settled(intent, clause, rest, named)


def describe(typed: str) -> Wish:
    """What a phrase such as "my second card" points at."""
    return _settled("bare", clause := Clause(typed, languages_of(typed)), clause.left, {})


def _named(clause: Clause) -> dict[str, Any]:
    """The parts that are taken out before the meaning is looked for."""
    found: dict[str, Any] = {"reason": slots.take_slot(clause, "reason_lead")}
    found |= {"order": slots.take_order(clause), "coupons": slots.take_coupons(clause), "skus": slots.take_skus(clause)}
    found["min_price"], found["max_price"] = slots.take_prices(clause)
    for name in ("address", "payment", "delivery"):
        found[name] = slots.take_slot(clause, f"{name}_lead")
    return found


def _settled(intent: Intent, clause: Clause, rest: str, named: dict[str, Any]) -> Wish:
    """Reads what points, counts and filters, also within the rule's own words; the words in `rest` name the thing."""
    counts = intent not in _SEARCHING or intent == "bare"
    anywhere = intent in ("change", "another", "fewer")
    within = _pointers(Clause(clause.lower, clause.languages), counts=anywhere, anywhere=anywhere)
    clause.left = rest
    found = (
        named
        | within
        | {k: v for k, v in _pointers(clause, counts, anywhere).items() if v or (k == "quantity" and v == 0)}
    )
    words = _content(clause)
    return Wish(_refined(intent, words, found), clause.typed, words, **found)


def _pointers(clause: Clause, counts: bool, anywhere: bool) -> dict[str, Any]:
    """Takes out of the clause what filters, compares, points and counts."""
    slots.take_listed(clause, "noise")
    found: dict[str, Any] = {"in_stock": _stock(clause)}
    found["comparison"] = slots.take_phrase(clause, "comparisons")
    found["sort"] = slots.take_phrase(clause, "sorts")
    found["ordinals"], found["first"] = take_ordinals(clause)
    found["everything"] = slots.take_listed(clause, "all_of_them")
    found["quantity"] = take_quantity(clause, anywhere) if counts else None
    found["pronoun"] = slots.take_listed(clause, "pronouns")
    return found


def _stock(clause: Clause) -> bool | None:
    if slots.take_listed(clause, "sold_out"):
        return False
    return True if slots.take_listed(clause, "in_stock") else None


def _content(clause: Clause) -> tuple[str, ...]:
    """Words that are neither grammar nor politeness."""
    text = clause.lower
    for spoken in clause.languages:
        if not spoken.spaced:
            text = _trimmed(text, spoken)
    grammar = {word for spoken in clause.languages for word in spoken.function_words}
    same = {said: written for spoken in clause.languages for said, written in spoken.same_as.items()}
    return tuple(same.get(word, word) for word in tokens(text) if word not in grammar)


def _trimmed(text: str, spoken: Language) -> str:
    """Chinese has no spaces: grammar is cut off the ends of each run, and the linking words inside it part it."""
    edges = "|".join(sorted(spoken.function_words, key=len, reverse=True))
    runs = re.sub(r"(?<=[^\s])[的之](?=[^\s])", " ", text).split()
    return " ".join(re.sub(rf"^(?:{edges})+|(?:{edges})+$", " ", run) if has_cjk(run) else run for run in runs)


def _refined(intent: Intent, words: tuple[str, ...], found: dict[str, Any]) -> Intent:
    """Corrects the meaning by what was named."""
    if found.get("coupons") and intent == "remove":
        return "drop_coupon"
    if intent != "bare" or words:
        return _wanted(intent, found)
    if found.get("coupons"):
        return "use_coupon"
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
    if exact:
        return "add" if intent == "want" else "buy"
    return "search"


def foreign_letters(text: str) -> bool:
    """Whether the message is in a script that the planner does not read."""
    letters = [c for c in text if c.isalpha()]
    known = re.compile(rf"[a-zA-Z{CJK}\u00c0-\u024f]")
    return bool(letters) and sum(known.match(c) is not None for c in letters) * 2 < len(letters)
