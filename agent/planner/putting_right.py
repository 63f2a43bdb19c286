"""What is said of the looks of a thing just added or shown: "no, the blue one", "actually in L", "one red, two pink"."""

import re
from collections.abc import Iterator

from .clause import Clause, number, number_pattern
from .lexicon import Intent
from .memory import Memory
from .questions import VAGUE, asks
from .reading import languages_of
from .references import product_text, variant_text
from .slots import take_excluded
from .talk import Talk
from .turns import Json
from .wishes import Wish
from .words import likeness, neat, tokens

_MAY_PUT_RIGHT: set[Intent] = VAGUE | {
    "meant",
    "add",
    "remove",
    "no",
    "yes",
    "leave",
    "chat",
    "rename",
    "change",
    "rude",
}
_MAY_SHARE_OUT: set[Intent] = VAGUE | {"add", "change", "another"}
_OF_THE_CART = ("add_to_cart", "change_cart_item", "remove_from_cart")
MOST_OF_EACH = 6
"""Variants of which one each is taken."""


def put_right(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """The wishes, or what they come to where they only tell looks."""
    if any(wish.settles or wish.order or (wish.limited and wish.intent != "remove") for wish in wishes):
        return wishes
    return _shared_out(talk, wishes) or _another_look(talk, wishes) or wishes


def _another_look(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """ "No, black": the thing just added, in other looks."""
    product, text = _just_added(talk.memory), neat(talk.text)
    spoken = talk.language
    if (
        product is None
        or asks(text)
        or any(wish.quantity is not None for wish in wishes)
        or not {wish.intent for wish in wishes} <= _MAY_PUT_RIGHT
    ):
        return []
    if not spoken.any_of(spoken.correcting).search(text.lower()) or spoken.any_of(spoken.besides).search(text.lower()):
        return []
    clause = Clause(text, languages_of(text))
    take_excluded(clause)
    if _names_others(talk, clause.lower, product):
        return []
    fitting = _in_other_looks(product, talk.memory.touched, tokens(clause.lower))
    return [Wish("meant", text, skus=(str(fitting[0]["sku"]),))] if len(fitting) == 1 else []


def _just_added(memory: Memory) -> Json | None:
    held = any(item.get("sku") == memory.touched for item in memory.cart_items)
    fresh = memory.undone in _OF_THE_CART and memory.shown == "cart" and held
    return memory.product_of(memory.touched) if fresh else None


def _in_other_looks(product: Json, touched: str, said: list[str]) -> list[Json]:
    """The variants that all the looks fit which were said, most like the one that was touched."""
    variants: list[Json] = product.get("variants", [])
    looks = [word for word in said if any(_fits(variant, word) for variant in variants)]
    held = next((variant for variant in variants if variant.get("sku") == touched), {})
    if all(_fits(held, word) for word in looks):
        return []
    fitting = [v for v in variants if v != held and all(_fits(v, word) for word in looks)]
    least = min((_differences(v, held) for v in fitting), default=0)
    return [v for v in fitting if _differences(v, held) == least]


def _fits(variant: Json, word: str) -> bool:
    return likeness(variant_text(variant), (word,)) >= 1


def _differences(variant: Json, other: Json) -> int:
    values = other.get("attributes", {})
    return sum(values.get(name) != value for name, value in variant.get("attributes", {}).items())


def _names_others(talk: Talk, said: str, product: Json) -> bool:
    text = product_text(product)
    return any(likeness(text, (thing,)) < 1 for thing in talk.goods.things_in(said))


def _shared_out(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """So many of one look and so many of another, of one thing that was shown."""
    memory, text = talk.memory, neat(talk.text)
    if memory.shown not in ("products", "product") or asks(text):
        return []
    if not {wish.intent for wish in wishes} <= _MAY_SHARE_OUT or any(wish.skus for wish in wishes):
        return []
    pool = [*([memory.focus] if memory.focus else []), *memory.listed]
    for product in pool:
        if _names_others(talk, text.lower(), product):
            continue
        if counted := _of_each(talk, product, text.lower()) or _counted(talk, product, text.lower()):
            return [Wish("add", text, skus=(sku,), quantity=count) for sku, count in counted]
    return []


def _of_each(talk: Talk, product: Json, said: str) -> list[tuple[str, int]]:
    match = talk.language.any_of(talk.language.of_each).search(said)
    variants = [v for v in product.get("variants", []) if int(v.get("available", 0)) > 0]
    if not match or not 1 < len(variants) <= MOST_OF_EACH:
        return []
    counted = re.search(number_pattern(talk.language.code), match.group())
    count = int(number(counted.group(), talk.language)) if counted else 1
    return [(str(variant["sku"]), count) for variant in variants]


def _counted(talk: Talk, product: Json, said: str) -> list[tuple[str, int]]:
    """Nothing, unless each look that is counted tells one variant."""
    found = list(_counted_looks(talk, product, said))
    alike = all(len(fitting) == 1 for fitting, _ in found)
    skus = [str(fitting[0]["sku"]) for fitting, _ in found if fitting]
    if len(found) < 2 or not alike or len(set(skus)) < len(found):
        return []
    return list(zip(skus, (count for _, count in found), strict=True))


def _counted_looks(talk: Talk, product: Json, said: str) -> Iterator[tuple[list[Json], int]]:
    number_of = number_pattern(talk.language.code)
    variants = product.get("variants", [])
    for match in re.finditer(rf"({number_of})(?: ?x)? (?:(?:of|in) )?(?:the )?([a-z]+)", said):
        fitting = [variant for variant in variants if _fits(variant, match.group(2))]
        if fitting:
            yield fitting, int(number(match.group(1), talk.language))
