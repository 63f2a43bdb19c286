"""How the wishes of one message belong together: what one leaves out, the one before it says."""

from dataclasses import replace
from typing import Any

from .lexicon import CODES, Intent, language
from .neighbours import names_more, narrowed
from .wishes import Wish

LISTS_GOODS: set[Intent] = {"add", "buy", "remove", "want", "want_to_buy", "change"}
"""What can be said of several things at once: "add a mug and two plates"."""
INSTEAD: dict[str, Intent] = {"address": "deliver_to", "payment": "pay_with", "delivery": "choose_delivery"}
"""What naming nothing but one of these means."""

_ONCE: set[Intent] = {
    "choose_delivery",
    "pay",
    "quote",
    "buy",
    "received",
    "withdraw_refund",
    "cancel_order",
    "clear_cart",
    "list_delivery",
}
"""What is done once in a message, however often it is said."""
_OF_ONE_VARIANT: set[Intent] = {
    "take_stock",
    "add_stock",
    "set_stock",
    "set_low_stock",
    "set_price",
    "off_sale",
    "on_sale",
}
"""Said of the same again, they say nothing new: "two got smashed, take them off stock"."""
_TAKES_AWAY: set[Intent] = {
    "drop_saved", "unwatch_stock", "forget", "drop_address", "drop_payment", "cancel_order", "cancel_line",
}  # fmt: skip
"""Behind these "delete it" says nothing new."""
_BRINGS_STOCK: set[Intent] = {"add_stock", "set_stock"}
"""Behind these "add it" says nothing new."""

_FRIENDLY: set[Intent] = {"greet", "thanks", "bye", "yes", "no", "rude", "how_are_you"}
_SETTINGS: set[Intent] = {"deliver_to", "pay_with", "choose_delivery", "use_coupon", "use_gift_card"}


def without_small_talk(found: list[Wish]) -> list[Wish]:
    """A greeting or a sentence about the weather beside a real wish is let pass."""
    real = [
        w for w in found if w.intent not in _FRIENDLY and not (w.intent in ("off_topic", "help") and len(found) > 1)
    ]
    if all(w.intent == "bare" for w in real):
        return real or found[:1]
    kept: list[Wish] = []
    for i, wish in enumerate(real):
        if wish.intent == "bare" and wish.words and _is_said_of(real[i + 1 :]):
            kept.append(wish)
            continue
        if (
            wish.intent != "bare"
            or wish.settles
            or wish.shares
            or wish.limited
            or (kept and kept[-1].intent in {"search", "bare", "refine", *LISTS_GOODS})
        ):
            kept.append(wish)
    return kept


def _is_said_of(behind: list[Wish]) -> bool:
    """ "The daily one, in navy, I'll take one": what is taken was named before."""
    verb = next((wish for wish in behind if wish.intent != "bare"), None)
    return verb is not None and verb.intent == "add" and not (verb.names_something or verb.settles)


def with_verb_behind(found: list[Wish]) -> list[Wish]:
    """ "Two of these and one of those into my cart", 第一个和第三个各来一个: the verb comes last."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        verb = out[i + 1]
        if out[i].intent == "bare" and out[i].ordinals and verb.intent in ("add", "buy") and verb.shares:
            out[i : i + 2] = [replace(out[i], intent=verb.intent, quantity=verb.quantity)]
            continue
        wanted = out[i].wanted and out[i].words and not out[i].limited
        if wanted and verb.intent == "add" and _into_the_cart(verb):
            out[i] = replace(out[i], intent="add")
            continue
        counted = out[i].intent == "bare" and out[i].quantity and (out[i].skus or out[i].words)
        if counted and out[i + 1].intent in ("add", "buy"):
            out[i] = replace(out[i], intent=out[i + 1].intent)
    return out


def _into_the_cart(wish: Wish) -> bool:
    return any(language(code).any_of(language(code).of_the_cart).search(wish.text.lower()) for code in CODES)


def inherit(found: list[Wish]) -> list[Wish]:
    """ "two red mugs and a blue one": the second has the verb of the first; a bare remark after a search narrows it."""
    out: list[Wish] = []
    for wish in found:
        last = out[-1] if out else None
        if wish.intent == "bare" and wish.shares and last and last.intent in LISTS_GOODS and last.names_something:
            out = _shared(out, wish.quantity)
            continue
        if wish.intent == "bare" and last and last.intent in LISTS_GOODS and last.words and _is_a_measure(wish):
            out[-1] = replace(last, words=last.words + wish.words)
            continue
        if wish.intent == "bare" and last and last.intent in LISTS_GOODS:
            wish = replace(wish, intent=last.intent)
        if last and wish.intent == last.intent and _is_said_twice(last, wish):
            out[-1] = _of_both(last, wish) if _says_more(wish) else last
            continue
        if last and _says_nothing_new(last, wish):
            continue
        settles = wish.intent in _SETTINGS or (wish.intent == "bare" and wish.settles)
        if (
            settles
            and last
            and (last.intent in ("quote", "buy") or (last.intent == "pay" and wish.intent == "pay_with"))
        ):
            out[-1] = _with_setting(last, wish)
        elif last and last.intent == "search" and (wish.intent == "bare" or _only_limits(last, wish)):
            out[-1] = narrowed(last, wish)
        elif (
            wish.intent in ("add", "buy")
            and last
            and last.intent == "search"
            and not (wish.words or wish.ordinals or wish.first)
        ):
            out[-1] = _found_and_taken(last, wish)
        else:
            out.append(wish)
    buys = [i for i, wish in enumerate(out) if wish.intent == "buy"]
    return [replace(w, intent="add") if w.intent == "buy" and i != buys[-1] else w for i, w in enumerate(out)]


def _only_limits(last: Wish, wish: Wish) -> bool:
    """ "Looking for a rain jacket, a hundred bucks at most"."""
    return bool(
        wish.intent in ("search", "refine") and last.words and wish.limited and not wish.words and not wish.points
    )


def _says_nothing_new(last: Wish, wish: Wish) -> bool:
    if last.intent in _TAKES_AWAY and wish.intent in ("remove", "cancel"):
        return not names_more(wish)
    if last.intent in _BRINGS_STOCK and wish.intent in ("add", "add_stock"):
        return not _says_more(wish)
    return last.intent == "approve_refund" and wish.intent in ("bare", "returns", "return_order")


def _is_a_measure(wish: Wish) -> bool:
    """ "The glass one, 1 litre", "a white tee, size M"."""
    known = {word for code in CODES for word in (*language(code).same_as.values(), *language(code).sizes)}
    counted = wish.quantity or wish.ordinals or wish.skus
    return bool(wish.words) and not counted and all(word.isdigit() or word in known for word in wish.words)


def _is_said_twice(last: Wish, wish: Wish) -> bool:
    if wish.intent in _ONCE:
        return not (wish.order and last.order)
    if wish.intent in _OF_ONE_VARIANT:
        return not (wish.words or wish.skus or wish.quantity)
    return not _says_more(wish) and (wish.intent not in LISTS_GOODS or (wish.intent == "add" and last.names_something))


def _of_both(last: Wish, wish: Wish) -> Wish:
    """ "Shipped to Alaska, how much by economy?" says in two clauses how it shall go."""
    kept: dict[str, Any] = {slot: getattr(wish, slot) or getattr(last, slot) for slot in INSTEAD}
    return replace(wish, **kept) if wish.intent in _ONCE else wish


def _says_more(wish: Wish) -> bool:
    return bool(
        wish.names_something or wish.quantity or wish.settles or wish.order or wish.limited or wish.intent == "bare"
    )


def _shared(goods: list[Wish], quantity: int | None) -> list[Wish]:
    """The number goes to all that the last verb lists."""
    verb = goods[-1].intent
    return [replace(wish, quantity=quantity) if wish.intent == verb else wish for wish in goods]


def _with_setting(priced: Wish, setting: Wish) -> Wish:
    """ "Checkout, express delivery, and pay with the second card" is one quote."""
    said = {
        slot: getattr(setting, slot) or (setting.text if setting.intent == meant else "")
        for slot, meant in INSTEAD.items()
    }
    kept: dict[str, Any] = {slot: said[slot] or getattr(priced, slot) for slot in said}
    gift_card = setting.gift_card or priced.gift_card
    return replace(priced, coupons=setting.coupons or priced.coupons, gift_card=gift_card, **kept)


def _found_and_taken(search: Wish, taking: Wish) -> Wish:
    """ "Find a red mug under 15 and add two" adds what the search names."""
    return replace(
        search,
        intent=taking.intent,
        quantity=taking.quantity,
        comparison=taking.comparison,
        sort=taking.sort or search.sort,
        coupons=taking.coupons,
        address=taking.address,
        delivery=taking.delivery,
        payment=taking.payment,
    )
