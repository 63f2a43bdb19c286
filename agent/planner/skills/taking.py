"""Taking by looks: "the silver one then", "那个蓝色的来一个": what was shown, told by words that fit one of it alone."""

from dataclasses import replace
from typing import NamedTuple

from ..hearing import asks
from ..lexicon import CODES, Intent, language
from ..references import name_text, variant_text
from ..talk import Talk
from ..turns import Json
from ..wishes import Wish
from ..words import has_cjk, likeness

_SAID_OF_GOODS: set[Intent] = {"bare", "refine", "search", "details", "want", "off_topic", "add"}


class Shown(NamedTuple):
    product: Json
    variant: Json

    @property
    def text(self) -> str:
        return f"{name_text(self.product)} {variant_text(self.variant)}"

    def fits(self, word: str) -> bool:
        if likeness(self.text, (word,)) >= 0.99:
            return True
        return has_cjk(word) and any(len(part) > 1 and part in word for part in self.text.split() if has_cjk(part))


def taken(talk: Talk, wish: Wish) -> Wish:
    """The wish with the one thing that it describes put into the cart, where it takes rather than asks."""
    if not _may_take(talk, wish):
        return wish
    shown = _around(talk)
    telling = tuple(word for word in wish.words if any(one.fits(word) for one in shown))
    strange = [word for word in wish.words if word not in telling and talk.goods.holds(word)]
    fitting = [one for one in shown if all(one.fits(word) for word in telling)] if telling and not strange else []
    if len({one.variant["sku"] for one in fitting}) == 1:
        return replace(wish, intent="add", skus=(str(fitting[0].variant["sku"]),), words=())
    return wish


def _may_take(talk: Talk, wish: Wish) -> bool:
    if talk.memory.shown not in ("products", "product", "cart") or wish.intent not in _SAID_OF_GOODS or not wish.words:
        return False
    elsewhere = wish.skus or wish.ordinals or wish.first or wish.limited or wish.sort or wish.before or wish.old
    if elsewhere or asks(wish.text):
        return False
    return wish.intent == "add" or (not wish.pronoun and _takes(talk, wish))


def _takes(talk: Talk, wish: Wish) -> bool:
    """Something known is spoken of, or so many, or a word that takes."""
    if wish.intent in ("search", "refine") and not (wish.wanted or wish.definite or wish.quantity):
        return False
    said = wish.text.lower()
    taking = any(language(c).any_of(language(c).taking).search(said) for c in CODES)
    return bool(wish.quantity or taking or (wish.definite and _exact(wish)))


def _exact(wish: Wish) -> bool:
    """ "The grey felt ones in 42": more than one word tells it."""
    return not has_cjk(wish.text) and len(wish.words) > 1


def _around(talk: Talk) -> list[Shown]:
    """The variants of the product looked at, else of the list."""
    memory = talk.memory
    products = [memory.focus] if memory.focus else memory.listed
    return [Shown(p, v) for p in products for v in p.get("variants", [])]
