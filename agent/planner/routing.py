"""Which skill serves a wish, where who speaks and what was shown decide it."""

from typing import NamedTuple

from .clause import Clause
from .lexicon import CODES, Intent, language
from .memory import Memory
from .questions import asked, asks, idle
from .reading import languages_of
from .references import closest, item_text, product_text
from .skills.choosing import takes_what_is_shown
from .skills.details import names_others
from .skills.preferences import names_a_country
from .skills.sales import beside_its_time, period_in
from .skills.selling import tracked
from .slots import take_carrier
from .talk import Talk
from .wishes import Wish
from .words import likeness


class _Role(NamedTuple):
    of_merchants: bool
    becomes: Intent


_BY_ROLE: dict[Intent, _Role] = {
    "list_orders": _Role(True, "list_shipments"),
    "received": _Role(True, "shipped_arrived"),
    "list_refunds": _Role(True, "refund_reviews"),
    "refund_reviews": _Role(False, "list_refunds"),
    "stock_of": _Role(False, "details"),
    "list_shipments": _Role(False, "list_orders"),
}
"""What a wish means to a merchant, or to somebody who is none."""


_TAKEN_OFF: dict[str, Intent] = {"alerts": "unwatch_stock", "saved": "drop_saved", "preferences": "forget"}
"""What taking something away means behind such a list."""


_OF_DELIVERY: set[Intent] = {"choose_delivery", "off_topic", "details", "bare", "search"}
"""What "how much by economy?" may be heard as."""


_SENT_AS: set[Intent] = _OF_DELIVERY | {"list_delivery", "order_status", "add_payment"}
"""What a carrier with its number may be heard as."""


_OF_FIGURES: set[Intent] = {
    "bare",
    "search",
    "refine",
    "details",
    "off_topic",
    "more",
    "compare",
    "chat",
    "list_shipments",
}
"""What a question about sales may be heard as."""


_ONLY_ASKED: dict[Intent, Intent] = {
    "cancel_order": "returns", "cancel_line": "returns", "return_order": "returns", "redirect_order": "order_status",
    "received": "order_status", "pay": "order_status", "hide_order": "list_orders", "reorder": "list_orders",
    "withdraw_refund": "list_refunds", "clear_cart": "show_cart", "remove": "show_cart", "drop_saved": "list_saved",
    "drop_address": "list_addresses", "drop_payment": "list_payment_methods", "forget": "list_preferences",
    "forget_all": "list_preferences", "buy": "ponder", "unwatch_stock": "list_alerts",
    "off_sale": "stock_of", "on_sale": "stock_of", "set_stock": "stock_of", "add_stock": "stock_of", "take_stock": "stock_of",
    "set_low_stock": "stock_of", "set_price": "price_history", "ship": "to_ship", "cancel_shipment": "to_ship",
    "shipped_arrived": "list_shipments", "approve_refund": "refund_reviews", "reject_refund": "refund_reviews",
    "add": "help", "change": "show_cart",
    "swap": "show_cart", "another": "show_cart", "fewer": "show_cart", "double": "show_cart", "save_item": "list_saved",
    "unsave_item": "list_saved", "claim_coupon": "list_coupons", "unhide_order": "list_orders",
    "remember": "list_preferences", "default_address": "list_addresses", "default_payment": "list_payment_methods", "rename": "account",
}  # fmt: skip
"""What is told instead, where it is only asked whether or how that can be done."""


_STOCK: set[Intent] = {"set_stock", "add_stock", "take_stock"}
_NOT_BY_A_QUESTION: set[Intent] = _STOCK | {
    "clear_cart", "forget", "forget_all", "remember", "reorder", "cancel_order", "cancel_line", "redirect_order", "drop_saved", "off_sale",
}  # fmt: skip
"""What a mark of question keeps from being done, however short: "empty?"."""


def _removing(memory: Memory, wish: Wish) -> Intent:
    """Not the cart, where a list of something else was shown; nor goods of the cart that it shows."""
    return wish.intent if wish.coupons or wish.settles else _TAKEN_OFF.get(memory.shown, wish.intent)


def _cancelling(memory: Memory, wish: Wish) -> Intent:
    if memory.shown in _TAKEN_OFF:
        return _TAKEN_OFF[memory.shown]
    if memory.shown == "refunds" and memory.undone == "request_refund":
        return "withdraw_refund"
    if wish.words and memory.order and memory.shown == "order":
        return "cancel_line"
    listed = memory.shown == "orders" and memory.orders
    return "cancel_order" if memory.order or wish.order or listed else "cancel"


def routed(talk: Talk, wish: Wish) -> Intent:
    """The skill for an intent, where what was shown decides it; a question, or what another wants, changes nothing."""
    intent = _meant_by(talk, wish)
    if intent not in _ONLY_ASKED:
        return intent
    whether = any(_says(talk, wish, language(code).whether) for code in CODES)
    asking = whether and not (intent == "add" and not asks(talk.text))
    doubting = intent in _NOT_BY_A_QUESTION and talk.text.rstrip().endswith(("?", "？")) and asks(talk.text)
    reported = talk.language.any_of(talk.language.reported).search(talk.text.lower()) is not None
    told_of = intent in _STOCK and talk.language.any_of(talk.language.hearsay).search(talk.text.lower()) is not None
    return _ONLY_ASKED[intent] if asking or doubting or reported or told_of else intent


def _meant_by(talk: Talk, wish: Wish) -> Intent:
    if wish.intent in _BY_ROLE and talk.sells == _BY_ROLE[wish.intent].of_merchants:
        return _BY_ROLE[wish.intent].becomes
    if talk.sells and (intent := _of_merchants(talk, wish)):
        return intent
    if wish.intent == "cancel":
        return _cancelling(talk.memory, wish)
    if wish.intent in ("remove", "save_item", "fewer"):
        return _removing(talk.memory, wish)
    if wish.order and wish.intent in ("fewer", "remove"):
        return "cancel_line"
    if wish.intent == "cancel_line" and not wish.order and talk.memory.cart_items and talk.memory.shown == "cart":
        return "fewer"
    if wish.intent == "add" and wish.one and wish.words and talk.memory.shown == "coupons":
        return "claim_coupon"
    if wish.order and wish.intent in ("add", "buy", "another"):
        return "redirect_order" if wish.address else "reorder"
    return _priced(talk, wish) or _in_other_words(talk, wish) or _of_orders(talk.memory, wish) or _of_goods(talk, wish)


def _priced(talk: Talk, wish: Wish) -> Intent | None:
    """A quote for some of the cart; or one with the delivery of which it is asked how much it comes to."""
    if wish.intent == "quote" and wish.skus:
        return "quote_some"
    if wish.intent == "choose_delivery" and not wish.delivery and _compares_goods(talk.memory, wish):
        return "bare"
    memory = talk.memory
    fresh = memory.shown == "quote" and memory.quote is not None and memory.quote_fresh
    if wish.intent == "quote" and fresh and not wish.settles and _says(talk, wish, talk.language.closing):
        return "buy"
    chosen = wish.intent in _OF_DELIVERY and (wish.delivery or wish.intent == "choose_delivery")
    return "quote" if chosen and _says(talk, wish, talk.language.totals) else None


def _in_other_words(talk: Talk, wish: Wish) -> Intent | None:
    """What the other words of the clause make of it."""
    if (
        talk.sells
        and wish.intent == "details"
        and (wish.skus or wish.words)
        and _says(talk, wish, talk.language.counting)
    ):
        return "stock_of"
    if wish.intent == "list_categories" and wish.words and talk.goods.things_in(wish.text):
        return "search"
    if wish.intent == "buy" and wish.words and talk.goods and not _names_goods(talk, wish):
        return "off_topic"
    returns = wish.intent == "returns" and not wish.order and not _wonders(talk, wish)
    return "return_order" if returns and _says(talk, wish, talk.language.returning) else None


def _of_merchants(talk: Talk, wish: Wish) -> Intent | None:
    """Said of the refunds that were listed, or of the goods that are sold, where no cart is before one's eyes."""
    memory = talk.memory
    money = talk.language.any_of([*talk.language.prices.currency, "\\$"])
    if wish.intent in ("set_stock", "change") and money.search(talk.text.lower()):
        return "set_price"
    if wish.intent in _SENT_AS and tracked(talk, wish) and _by_carrier(talk):
        return "ship"
    if memory.shown == "reviews" and wish.intent == "bare":
        if _says(talk, wish, talk.language.rejecting):
            return "reject_refund"
        return "approve_refund" if _says(talk, wish, talk.language.approving) else None
    if _asks_how_it_sells(talk, wish):
        return "sales_report"
    if wish.intent == "remove" and not memory.cart_items and memory.shown not in _TAKEN_OFF:
        return None if _says(talk, wish, talk.language.of_the_cart) else "delete_goods"
    return None


def _asks_how_it_sells(talk: Talk, wish: Wish) -> bool:
    """ "Which one sells best?", of no goods in particular; or "and last week?" behind such figures."""
    left = beside_its_time(wish.text)
    if wish.intent not in _OF_FIGURES or wish.skus or talk.goods.named_in(left):
        return False
    if talk.memory.shown == "sales" and period_in(wish.text) and not left:
        return True
    return wish.sort == "best_selling" and _says(talk, wish, talk.language.sold_best)


def _by_carrier(talk: Talk) -> bool:
    return bool(take_carrier(Clause(talk.text, languages_of(talk.text))))


def _compares_goods(memory: Memory, wish: Wish) -> bool:
    """ "The cheaper one", with goods before one's eyes."""
    return memory.shown in ("products", "product") and bool(wish.comparison or wish.sort)


def _of_orders(memory: Memory, wish: Wish) -> Intent | None:
    """What is said of the orders, the order or the quote that was shown."""
    if wish.that_one and memory.shown == "orders" and wish.intent in ("bare", "search", "details", "off_topic"):
        return "order_status"
    if wish.intent == "details" and memory.shown == "orders" and (wish.ordinals or wish.first) and not wish.words:
        return "order_status"
    if wish.intent == "deliver_to" and memory.shown == "order" and memory.order and not memory.quote:
        return "redirect_order"
    quoted = memory.quote.get("items", []) if memory.shown == "quote" and memory.quote else []
    if (
        wish.wanted
        and wish.words
        and wish.intent in ("search", "want", "add")
        and closest(quoted, wish.words, item_text)
    ):
        return "buy"
    return "buy" if wish.intent == "yes" and memory.shown == "quote" and memory.quote else None


def _asks_of_the_shown(talk: Talk, wish: Wish) -> bool:
    """A question that seeks nothing, with goods before one's eyes: "will the lid leak in my rucksack?"."""
    memory = talk.memory
    if not asked(talk, wish) or memory.shown not in ("product", "products", "cart") or wish.filtered or wish.skus:
        return False
    if wish.intent not in ("bare", "search", "off_topic", "details") or _seeks(talk, wish) or names_others(talk, wish):
        return False
    return memory.focus is not None or bool(closest(memory.listed, wish.words, product_text, least=0.3))


def _asks_of_nothing(talk: Talk, wish: Wish) -> bool:
    """A question that neither names anything that the shop could have nor asks for goods."""
    return asks(wish.text) and idle(talk, wish) and not _seeks(talk, wish)


def _names_goods(talk: Talk, wish: Wish) -> bool:
    shown = [product_text(product) for product in talk.memory.products.values()]
    held = any(likeness(text, (word,)) >= 1 for text in shown for word in wish.words)
    return bool(talk.goods.named_in(wish.text)) or held or any(map(talk.goods.nearly_holds, wish.words))


def _says(talk: Talk, wish: Wish, phrases: list[str]) -> bool:
    return talk.language.any_of(phrases).search(wish.text.lower()) is not None


def _wonders(talk: Talk, wish: Wish) -> bool:
    return asks(wish.text) or _says(talk, wish, talk.language.wondering)


def _seeks(talk: Talk, wish: Wish) -> bool:
    return _says(talk, wish, talk.language.seeking)


def _of_goods(talk: Talk, wish: Wish) -> Intent:
    memory = talk.memory
    if _asks_of_the_shown(talk, wish):
        return "details"
    if wish.intent in ("bare", "search") and wish.words and _asks_of_nothing(talk, wish):
        return "off_topic"
    if wish.intent in ("refine", "search") and memory.shown == "delivery" and names_a_country(talk, wish):
        return "list_delivery"
    if wish.intent == "details" and wish.sort and wish.words and not wish.points:
        return "search"
    if wish.skus and not wish.words and wish.intent in ("search", "refine") and not wish.wanted:
        return "details"
    if wish.intent == "search" and wish.wanted and takes_what_is_shown(talk, wish):
        return "add"
    unnamed = wish.intent == "search" and wish.ordinals and not wish.words
    return "details" if unnamed and memory.shown != "categories" else wish.intent
