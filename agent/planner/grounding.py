"""The wishes in the light of what the shop's goods are called: which words name them, and which clauses speak of the same thing."""

from dataclasses import replace

from .cues import sayings
from .goods import Goods
from .hearing import asks
from .lexicon import CODES, Intent, language
from .talk import Talk
from .wishes import Wish
from .words import has_cjk

_OF_GOODS: set[Intent] = {
    "search", "bare", "add", "buy", "want", "refine", "details", "remove", "change", "another", "fewer", "save_item", "compare",
    "unsave_item", "drop_saved", "watch_stock", "unwatch_stock", "cancel_line", "return_order", "order_status", "reorder",
    "quote_some", "double",
}  # fmt: skip
_SEEKING: set[Intent] = {"search", "bare", "refine"}
_TAKING: set[Intent] = {"add", "buy"}
_DESCRIBING: set[Intent] = {"search", "bare", "refine", "add", "buy"}
MOST_WORDS = 5


def grounded(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """Nothing changes where the shop has not told what its goods are called."""
    if not talk.goods:
        return wishes
    out: list[Wish] = []
    for wish in (_told(talk.goods, wish) for wish in wishes):
        if out and (both := _of_one_thing(talk.goods, out[-1], wish)):
            out[-1] = both
        else:
            out.append(wish)
    return out


def _told(goods: Goods, wish: Wish) -> Wish:
    """Its words without those that name nothing, where others do."""
    if wish.intent not in _OF_GOODS or not wish.words:
        return wish
    words = tuple(part for word in wish.words for part in _parts(goods, word, wish))
    if wish.intent in _SEEKING and any(goods.is_thing(word) for word in words):
        words = tuple(word for word in words if _may_name(goods, word, many=len(words) > MOST_WORDS))
    return replace(wish, words=words)


def _parts(goods: Goods, word: str, wish: Wish) -> tuple[str, ...]:
    """A run of Chinese in the words that it is written of; what is left over is kept where nobody says such a thing."""
    if not has_cjk(word):
        return (word,)
    named, rest = goods.parted(word)
    if not named:
        return (word,)
    said = sayings("zh").vocabulary
    plain = wish.intent in _SEEKING or all(c in said for c in rest)
    return named if plain else (word,)


def _may_name(goods: Goods, word: str, many: bool) -> bool:
    if goods.holds(word) or not word.isalpha():
        return True
    return not many and (has_cjk(word) or word not in sayings("en").vocabulary)


def _of_one_thing(goods: Goods, last: Wish, wish: Wish) -> Wish | None:
    """ "The fisherman's, yellow, L", "a reading light, the black one, add it": the one says what, the other which or what to do."""
    if last.intent not in _DESCRIBING or not last.words or last.skus or asks(last.text):
        return None
    text = f"{last.text}, {wish.text}"
    if only_looks(goods, wish) and not (wish.limited or (wish.quantity and last.quantity)):
        intent = wish.intent if wish.intent in _TAKING else last.intent
        quantity = last.quantity if wish.quantity is None else wish.quantity
        return replace(last, intent=intent, text=text, words=last.words + wish.words, quantity=quantity)
    bare = not (wish.words or wish.skus or wish.ordinals or wish.first or wish.last or wish.settles or wish.everything)
    if bare and wish.intent in _TAKING and last.intent not in _TAKING and not last.limited:
        return replace(last, intent=wish.intent, text=text, quantity=wish.quantity or last.quantity)
    return None


def only_looks(goods: Goods, wish: Wish) -> bool:
    """ "The yellow one", "size L", "40 cm"."""
    if wish.intent not in _DESCRIBING or wish.skus or wish.ordinals or not wish.words or asks(wish.text):
        return False
    sizes = {size for code in CODES for size in (*language(code).sizes, *language(code).same_as.values())}
    return all(goods.is_look(word) or word.isdigit() or word in sizes for word in wish.words)
