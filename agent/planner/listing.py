"""Several goods taken in one breath: "a red mug and the blue plates", 米色围裙一条,红色水果刀一把, "yellow in M and blue in L"."""

import re
from dataclasses import replace

from .goods import Goods
from .lexicon import CODES, Intent, language
from .questions import asks
from .reading import as_meant, languages_of
from .references import variant_text
from .talk import Talk
from .turns import Json
from .understanding import written_plainly
from .wishes import Wish
from .words import likeness, tokens

_PARTING = re.compile(
    r"\s*[,;.!]+\s*(?:and |plus |also )?|\s+(?:and|plus|along with|as well as)\s+|(?:还有|以及|外加|再加上?|再配|再来|另外|和|跟|加上)"
)
_MEASURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?= ?(?:cm|mm|ml|kg|inch|w|l|g|m)(?![a-z]))")
_LISTS: set[Intent] = {"add", "buy"}


def listed(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """One wish for each thing, where the message takes several and the rules heard but one."""
    if len(wishes) != 1 or wishes[0].intent not in _LISTS or asks(talk.text):
        return wishes
    wish = wishes[0]
    if len(wish.skus) > 1 and not wish.words:
        return _each_sku(talk, wish)
    if (
        talk.language.any_of(talk.language.correcting).search(talk.text.lower())
        or wish.limited
        or wish.skus
        or wish.ordinals
        or wish.old
        or not wish.words
    ):
        return wishes
    parts = [part for part in _PARTING.split(written_plainly(talk.text)) if part.strip()]
    things = [part for part in parts if talk.goods.things_in(part)]
    each = [_of_part(talk.goods, wish, part) for part in things] if len(things) == len(_counted(talk, parts)) else []
    if len(each) > 1 and all(one.words for one in each) and _differ(talk, things):
        return each
    return _of_looks(talk, wish, parts) or wishes


def _each_sku(talk: Talk, wish: Wish) -> list[Wish]:
    """ "CODE and two CODE": each with its own number, unless one is said for all."""
    shares = any(spoken.any_of(spoken.shares).search(talk.text.lower()) for spoken in map(language, CODES))
    parts = [as_meant(part, languages_of(part), wish.intent, "") for part in _PARTING.split(written_plainly(talk.text))]
    told = {part.skus[0]: part.quantity for part in parts if len(part.skus) == 1}
    if shares or set(told) != set(wish.skus) or len(set(told.values())) == 1:
        return [wish]
    return [replace(wish, skus=(sku,), quantity=told[sku] or 1) for sku in wish.skus]


def _differ(talk: Talk, parts: list[str]) -> bool:
    """Not the pillow and the feather pillow: the one only says which the other is."""
    called = [set(talk.goods.things_in(part)) for part in parts]
    pairs = [(a, b) for i, one in enumerate(called) for other in called[i + 1 :] for a in one for b in other]
    return not any(a in b or b in a for a, b in pairs)


def _counted(talk: Talk, parts: list[str]) -> list[str]:
    """Those parts that name goods or their looks at all."""
    return [part for part in parts if talk.goods.named_in(part)]


def _of_part(goods: Goods, wish: Wish, part: str) -> Wish:
    meant = as_meant(part, languages_of(part), wish.intent, part)
    words = (*goods.named_in(part), *_MEASURE.findall(part.lower()))
    return replace(
        meant, words=tuple(dict.fromkeys(words)), payment=wish.payment, address=wish.address, delivery=wish.delivery
    )


def _of_looks(talk: Talk, wish: Wish, parts: list[str]) -> list[Wish]:
    """Each part tells another variant of the one product that is spoken of."""
    product = talk.memory.focus
    if product is None or any(talk.goods.things_in(part) for part in parts):
        return []
    told = [fitting for part in parts if (fitting := _told(product, part))]
    skus = [str(fitting[0]["sku"]) for fitting in told if len(fitting) == 1]
    if len(told) < 2 or len(set(skus)) < len(told):
        return []
    return [replace(wish, skus=(sku,), words=(), quantity=1) for sku in skus]


def _told(product: Json, part: str) -> list[Json]:
    """The variants that all the looks said fit; none where no look is said."""
    variants: list[Json] = product.get("variants", [])
    said = [w for w in tokens(part) if any(likeness(variant_text(v), (w,)) >= 1 for v in variants)]
    return [v for v in variants if all(likeness(variant_text(v), (w,)) >= 1 for w in said)] if said else []
