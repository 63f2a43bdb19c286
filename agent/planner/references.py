"""Finds what a wish points at among things that were shown: by position, price, size or words."""

import re
from collections.abc import Callable, Sequence

from .lexicon import CODES, language
from .turns import Json
from .wishes import Wish
from .words import has_cjk, likeness, tokens

Text = Callable[[Json], str]
_CLEAR = 0.99
_VAGUE = 0.4


def name_text(product: Json) -> str:
    return " ".join(map(str, [product.get("name", ""), *product.get("names", {}).values(), product.get("product", "")]))


def product_text(product: Json) -> str:
    """Name, brand and variants: what a shopper would call it by."""
    names = [
        product.get("name", ""),
        *product.get("names", {}).values(),
        product.get("brand", ""),
        product.get("product", ""),
    ]
    return " ".join([*map(str, names), *map(variant_text, product.get("variants", []))])


def variant_text(variant: Json) -> str:
    sizes = [_size_names(str(value)) for value in variant.get("attributes", {}).values()]
    labels = [value for labels in variant.get("labels", {}).values() for value in labels.values()]
    return " ".join(map(str, [*variant.get("attributes", {}).values(), *labels, *sizes]))


def _size_names(value: str) -> str:
    """Small for S, in both languages."""
    return " ".join(language(code).size_names.get(value.lower(), "") for code in CODES)


def item_text(item: Json) -> str:
    names = " ".join(map(str, item.get("names", {}).values()))
    return f"{item.get('name', '')} {names} {item.get('product', '')} {variant_text(item)}"


def price_of(thing: Json) -> int:
    money = thing.get("price") or thing.get("unit_price") or thing.get("total") or {}
    return int(money.get("amount", 0))


def pick(things: Sequence[Json], wish: Wish, *texts: Text) -> list[Json]:
    """The things meant, in their order; empty when nothing fits. `texts` as for `named`."""
    placed = at_positions(things, wish)
    if placed and (not wish.words or any(likeness(texts[-1](t), wish.words) > 0 for t in placed)):
        return placed
    pool = named(things, wish.words, *texts) if wish.words else list(things)
    if placed and not pool and len(wish.words) == 1:
        return placed
    if best := extreme(pool, wish):
        return best
    return pool if wish.words or wish.everything else []


def at_positions(things: Sequence[Json], wish: Wish) -> list[Json]:
    if wish.first:
        return list(things[: wish.first])
    size = len(things)
    if wish.last:
        return list(things[-wish.last :])
    at = [n - 1 if n > 0 else size + n for n in wish.ordinals]
    return [things[i] for i in at if 0 <= i < size]


def named(things: Sequence[Json], words: tuple[str, ...], *texts: Text) -> list[Json]:
    """Those that hold every word, by the first of `texts` in which any does."""
    for text in texts:
        if sure := [thing for thing in things if likeness(text(thing), words) >= _CLEAR]:
            return sure
    return []


def roughly(things: Sequence[Json], words: tuple[str, ...], text: Text) -> list[Json]:
    """Those that share the most characters with Chinese words, if that is a fair part: 杯子 means the 马克杯."""
    scored = [(likeness(text(thing), words), thing) for thing in things if all(map(has_cjk, words))]
    best = max((score for score, _ in scored), default=0.0)
    return [thing for score, thing in scored if score == best >= _VAGUE]


def name_said(thing: Json, words: tuple[str, ...]) -> float:
    """How much of its name was said, from 0 to 1, in the language in which it is most."""
    names = [str(thing.get("name", "")), *map(str, thing.get("names", {}).values())]
    said = " ".join(words)
    return max(likeness(said, tuple(tokens(name))) for name in names)


def closest(things: Sequence[Json], words: tuple[str, ...], text: Text, least: float = 0.0) -> list[Json]:
    """Those that hold the most of the words, if any does and it is at least this part of them."""
    scored = [(likeness(text(thing), words), thing) for thing in things] if words else []
    best = max((score for score, _ in scored), default=0.0)
    return [thing for score, thing in scored if score == best and best > 0 and best >= least]


def extreme(pool: Sequence[Json], wish: Wish) -> list[Json]:
    """The one that is the cheapest, the biggest and so on; all of them where they cost the same."""
    if not pool:
        return []
    priced = wish.comparison in ("cheaper", "dearer") or wish.sort in ("price_asc", "price_desc")
    if priced and len(set(map(price_of, pool))) == 1:
        return list(pool)
    if wish.comparison == "cheaper" or wish.sort == "price_asc":
        return [min(pool, key=price_of)]
    if wish.comparison == "dearer" or wish.sort == "price_desc":
        return [max(pool, key=price_of)]
    if wish.comparison in ("bigger", "smaller") and all(size_of(thing) is not None for thing in pool):
        chosen = max if wish.comparison == "bigger" else min
        return [chosen(pool, key=lambda thing: size_of(thing) or 0.0)]
    return []


def size_of(thing: Json) -> float | None:
    """A number or a size letter in its attributes; products have none of their own."""
    for value in thing.get("attributes", {}).values():
        if match := re.search(r"\d+(?:\.\d+)?", str(value)):
            return float(match.group())
        for code in ("en", "zh"):
            sizes = language("en" if code == "en" else "zh").sizes
            if str(value).lower() in sizes:
                return float(sizes.index(str(value).lower()))
    return None
