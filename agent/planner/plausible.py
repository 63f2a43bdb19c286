"""What a clause can't well mean, however like it sounds: a question changes nothing, and goods that are named are no small talk."""

from .lexicon import Code, Intent, language
from .questions import VAGUE, asks
from .references import product_text
from .standing import Likeness, code_of, near, states_of
from .talk import Talk
from .wishes import Wish
from .words import likeness

SURELY, CERTAINLY = 0.5, 0.75
"""From here on a likeness leaves little doubt, and none."""
TALK: set[Intent] = {"greet", "thanks", "bye", "leave", "chat", "help", "how_are_you", "rude", "off_topic"}
OF_FINDING: set[Intent] = {"search", "refine", "details", "more", "compare", "list_categories", "list_merchants"}
HARMLESS: set[Intent] = OF_FINDING | {
    "order_status", "list_orders", "rules", "make_coupon", "returns", "list_refunds", "show_cart", "list_saved", "quote", "quote_some", "list_coupons", "my_coupons",
    "list_gift_cards", "gift_card_movements", "sales_report", "list_delivery", "list_addresses", "add_address", "list_payment_methods", "list_alerts",
    "list_preferences", "greet", "thanks", "bye", "leave", "chat", "robot", "who_are_you", "how_are_you", "help", "account",
    "list_shipments", "to_ship", "low_stock", "stock_of", "my_products", "refund_reviews", "sign_in", "rude", "private", "bypass", "off_topic", "add_payment", "price_history", "stock_movements", "managed_coupons",
}  # fmt: skip
"""What changes nothing; a question can't mean anything else."""
_SETTLED: set[Intent] = {
    "quote", "quote_some", "buy", "pay", "pay_with", "deliver_to", "choose_delivery", "use_coupon", "use_gift_card", "claim_coupon",
    "drop_coupon", "drop_gift_card", "redirect_order", "add_address", "drop_address", "default_address", "drop_payment",
    "default_payment", "add_gift_card", "cancel_order",
}  # fmt: skip
"""Of which an address, a card, a coupon or a kind of delivery says more."""
_LISTS_NO_GOODS: set[Intent] = {
    "list_payment_methods", "list_coupons", "my_coupons", "list_addresses", "list_gift_cards", "list_preferences", "list_alerts",
    "account", "help", "private", "sign_in",
}  # fmt: skip
_OF_GOODS: set[Intent] = {
    "search", "refine", "details", "compare", "add", "buy", "change", "another", "fewer", "double", "remove", "swap", "meant",
    "save_item", "unsave_item", "watch_stock", "reorder", "cancel_line", "return_order", "quote_some", "set_price", "set_stock",
    "add_stock", "take_stock", "set_low_stock", "off_sale", "on_sale",
}  # fmt: skip
"""Of which limits, counts and names of goods say more."""
_SETTINGS_OF_A_QUOTE: set[Intent] = {"pay_with", "choose_delivery", "deliver_to", "pay"}
"""What "the other one" does not mean before goods."""
_OF_AN_ORDER: set[Intent] = {
    "order_status", "received", "cancel_order", "cancel_line", "redirect_order", "reorder", "hide_order", "unhide_order", "pay",
    "return_order", "list_refunds", "withdraw_refund",
}  # fmt: skip
"""What can be said of an order by its number."""
_DRASTIC: set[Intent] = {
    "forget_all",
    "clear_cart",
    "cancel_order",
    "forget",
    "drop_saved",
    "reorder",
    "return_order",
    "redirect_order",
    "withdraw_refund",
}
"""What no faint likeness may set going, unless it was just spoken of."""


def leaves_unsaid(wish: Wish, intent: Intent) -> bool:
    """Whether the rules read limits, a seller, or goods with their count, which mean nothing to the other intent."""
    counted = wish.intent not in VAGUE and wish.words and wish.quantity
    settles = (wish.settles and intent not in _SETTLED) or (wish.skus and intent not in _OF_GOODS)
    return bool(settles or ((wish.limited or wish.seller or counted) and intent not in _OF_GOODS))


def may_mean(talk: Talk, wish: Wish, best: Likeness) -> bool:
    """Nothing that changes something, where it asks; nothing drastic, where it is but faintly like it."""
    intent, named = best.means, talk.goods.named_in(wish.text)
    if (intent in OF_FINDING and wish.filtered) or (intent not in HARMLESS and asks(wish.text)):
        return False
    if wish.that_one and talk.memory.shown in ("product", "products") and intent in _SETTINGS_OF_A_QUOTE:
        return False
    if wish.order and not talk.sells and intent not in _OF_AN_ORDER:
        return False
    if wish.skus and intent not in _OF_GOODS:
        return False
    faint = intent in _DRASTIC and best.score < CERTAINLY and not near(intent, states_of(talk))
    sought = intent == "off_topic" and (not talk.goods or (wish.intent == "search" and _seeks(talk, wish)))
    talks = intent in (*TALK, "leave", "double") and wish.quantity is not None
    return not (faint or sought or talks or (named and _not_of_goods(talk, wish, intent)))


def _seeks(talk: Talk, wish: Wish) -> bool:
    return talk.language.any_of(talk.language.seeking).search(wish.text.lower()) is not None


def _not_of_goods(talk: Talk, wish: Wish, intent: Intent) -> bool:
    """What is hardly said of goods that are named."""
    if intent in ("chat", "leave", "no", "yes"):
        return True
    if intent == "rude":
        return _seeks(talk, wish)
    if intent in ("off_topic", "rules") or intent in _LISTS_NO_GOODS:
        return bool(talk.goods.things_in(wish.text))
    if intent == "remember":
        return not _is_to_be_kept(code_of(wish.text), wish.text)
    return intent == "buy" and not talk.memory.quote


def _is_to_be_kept(code: Code, text: str) -> bool:
    """Whether the shopper speaks of themselves or asks to remember: goods in a size are to be found."""
    spoken = language(code)
    return (
        spoken.any_of([*spoken.remember_leads, *spoken.remember_tails, *spoken.of_oneself]).search(text.lower())
        is not None
    )


def can_add(talk: Talk, wish: Wish) -> bool:
    """Goods that were never shown are added only where the words for adding are said; else they are to be found."""
    if not wish.words or talk.language.any_of(talk.language.adding).search(wish.text.lower()):
        return True
    shown = talk.memory.products.values()
    return any(likeness(product_text(product), (word,)) > 0 for product in shown for word in wish.words)
