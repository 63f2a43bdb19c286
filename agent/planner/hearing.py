"""The second hearing: what a clause is most likely to mean, where no rule fits it or only one that fits almost anything."""

import re
from dataclasses import replace
from functools import lru_cache

from .clause import Clause
from .content import content
from .cues import Likeness, Sayings, sayings
from .goods import Goods
from .joining import LISTS_GOODS, inherit
from .lexicon import Code, Intent, language
from .reading import as_meant, languages_of, spelt_out
from .references import product_text
from .talk import Talk
from .wishes import Wish
from .words import has_cjk, likeness, neat, stem, tokens

VAGUE: set[Intent] = {
    "bare", "search", "want", "want_to_buy", "refine", "details", "off_topic", "compare", "more", "help",
}  # fmt: skip
"""What a rule says of almost any words."""
_TALK: set[Intent] = {"greet", "thanks", "bye", "leave", "chat", "help", "how_are_you", "rude", "off_topic"}
_PARTS = re.compile(r"\s*[,.;!?]+\s*")
_OF_THINGS: set[Intent] = {
    "unwatch_stock", "save_item", "order_status", "received", "cancel_line", "return_order", "change", "remove",
}  # fmt: skip
"""What is said of things by name, among other words."""
_FINDING: set[Intent] = {"search", "refine"}
"""What the rules tell best."""
_GOODS: set[Intent] = {"search", "refine", "details", "more", "compare", "list_categories", "list_merchants"}
_HARMLESS: set[Intent] = _GOODS | {
    "order_status", "list_orders", "rules", "make_coupon", "returns", "list_refunds", "show_cart", "list_saved", "quote", "list_coupons", "my_coupons",
    "list_gift_cards", "gift_card_movements", "list_delivery", "list_addresses", "add_address", "list_payment_methods", "list_alerts",
    "list_preferences", "greet", "thanks", "bye", "leave", "chat", "robot", "who_are_you", "how_are_you", "help", "account",
    "sign_in", "rude", "private", "bypass", "off_topic", "add_payment", "price_history", "stock_movements", "managed_coupons",
}  # fmt: skip
"""What changes nothing; a question can't mean anything else."""
LEAST, SURELY, CERTAINLY = 0.64, 0.8, 1.2
ALMOST = 1.05
IDLE = 0.5
"""Enough where no goods are named."""
RATHER = 1.15
CLEARLY, WITHIN, FAR = 0.04, 0.25, 0.4
"""`FAR`: enough for a read in the place of a change."""
_NEAR = 0.06
RULED: set[Intent] = {
    "rules", "make_coupon", "swap", "meant", "bypass", "private", "yes", "no", "leave", "drop_saved", "unsave_item",
    "my_products", "low_stock", "stock_of", "set_stock", "add_stock", "set_price", "off_sale", "on_sale", "list_shipments",
    "to_ship", "ship", "shipped_arrived", "refund_reviews", "take_stock", "set_low_stock", "sales_report",
}  # fmt: skip
"""What the rules alone know: two sides of a swap, what may not be, and what merchants say."""
_SETTINGS_OF_A_QUOTE: set[Intent] = {"pay_with", "choose_delivery", "deliver_to", "pay"}
"""What "the other one" does not mean before goods."""
_OF_AN_ORDER: set[Intent] = {
    "order_status", "received", "cancel_order", "cancel_line", "redirect_order", "reorder", "hide_order", "unhide_order", "pay",
    "return_order", "list_refunds", "withdraw_refund",
}  # fmt: skip
"""What can be said of an order by its number."""
_DRASTIC: set[Intent] = {"forget_all", "clear_cart", "cancel_order", "forget", "drop_saved", "reorder", "return_order"}
"""What no faint likeness may set going, unless it was just spoken of."""
_OF_MERCHANTS: set[Intent] = {"low_stock", "stock_of", "add_stock", "take_stock", "set_low_stock", "list_shipments"}
"""What a shopper tells but by the way: "the beans are nearly gone"."""
LONGEST = 160
_ASKING = re.compile(
    r"^(?:and |but |so |then )?(?:what|how|is|are|does|do|did|was|were|why|when|where|which|who|has|have|will|would)(?![a-z])"
    r"|[吗么]$|什么|多少|怎么|咋|哪|几[个天]|是不是|有没有"
)
_SENTENCES = re.compile(r"[.!?;。！？；]+\s*")
_ASKED_TO = re.compile(r"(?:can|could|would|will) (?:you|i|we)(?![a-z])|(?:能|可以)(?:不能)?帮")


def heard_again(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """The wishes, those that no rule was sure of taken for what they are most like."""
    if not talk.sells and len(wishes) > 1:
        wishes = [wish for wish in wishes if wish.intent not in _OF_MERCHANTS] or wishes
    wishes = [_of_goods_after_all(talk, wish) for wish in wishes]
    if whole := _whole(talk, wishes) or _part(talk, wishes):
        return [whole]
    again = _without_its_price([_heard(talk, wish, _least(talk, wish)) or wish for wish in wishes], wishes)
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
    message = replace(first, text=spelt_out(neat(talk.text)), intent="bare" if len(wishes) > 1 else first.intent)
    whole = _heard(talk, message, SURELY if len(sure) < len(wishes) else CERTAINLY)
    if whole and whole.intent in _TALK and not sure and any(wish.words for wish in wishes):
        return _heard(talk, message, CERTAINLY)
    if whole and whole.intent in LISTS_GOODS and sum(bool(wish.words) for wish in wishes) > 1:
        return None
    return whole if whole and (sure <= {whole.intent} or _heard(talk, message, CERTAINLY)) else None


def _part(talk: Talk, wishes: list[Wish]) -> Wish | None:
    """The one part of the message that certainly means something, where the rules heard nothing for sure."""
    parts = [part for part in _PARTS.split(spelt_out(neat(talk.text))) if part]
    if len(parts) < 2 or any(wish.intent not in VAGUE | {"leave", "chat"} for wish in wishes):
        return None
    if any(talk.goods.named_in(part) for part in parts):
        return None
    heard = [_heard(talk, Wish("bare", part), CERTAINLY) for part in parts]
    meant = [wish for wish in heard if wish and wish.intent not in _TALK]
    return meant[0] if len(meant) == 1 else None


def _without_its_words(wish: Wish) -> Wish:
    """What is left of the words, once those with which the intent itself is said are no names."""
    if wish.intent not in _OF_THINGS or not wish.words:
        return wish
    names = sayings(_code(wish.text)).names(wish.text, wish.intent)
    left = content(Clause(names, languages_of(wish.text)))
    return replace(wish, words=tuple(word for word in wish.words if any(word in name for name in left)))


def _least(talk: Talk, wish: Wish) -> float:
    if asked(talk, wish) and idle(talk, wish) and talk.memory.shown in ("product", "products"):
        return SURELY
    if idle(talk, wish) or (wish.order and wish.intent in ("order_status", "bare")) or (talk.sells and wish.skus):
        return IDLE
    if wish.that_one and wish.words:
        return CERTAINLY + 0.1
    if wish.intent not in VAGUE:
        return CERTAINLY
    searching = wish.intent in ("search", "want", "refine") and wish.words
    if wish.limited or searching:
        return ALMOST
    return SURELY if wish.sort or (wish.words and wish.intent != "bare") else LEAST


def idle(talk: Talk, wish: Wish) -> bool:
    """Whether it names nothing that the shop could have, so that it can't well be a search."""
    limits = wish.min_price or wish.max_price or wish.in_stock is not None or wish.free_shipping or wish.excluded
    if not talk.goods or limits or wish.points or wish.order or wish.intent not in VAGUE:
        return False
    shown = [product_text(product) for product in talk.memory.products.values()]
    named = (likeness(text, (word,)) >= 1 for word in wish.words for text in shown)
    return not (talk.goods.named_in(wish.text) or any(map(talk.goods.nearly_holds, wish.words)) or any(named))


def _heard(talk: Talk, wish: Wish, least: float) -> Wish | None:
    """What it is most like, where that is clear and is not what the rules have heard."""
    text = wish.text
    if not any(map(str.isalpha, text)) or len(text) > LONGEST or wish.intent in RULED:
        return None
    code = _code(text)
    found = _in_place(talk, _like(sayings(code, talk.sells), text, _shown(talk, code), talk.goods))
    if not found or found[0].cue.means in (wish.intent, *_FINDING, *(("add",) if wish.intent == "buy" else ())):
        return None
    best, intent = found[0], found[0].cue.means
    ahead = best.score - _of_rules(found, wish.intent)
    stops = ahead >= FAR and intent in _HARMLESS and wish.intent not in _HARMLESS
    margin = CLEARLY if least == IDLE else _margin(intent, wish)
    if ahead < margin or best.score < (min(least, RATHER) if stops else least):
        return None
    if not _may_mean(talk, wish, best):
        return None
    meant = _meant(talk, wish, intent)
    return None if intent == "add" and not _can_add(talk, meant) else meant


def _may_mean(talk: Talk, wish: Wish, best: Likeness) -> bool:
    """Nothing that changes something, where it asks; nothing drastic, where it is but faintly like it."""
    intent, named = best.cue.means, talk.goods.named_in(wish.text)
    if (intent in _GOODS and wish.filtered) or (intent not in _HARMLESS and asks(wish.text)):
        return False
    if wish.that_one and talk.memory.shown in ("product", "products") and intent in _SETTINGS_OF_A_QUOTE:
        return False
    if wish.order and not talk.sells and intent not in _OF_AN_ORDER:
        return False
    faint = intent in _DRASTIC and best.score < SURELY and not _states(talk) & set(best.cue.near)
    return not (
        faint or (intent in (*_TALK, "leave") and wish.quantity) or (named and _not_of_goods(talk, wish, intent))
    )


def _not_of_goods(talk: Talk, wish: Wish, intent: Intent) -> bool:
    """What is hardly said of goods that are named."""
    if intent in ("chat", "leave", "no", "yes"):
        return True
    if intent in ("off_topic", "rules"):
        return bool(talk.goods.things_in(wish.text))
    if intent == "remember":
        return not _is_to_be_kept(_code(wish.text), wish.text)
    return intent == "buy" and not talk.memory.quote


def _meant(talk: Talk, wish: Wish, intent: Intent) -> Wish:
    text, code = wish.text, _code(wish.text)
    meant = as_meant(text, languages_of(text), intent, sayings(code, talk.sells).names(text, intent))
    if code == "zh" and (named := talk.goods.named_in(text)):
        meant = replace(meant, words=named)
    counted = intent in LISTS_GOODS and meant.quantity is None
    return replace(meant, quantity=wish.quantity) if counted else meant


def _code(text: str) -> Code:
    return "zh" if has_cjk(text) else "en"


def _is_to_be_kept(code: Code, text: str) -> bool:
    """Whether the shopper speaks of themselves or asks to remember: goods in a size are to be found."""
    spoken = language(code)
    return (
        spoken.any_of([*spoken.remember_leads, *spoken.remember_tails, *spoken.of_oneself]).search(text.lower())
        is not None
    )


def _can_add(talk: Talk, wish: Wish) -> bool:
    """Goods that were never shown are added only where the words for adding are said; else they are to be found."""
    if not wish.words or talk.language.any_of(talk.language.adding).search(wish.text.lower()):
        return True
    shown = talk.memory.products.values()
    return any(likeness(product_text(product), (word,)) > 0 for product in shown for word in wish.words)


def _of_rules(found: list[Likeness], heard: Intent) -> float:
    """How like it is to what the rules have heard."""
    own = _GOODS if heard in VAGUE else {heard}
    return max((like.score for like in found[1:] if like.cue.means in own), default=0.0)


def _margin(intent: Intent, wish: Wish) -> float:
    """By how much the likeness to what is meant must be greater than to what the rules have heard."""
    if wish.intent not in VAGUE or (intent in _GOODS and (wish.points or wish.filtered)):
        return WITHIN
    return WITHIN if intent in _GOODS or (intent == "add" and wish.wanted) else CLEARLY


def asks(text: str) -> bool:
    last = _SENTENCES.split(text.lower().strip(" .!?"))[-1]
    asked = text.rstrip().endswith(("?", "？")) or _ASKING.search(last)
    return bool(asked and not _ASKED_TO.search(last))


def asked(talk: Talk, wish: Wish) -> bool:
    """Whether it asks, also by the mark at the end of the message, which is no part of the wish."""
    whole = spelt_out(neat(talk.text)).rstrip()
    return asks(wish.text) or (whole.endswith("?") and whole.rstrip(" ?!.").endswith(wish.text))


@lru_cache(maxsize=1024)
def _like(known: Sayings, text: str, shown: frozenset[str], goods: Goods) -> tuple[Likeness, ...]:
    return tuple(known.like(text, shown, goods)[:12])


def _shown(talk: Talk, code: Code) -> frozenset[str]:
    """The words of the goods that were shown: in Chinese their names."""
    products = talk.memory.products.values()
    if code == "zh":
        return frozenset(str(p.get("names", {}).get("zh", "")) for p in products)
    return frozenset(stem(word) for p in products for word in tokens(str(p.get("name", ""))))


def _in_place(talk: Talk, found: tuple[Likeness, ...]) -> list[Likeness]:
    """Those that can be meant now; what fits what was shown last is likelier."""
    states = _states(talk)
    placed = [
        like._replace(score=like.score + (_NEAR if states & set(like.cue.near) else 0.0))
        for like in found
        if not like.cue.only or states & set(like.cue.only)
    ]
    return sorted(placed, key=lambda like: -like.score)


def _states(talk: Talk) -> set[str]:
    """What was shown last, and how things stand; a cart or orders that were never looked at may well hold something."""
    memory = talk.memory
    held = {
        "filled": memory.cart is None or bool(memory.cart_items),
        "priced": memory.quote is not None,
        "ordered": bool(memory.order or memory.orders or not memory.shown or memory.shown == "orders"),
        "looked": bool(memory.listed or memory.focus),
    }
    return {memory.shown, *(name for name, holds in held.items() if holds)}
