"""What a view speaks of: each id in it, with a few words about what it stands for."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from commerce.money import Money

from .fence import fenced

IDS = frozenset(
    {
        "sku",
        "product",
        "checkout",
        "order",
        "address",
        "payment_method",
        "delivery_option",
        "coupon_codes",
        "coupon",
        "skus",
        "fulfillment",
        "refund_request",
        "preference",
    }
)
"""Fields and arguments that name a thing of the shop, wherever they stand."""
NAMES = ("name", "recipient", "line1", "city")
"""Texts of others that say what an id stands for."""
STATES = ("status", "price", "unit_price", "total", "amount")
LONGEST_WORDS = 40
WORDS_OF_OTHERS = {"attributes", "options", "labels", "names", "descriptions", "keywords", "images"}
"""Where others choose the names of fields too: no id stands there."""


class Mention(NamedTuple):
    """`kind` as arguments and views call it: sku, order, address …"""

    kind: str
    id: str
    words: str
    """What it is, other people's text fenced."""


class Place(NamedTuple):
    """An id, what it is called there, and the fields beside it."""

    kind: str
    id: str
    beside: dict[str, Any]


def mentions_in(thing: Any, kinds: Collection[str]) -> Iterator[Mention]:
    """Of these kinds, in the order of the view; `thing` is a view as JSON, or a part of one."""
    return (Mention(place.kind, place.id, _words(place.beside)) for place in ids_in(thing, kinds))


def ids_in(thing: Any, kinds: Collection[str]) -> Iterator[Place]:
    """Only what stands in a field that is called so: what looks like an id in others' texts is none."""
    if isinstance(thing, list):
        for part in thing:
            yield from ids_in(part, kinds)
    elif isinstance(thing, dict):
        for name, held in thing.items():
            if name in kinds and isinstance(held, str):
                yield Place(name, held, thing)
            elif name in kinds and isinstance(held, list):
                yield from (Place(name, part, {}) for part in held if isinstance(part, str))
            if isinstance(held, dict | list) and name not in WORDS_OF_OTHERS:
                yield from ids_in(held, kinds)


def _words(thing: dict[str, Any]) -> str:
    names = [str(thing[name]) for name in NAMES if isinstance(thing.get(name), str)]
    names += [str(value) for value in (thing.get("attributes") or {}).values()]
    states = [_state(thing[name]) for name in STATES if thing.get(name)]
    return " ".join([*([fenced(", ".join(names), LONGEST_WORDS)] if names else []), *states])


def _state(value: Any) -> str:
    return str(Money(**value)) if isinstance(value, dict) and set(value) == {"amount", "currency"} else str(value)
