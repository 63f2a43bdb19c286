"""The wishes in the light of what the shop's goods are called: which words name them, and which clauses speak of the same thing."""

import re
from dataclasses import replace

from .goods import Goods
from .lexicon import CODES, Intent, language
from .questions import VAGUE, asks, idle
from .talk import Talk
from .units import reader
from .wishes import Wish
from .words import has_cjk

_OF_GOODS: set[Intent] = {
    "search", "bare", "add", "buy", "want", "refine", "details", "remove", "change", "another", "fewer", "save_item", "compare",
    "unsave_item", "drop_saved", "watch_stock", "unwatch_stock", "cancel_line", "return_order", "order_status", "reorder",
    "quote_some", "double", "cancel", "stock_of", "set_stock", "add_stock", "take_stock", "set_low_stock", "set_price", "off_sale",
    "on_sale", "price_history", "stock_movements", "delete_goods",
}  # fmt: skip
_SEEKING: set[Intent] = {"search", "bare", "refine"}
_NAMING: set[Intent] = _OF_GOODS - _SEEKING - {"details", "compare"}
"""In these, all that tells anything names one of the goods."""
_TAKING: set[Intent] = {"add", "buy"}
_PRICED: set[Intent] = {"quote", "buy", "quote_some"}
_BY_GIFT_CARD: set[Intent] = {"use_gift_card", "list_gift_cards", "gift_card_movements"}
_MAYBE_TALK: set[Intent] = {"bare", "off_topic", "chat", "leave"}
_DESCRIBING: set[Intent] = {"search", "bare", "refine", "add", "buy"}
MOST_WORDS = 5


def grounded(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """Nothing changes where the shop has not told what its goods are called."""
    wishes = _without_what_stays(_without_what_follows(talk, wishes))
    if not talk.goods:
        return wishes
    out: list[Wish] = []
    for wish in _without_story(talk, [_told(talk, wish) for wish in wishes]):
        if out and (both := _of_one_thing(talk.goods, out[-1], wish)):
            out[-1] = both
        else:
            out.append(wish)
    return _exchanged(goods=talk.goods, wishes=out)


def _exchanged(goods: Goods, wishes: list[Wish]) -> list[Wish]:
    """ "Take the red one out, give me grey": one thing in the place of another, where both are told by looks alone."""
    if len(wishes) != 2 or wishes[0].intent != "remove" or wishes[1].intent not in ("meant", "swap", "add"):
        return wishes
    out, new = wishes
    looks = [word for word in new.words if goods.is_look(word) or _measures(word)]
    plainly = new.intent == "meant" or (new.intent == "add" and any(map(goods.is_look, out.words)))
    if not plainly or not looks or len(looks) < len(new.words) or not out.words:
        return wishes
    return [replace(new, intent="swap", old=" ".join(out.words), new=" ".join(new.words))]


def _without_what_follows(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """ "What's the bill with postage?" is one question, and "check out and let the gift card pay" one quote; but "ship it to
    Alaska, what does that cost?" asks of Alaska, where nobody may have an address."""
    priced = [wish for wish in wishes if wish.intent in _PRICED]
    if not priced or any(wish.intent == "drop_gift_card" for wish in wishes):
        return wishes
    if any(wish.intent == "list_delivery" and wish.address for wish in wishes):
        return [wish for wish in wishes if wish.intent != "quote" or wish.settles]
    card = any(language(code).any_of(language(code).gift_card_named).search(talk.text.lower()) for code in CODES)
    left = [wish for wish in wishes if wish.intent not in {"list_delivery", *_BY_GIFT_CARD}]
    return [replace(wish, gift_card=True) if wish == priced[0] else wish for wish in left] if card else left


def _without_what_stays(wishes: list[Wish]) -> list[Wish]:
    """ "Send the boots back, I'll keep the knife"."""
    if not any(wish.intent == "return_order" for wish in wishes):
        return wishes
    return [wish for wish in wishes if wish.intent not in ("save_item", "leave", "bare")]


def _without_story(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """Clauses that name nothing are let be beside those that say what is wanted."""
    real = [wish for wish in wishes if wish.intent not in _MAYBE_TALK or not idle(talk, wish)]
    if any(wish.intent == "watch_stock" for wish in real):
        real = [wish for wish in real if wish.words or wish.intent not in ("search", "bare", "refine")]
    if any(wish.intent == "choose_delivery" for wish in real):
        real = [wish for wish in real if wish.intent != "list_delivery"]
    return real if real and any(wish.words or wish.intent not in VAGUE for wish in real) else wishes


def _told(talk: Talk, wish: Wish) -> Wish:
    """Its words without those that name nothing, where others do."""
    goods = talk.goods
    if wish.seller and idle(talk, wish) and not talk.language.any_of(talk.language.seeking).search(wish.text.lower()):
        return replace(wish, seller="", intent="bare")
    if wish.intent not in _OF_GOODS or not wish.words:
        return wish
    whole = goods.named_in(wish.text)
    said = (next((w for w in whole if word in w and has_cjk(w)), word) for word in wish.words)
    words = tuple(dict.fromkeys(part for word in said for part in _parts(goods, word, wish)))
    if wish.intent == "cancel":
        words = tuple(filter(goods.holds, words))
    if any(map(goods.holds, words)):
        words = tuple(word for word in words if goods.holds(word) or len(word) == 1 or not _is_said(word))
    if wish.intent in _NAMING and any(map(goods.holds, words)):
        words = tuple(word for word in words if goods.holds(word) or _measures(word))
    if wish.intent in _SEEKING and any(goods.is_thing(word) for word in words):
        words = tuple(word for word in words if _may_name(goods, word, wish.text, many=len(words) > MOST_WORDS))
    if wish.excluded and not any(map(goods.speaks_of, words)):
        words = ()
    return replace(wish, words=words)


def _parts(goods: Goods, word: str, wish: Wish) -> tuple[str, ...]:
    """A run of Chinese in the words that it is written of; what is left over is kept where nobody says such a thing."""
    if not has_cjk(word):
        return (word,)
    named, rest = goods.parted(word)
    if not named:
        return (word,)
    return named if wish.intent in _SEEKING | _NAMING or _is_said(rest) else (word,)


def _measures(word: str) -> bool:
    """A number, a unit, a size or a letter tells one variant from others."""
    spoken = [language(code) for code in CODES]
    return len(word) == 1 or word[0].isdigit() or any(word in (*s.sizes, *s.same_as.values(), *s.units) for s in spoken)


def _is_said(run: str) -> bool:
    """Whether a run of Chinese is of characters that talk is made of."""
    return not run or (has_cjk(run) and all(c in reader("zh").characters for c in run))


def _may_name(goods: Goods, word: str, text: str, many: bool) -> bool:
    """A word that no text of the goods holds is kept only where it stands beside what they are called: a kettle lamp."""
    if goods.holds(word) or not any(map(str.isalpha, word)):
        return True
    known = goods.speaks_of(word) or _beside(goods, word, text)
    return known and not many and (has_cjk(word) or _measures(word) or word not in reader("en").common)


def _beside(goods: Goods, word: str, text: str) -> bool:
    """Whether it stands next to a word that goods are called by, or behind "something"."""
    said = re.escape(word)
    before = re.findall(rf"([a-z'-]+) {said}(?![a-z])", text.lower())
    behind = re.findall(rf"(?<![a-z]){said} ([a-z'-]+)", text.lower())
    general = {name for code in CODES for name in language(code).goods}
    return any(map(goods.holds, (*before, *behind))) or not general.isdisjoint(before)


def _of_one_thing(goods: Goods, last: Wish, wish: Wish) -> Wish | None:
    """ "The fisherman's, yellow, L", "a reading light, the black one, add it": the one says what, the other which or what to do."""
    if last.intent in _TAKING and not (last.names_something or last.settles) and only_looks(goods, wish):
        return replace(wish, intent=last.intent, text=f"{last.text}, {wish.text}")
    described = last.words or (last.intent in ("details", "bare") and (last.ordinals or last.that_one))
    if last.intent not in {*_DESCRIBING, "details"} or not described or last.skus or asks(last.text):
        return None
    text = f"{last.text}, {wish.text}"
    if only_looks(goods, wish) and not (wish.limited or (wish.quantity and last.quantity)):
        intent = wish.intent if wish.intent in _TAKING else "bare" if last.intent == "details" else last.intent
        quantity = last.quantity if wish.quantity is None else wish.quantity
        one = last.one or wish.one
        return replace(last, intent=intent, text=text, words=last.words + wish.words, quantity=quantity, one=one)
    bare = not (wish.words or wish.skus or wish.ordinals or wish.first or wish.last or wish.settles or wish.everything)
    counts = last.intent not in _TAKING or last.quantity is None
    if bare and wish.intent in _TAKING and counts and not last.limited:
        return replace(last, intent=wish.intent, text=text, quantity=wish.quantity or last.quantity)
    return None


def only_looks(goods: Goods, wish: Wish) -> bool:
    """ "The yellow one", "size L", "40 cm"."""
    if wish.intent not in _DESCRIBING or wish.skus or wish.ordinals or not wish.words or asks(wish.text):
        return False
    sizes = {size for code in CODES for size in (*language(code).sizes, *language(code).same_as.values())}
    return all(goods.is_look(word) or word.isdigit() or word in sizes for word in wish.words)
