"""The second hearing: what a clause is most likely to mean, where no rule fits it or only one that fits almost anything."""

import re
from dataclasses import replace

from .clause import Clause
from .content import content
from .joining import LISTS_GOODS, inherit
from .lexicon import Intent
from .plausible import CERTAINLY, HARMLESS, OF_FINDING, SURELY, TALK, can_add, leaves_unsaid, may_mean
from .questions import VAGUE, asked, idle
from .reading import as_meant, languages_of
from .standing import Likeness, code_of, likened
from .talk import Talk
from .understanding import written_plainly
from .units import reader
from .wishes import Wish

_PARTS = re.compile(r"\s*[,.;!?]+\s*")
_OF_THINGS: set[Intent] = {
    "unwatch_stock", "save_item", "order_status", "received", "cancel_line", "return_order", "change", "remove",
}  # fmt: skip
"""What is said of things by name, among other words."""
_FINDING: set[Intent] = {"search", "refine"}
"""What the rules tell best."""
LEAST = 0.4
ALMOST = 0.6
IDLE = 0.3
"""Enough where no goods are named."""
RATHER = 0.5
CLEARLY, WITHIN, FAR = 0.04, 0.2, 0.3
"""`FAR`: enough for a read in the place of a change."""
_UNSAID = 0.2
RULED: set[Intent] = {
    "rules", "make_coupon", "buy", "swap", "meant", "bypass", "private", "yes", "no", "leave", "drop_saved", "unsave_item",
    "my_products", "low_stock", "stock_of", "set_stock", "add_stock", "set_price", "off_sale", "on_sale", "list_shipments",
    "to_ship", "ship", "shipped_arrived", "refund_reviews", "take_stock", "set_low_stock", "sales_report",
}  # fmt: skip
"""What the rules alone know: two sides of a swap, what may not be, and what merchants say."""
_OF_MERCHANTS: set[Intent] = {"low_stock", "stock_of", "add_stock", "take_stock", "set_low_stock", "list_shipments"}
"""What a shopper tells but by the way: "the beans are nearly gone"."""
LONGEST = 160


def heard_again(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """The wishes, those that no rule was sure of taken for what they are most like."""
    if not talk.sells and len(wishes) > 1:
        wishes = [wish for wish in wishes if wish.intent not in _OF_MERCHANTS] or wishes
    wishes = [_of_goods_after_all(talk, wish) for wish in wishes]
    if whole := _whole(talk, wishes):
        return [_as_ruled(wishes, whole)]
    again = _without_its_price([_heard(talk, wish, _least(talk, wish)) or wish for wish in wishes], wishes)
    if again == wishes and (part := _part(talk, wishes)):
        return [part]
    return [_without_its_words(wish) for wish in (inherit(again) if again != wishes else wishes)]


def _of_goods_after_all(talk: Talk, wish: Wish) -> Wish:
    """ "It's been raining all week, I need a jacket for at most 70" is not about the weather, nor is a moon lamp rude."""
    things = talk.goods.things_in(wish.text) if wish.intent in ("off_topic", "rude") else ()
    limits = as_meant(wish.text, languages_of(wish.text), "search", wish.text) if things else wish
    money = talk.language.any_of([*talk.language.prices.currency, "\\$"]).search(wish.text.lower())
    seeks = (limits.limited and money) or talk.language.any_of(talk.language.seeking).search(talk.text.lower())
    if not things or not (seeks or wish.intent == "rude"):
        return wish
    return replace(limits, words=talk.goods.named_in(wish.text), seller="")


def _without_its_price(heard: list[Wish], wishes: list[Wish]) -> list[Wish]:
    """ "What's in my cart and what does it cost?": the cart says so itself, and no quote has to be made for it."""
    before = [None, *(wish.intent for wish in heard)]
    doubled = {
        i for i, wish in enumerate(heard) if (before[i], wish.intent) == ("show_cart", "quote") and wish != wishes[i]
    }
    return [wish for i, wish in enumerate(heard) if i not in doubled]


def _whole(talk: Talk, wishes: list[Wish]) -> Wish | None:
    """The message as one wish, which must be certain where the rules heard something else in it for sure."""
    first, sure = wishes[0], {wish.intent for wish in wishes} - VAGUE - {"leave", "no"}
    if len(wishes) == 1 and first.text == talk.text:
        return None
    message = replace(first, text=written_plainly(talk.text), intent="bare" if len(wishes) > 1 else first.intent)
    settled = any(wish.settles for wish in wishes) and sure & {"quote", "buy"}
    corrects = talk.language.any_of(talk.language.correcting).search(talk.text.lower()) and len(wishes) > 1
    certainly = CERTAINLY + (_UNSAID if settled else 0.0)
    whole = _heard(talk, message, SURELY if len(sure) < len(wishes) and not (settled or corrects) else certainly)
    if whole and whole.intent in (*TALK, "leave", "no") and sure and not _heard(talk, message, CERTAINLY + _UNSAID):
        return None
    if whole and whole.intent in TALK and not sure and any(wish.words for wish in wishes):
        return _heard(talk, message, CERTAINLY)
    if whole and whole.intent in LISTS_GOODS and sum(bool(wish.words) for wish in wishes) > 1:
        return None
    return whole if whole and (sure <= {whole.intent} or _heard(talk, message, CERTAINLY)) else None


def _as_ruled(wishes: list[Wish], whole: Wish) -> Wish:
    """The one wish in which the rules heard the same: they tell better what it names."""
    alike = (whole.intent, "show_cart") if whole.intent == "quote" else (whole.intent,)  # a cart tells its own sum
    same = [wish for wish in wishes if wish.intent in alike]
    alone = len(same) == 1 and len(wishes) > 1 and not any(wish.words for wish in wishes if wish not in same)
    counts = {wish.quantity for wish in wishes if wish.quantity}
    counted = whole.intent in LISTS_GOODS and whole.quantity is None and len(counts) == 1
    return same[0] if alone else replace(whole, quantity=counts.pop()) if counted else whole


def _part(talk: Talk, wishes: list[Wish]) -> Wish | None:
    """The one part of the message that certainly means something, where the rules heard nothing for sure."""
    parts = [part for part in _PARTS.split(written_plainly(talk.text)) if part]
    if len(parts) < 2 or any(wish.intent not in VAGUE | {"leave", "chat"} for wish in wishes):
        return None
    if any(talk.goods.named_in(part) for part in parts):
        return None
    heard = [_heard(talk, Wish("bare", part), CERTAINLY) for part in parts]
    meant = [wish for wish in heard if wish and wish.intent not in TALK]
    return meant[0] if len(meant) == 1 else None


def _without_its_words(wish: Wish) -> Wish:
    """What is left of the words, once those with which the intent itself is said are no names."""
    if wish.intent not in _OF_THINGS or not wish.words:
        return wish
    names = reader(code_of(wish.text)).names(wish.text, wish.intent)
    left = content(Clause(names, languages_of(wish.text)))
    return replace(wish, words=tuple(word for word in wish.words if any(word in name for name in left)))


def _least(talk: Talk, wish: Wish) -> float:
    if asked(talk, wish) and idle(talk, wish) and talk.memory.shown in ("product", "products"):
        return SURELY
    if idle(talk, wish) and wish.settles:
        return IDLE - _UNSAID / 2
    if idle(talk, wish) or (wish.order and wish.intent in ("order_status", "bare")) or (talk.sells and wish.skus):
        return IDLE
    if wish.that_one and talk.goods.named_in(wish.text):
        return CERTAINLY + 0.1
    if wish.intent not in VAGUE:
        return CERTAINLY
    searching = wish.intent in ("search", "want", "refine") and wish.words
    if wish.limited or searching:
        return ALMOST
    return SURELY if wish.sort or (wish.words and wish.intent != "bare") else LEAST


def _heard(talk: Talk, wish: Wish, least: float) -> Wish | None:
    """What it is most like, where that is clear and is not what the rules have heard."""
    text = wish.text
    alone = wish.intent == "cancel" and " " not in text
    if not any(map(str.isalpha, text)) or len(text) > LONGEST or wish.intent in RULED or alone:
        return None
    found = likened(talk, text)
    if not found or found[0].means in (wish.intent, *_FINDING, *(("add",) if wish.intent == "buy" else ())):
        return None
    best, intent = found[0], found[0].means
    least += _UNSAID if leaves_unsaid(wish, intent) else 0.0
    changes = intent not in HARMLESS and wish.intent in HARMLESS - VAGUE
    least += _UNSAID if changes else 0.0
    ahead = best.score - _of_rules(found, wish.intent)
    stops = (
        ahead >= FAR and intent in HARMLESS - {"quote", "private", "bypass"} and wish.intent not in HARMLESS | {"buy"}
    )
    margin = CLEARLY if least == IDLE else _margin(intent, wish)
    if ahead < margin or best.score < (min(least, RATHER) if stops else least):
        return None
    if not may_mean(talk, wish, best):
        return None
    meant = _meant(talk, wish, intent)
    return None if intent == "add" and not can_add(talk, meant) else meant


def _meant(talk: Talk, wish: Wish, intent: Intent) -> Wish:
    text, code = wish.text, code_of(wish.text)
    meant = as_meant(text, languages_of(text), intent, reader(code).names(text, intent))
    if code == "zh" and (named := talk.goods.named_in(text)):
        meant = replace(meant, words=named)
    counted = intent in LISTS_GOODS and meant.quantity is None
    numbers = tuple(word for word in wish.words if word.isdigit() and word not in meant.words)
    return replace(meant, quantity=wish.quantity, words=numbers + meant.words) if counted else meant


def _of_rules(found: list[Likeness], heard: Intent) -> float:
    """How like it is to what the rules have heard."""
    own = OF_FINDING if heard in VAGUE else {heard}
    return max((like.score for like in found[1:] if like.means in own), default=0.0)


def _margin(intent: Intent, wish: Wish) -> float:
    """By how much the likeness to what is meant must be greater than to what the rules have heard."""
    if wish.intent not in VAGUE or (intent in OF_FINDING and (wish.points or wish.filtered)):
        return WITHIN
    return WITHIN if intent in OF_FINDING or (intent == "add" and wish.wanted) else CLEARLY
