"""Taking by looks: "the silver one then", "那个蓝色的来一个": what was shown, told by words that fit one of it alone."""

from dataclasses import replace
from typing import NamedTuple

from ..lexicon import CODES, Intent, language
from ..questions import asked
from ..references import at_positions, extreme, name_text, variant_text
from ..replies import MOST_VARIANTS
from ..talk import Talk
from ..turns import Json
from ..understanding import understand
from ..wishes import Wish
from ..words import has_cjk, likeness, tokens

_SAID_OF_GOODS: set[Intent] = {"bare", "refine", "search", "details", "want", "off_topic", "add"}


_CLEAR = 0.99
_ROOT = 4
"""Letters of a look that a word may begin with: wood in wooden."""


class Shown(NamedTuple):
    product: Json
    variant: Json

    @property
    def text(self) -> str:
        return f"{name_text(self.product)} {variant_text(self.variant)}"

    def fits(self, word: str) -> bool:
        if likeness(self.text, (word,)) >= _CLEAR:
            return True
        if has_cjk(word):
            return any(len(part) > 1 and part in word for part in self.text.split() if has_cjk(part))
        return any(len(value) >= _ROOT and word.startswith(value) for value in tokens(variant_text(self.variant)))


def taken(talk: Talk, wish: Wish) -> Wish:
    """The wish with the one thing that it describes put into the cart, where it takes rather than asks."""
    if not _may_take(talk, wish):
        return wish
    for least, shown in enumerate(_pools(talk, wish)):
        telling = tuple(word for word in wish.words if any(one.fits(word) for one in shown))
        strange = [word for word in wish.words if word not in telling and _tells(talk, word)]
        enough = len(telling) >= least and not strange
        fitting = [one for one in shown if all(one.fits(word) for word in telling)] if telling and enough else []
        fitting = _likeliest(talk, _sized(fitting, wish), telling)
        if len({one.variant["sku"] for one in fitting}) == 1:
            sku = str(fitting[0].variant["sku"])
            return replace(wish, intent="add", skus=(sku,), words=(), ordinals=(), first=0, comparison="")
    return wish


def by_number(talk: Talk, wish: Wish) -> Wish:
    """ "The second one", below one product whose variants were numbered. A mere "the first" may be the product itself."""
    at = wish.ordinals or tuple(range(1, wish.first + 1))
    variants = _numbered_last(talk, at)
    if wish.words or wish.skus or not at or (at == (1,) and not _counts_on(talk)):
        return wish
    if any(not 0 < abs(n) <= len(variants) for n in at):
        return wish
    skus = tuple(str(variants[n - 1 if n > 0 else n]["sku"]) for n in at)
    return replace(wish, skus=skus, ordinals=(), first=0)


def _numbered_last(talk: Talk, at: tuple[int, ...]) -> list[Json]:
    """The variants that were printed with numbers, where those are of no list of products."""
    memory = talk.memory
    if memory.shown not in ("products", "product") or (
        len(memory.listed) > 1 and max(at, default=1) <= len(memory.listed)
    ):
        return []
    shown = memory.focus or (memory.listed[0] if len(memory.listed) == 1 else {})
    variants: list[Json] = shown.get("variants", [])[:MOST_VARIANTS]
    return variants if len(variants) > 1 else []


def _counts_on(talk: Talk) -> bool:
    """Whether the message also speaks of another number than the first."""
    return any(n != 1 for said in understand(talk.text) for n in said.ordinals)


def _likeliest(talk: Talk, fitting: list[Shown], telling: tuple[str, ...]) -> list[Shown]:
    """Those that the words tell apart most, and then those most like what was searched for."""
    searched = tokens(str(talk.memory.search.get("query", "")))
    ranks = [
        (sum(likeness(variant_text(one.variant), (w,)) >= _CLEAR for w in telling), sum(map(one.fits, searched)))
        for one in fitting
    ]
    return [one for one, rank in zip(fitting, ranks, strict=True) if rank == max(ranks)]


def _sized(fitting: list[Shown], wish: Wish) -> list[Shown]:
    """ "The bigger steamer": of one product's sizes, the one."""
    if not wish.comparison or len({one.product.get("product") for one in fitting}) != 1:
        return fitting
    best = extreme([one.variant for one in fitting], wish)
    return [one for one in fitting if one.variant in best] or fitting


def _tells(talk: Talk, word: str) -> bool:
    """Names a thing or its looks: the red mug is not the blue one."""
    return talk.goods.is_thing(word) or talk.goods.is_look(word)


def _may_take(talk: Talk, wish: Wish) -> bool:
    if talk.memory.shown not in ("products", "product", "cart") or wish.intent not in _SAID_OF_GOODS or not wish.words:
        return False
    elsewhere = (
        wish.skus or len(wish.ordinals) > 1 or wish.first > 1 or wish.limited or wish.sort or wish.before or wish.old
    )
    if elsewhere or asked(talk, wish):
        return False
    return wish.intent == "add" or ((has_cjk(wish.text) or not wish.pronoun) and _takes(talk, wish))


def _takes(talk: Talk, wish: Wish) -> bool:
    """Something known is spoken of, or so many, or a word that takes."""
    if talk.memory.focus is not None and len(wish.words) > 1 and all(_is_look(talk, w) for w in wish.words):
        return True
    if wish.intent in ("search", "refine") and not (wish.wanted or wish.definite or wish.quantity):
        return False
    said = wish.text.lower()
    taking = any(language(c).any_of(language(c).taking).search(said) for c in CODES)
    return bool(wish.quantity or taking or _exact(wish))


def _is_look(talk: Talk, word: str) -> bool:
    return talk.goods.is_look(word) or word.isdigit() or any(word in language(code).sizes for code in CODES)


def _exact(wish: Wish) -> bool:
    """ "The grey felt ones in 42", "the first one, white": more than one word tells it."""
    placed = bool(wish.ordinals or wish.first)
    return placed or (not has_cjk(wish.text) and wish.definite and len(wish.words) > 1)


def _pools(talk: Talk, wish: Wish) -> list[list[Shown]]:
    """The variants of the product pointed at or looked at; else of the list; else of whatever was shown before, for which
    one word is too little."""
    memory = talk.memory
    if placed := at_positions(memory.listed, wish):
        return [_variants(placed)]
    looked_at = [memory.focus] if memory.focus else []
    return [_variants(looked_at), _variants(memory.listed), _variants(list(memory.products.values()))]


def _variants(products: list[Json]) -> list[Shown]:
    return [Shown(p, v) for p in products for v in p.get("variants", [])]
