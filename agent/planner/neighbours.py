"""Neighbours in a message that make one wish: the one says what, the other what about it."""

from dataclasses import replace

from .lexicon import Intent
from .wishes import Wish

_ABOUT_WHAT_WAS_NAMED: set[Intent] = {
    "cancel_order", "details", "cancel_line", "return_order", "save_item", "watch_stock", "remove", "reorder",
    "order_status", "unsave_item", "drop_saved", "take_stock", "set_stock", "set_price", "set_low_stock", "off_sale", "on_sale",
}  # fmt: skip
_NOT_SPENT: set[Intent] = {"drop_gift_card", "drop_coupon"}
"""Beside these "keep it for later" says but why."""


def joined(found: list[Wish]) -> list[Wish]:
    """Neighbours that make one wish: the one says what, the other what about it."""
    out: list[Wish] = []
    for wish in found:
        joining = (
            _says_which,
            _keeps_unspent,
            _cancels_a_piece,
            _redirects,
            _names_what_follows,
            _speaks_of,
            _limits_what_follows,
        )
        if out and (both := next(filter(None, (join(out[-1], wish) for join in joining)), None)):
            out[-1] = both
        else:
            out.append(wish)
    return out


def _redirects(last: Wish, wish: Wish) -> Wish | None:
    """ "The parcel with the mugs, it has to go to my office"."""
    redirecting = "redirect_order" in (wish.intent, last.intent)
    if (
        redirecting
        and wish.intent in ("redirect_order", "deliver_to", "bare")
        and last.intent in ("redirect_order", "bare")
    ):
        words = last.words + wish.words
        return replace(last, intent="redirect_order", address=last.address or wish.address, words=words)
    return None


def _keeps_unspent(last: Wish, wish: Wish) -> Wish | None:
    """ "I'd rather save it for Christmas, take the gift card off", 别用礼品卡了,留着以后用."""
    for unspent, kept in ((last, wish), (wish, last)):
        if unspent.intent in _NOT_SPENT and kept.intent == "save_item" and (kept.pronoun or not names_more(kept)):
            return unspent
    return None


def _limits_what_follows(last: Wish, wish: Wish) -> Wish | None:
    """ "My budget is 20, I need a notebook", "a wallet, nothing of leather", "I said it wrong, the green one"."""
    if last.intent == "bare" and last.limited and not last.words and wish.intent in ("search", "want", "bare"):
        return narrowed(wish, last)
    if wish.intent == "remove" and wish.excluded and last.intent in ("search", "bare", "refine"):
        return narrowed(last, replace(wish, words=()))
    if last.intent == "meant" and not last.names_something and last.quantity is None:
        return replace(wish, intent="meant") if wish.intent in ("bare", "want", "search", "refine", "add") else None
    return None


def _only_says_which(wish: Wish) -> bool:
    """ "A flying disc, the white one"."""
    counted = wish.quantity or wish.ordinals or wish.skus or wish.pronoun or wish.limited or wish.sort
    return bool(wish.one and wish.words and not counted)


def _says_which(last: Wish, wish: Wish) -> Wish | None:
    """ "Add a disc, the white one", "the glass one or the iron one, which is better?"."""
    if not last.words:
        return None
    if last.intent == "add" and wish.intent in ("refine", "want", "search", "bare") and _only_says_which(wish):
        return replace(last, words=last.words + wish.words)
    if wish.intent == "compare" and not wish.points and last.intent in ("bare", "search", "details"):
        return replace(wish, text=f"{last.text}, {wish.text}", words=last.words)
    return None


def _cancels_a_piece(last: Wish, wish: Wish) -> Wish | None:
    """ "I only want two lanterns, not three. Please cancel one of them": of an order, since a cart has nothing to cancel."""
    if not last.words or wish.words or wish.intent not in ("cancel", "cancel_line"):
        return None
    if last.order and last.intent in ("fewer", "remove"):
        return replace(last, intent="cancel_line", quantity=wish.quantity or last.quantity)
    if last.intent == "change" and last.quantity and wish.quantity:
        return replace(wish, intent="cancel_line", words=last.words, text=f"{last.text}, {wish.text}")
    return None


def _names_what_follows(last: Wish, wish: Wish) -> Wish | None:
    """ "The mug came broken, I want a refund": the one clause says what, the other what about it."""
    if "redirect_order" in (wish.intent, last.intent):
        return None
    if last.intent == "bare" and last.words and wish.intent == "search" and not (wish.words or wish.limited):
        return replace(wish, words=last.words, quantity=None)
    taken = wish.intent in ("add", "buy") and wish.pronoun and not (wish.words or wish.skus or wish.ordinals)
    if taken and last.intent in ("bare", "refine") and last.that_one and last.words:
        return replace(last, intent=wish.intent, quantity=wish.quantity)
    counted = wish.quantity and not (wish.words or wish.skus or wish.ordinals)
    if last.intent == wish.intent == "add" and last.points and last.quantity is None and counted:
        return replace(last, quantity=wish.quantity)
    if last.intent == "cancel_line" and last.words and wish.intent in ("fewer", "cancel", "cancel_line", "remove"):
        return None if wish.words else replace(last, quantity=wish.quantity)
    if wish.intent == "cancel" and last.intent == "remove" and last.words and not wish.words:
        return last
    if wish.intent == "cancel" and wish.quantity and last.words and last.intent in ("bare", "off_topic", "list_orders"):
        return replace(wish, intent="cancel_line", words=last.words)
    if last.intent == "bare" and last.words and wish.intent == "details" and wish.pronoun and not wish.skus:
        return replace(wish, words=last.words + wish.words, pronoun=False, text=f"{last.text}, {wish.text}")
    return None


def _speaks_of(last: Wish, wish: Wish) -> Wish | None:
    """ "The mug came broken, I want a refund": what is said of the thing that was named before."""
    if "redirect_order" in (wish.intent, last.intent):
        return None
    speaks_of = wish.intent in _ABOUT_WHAT_WAS_NAMED and not (wish.words or wish.skus or wish.ordinals)
    named = last.words or last.skus or last.order or last.ordinals
    if (
        speaks_of
        and named
        and (
            last.intent in ("bare", "leave", "remove", "returns", "return_order", "received", "refine")
            or (wish.intent == "watch_stock" and last.intent in ("search", "details"))
            or (wish.intent == "cancel_line" and last.intent in ("change", "cancel_line"))
        )
    ):
        both = f"{last.text}, {wish.text}"
        return replace(
            wish,
            text=both,
            words=last.words,
            skus=last.skus,
            ordinals=last.ordinals,
            order=wish.order or last.order,
            one=last.one,
            that_one=last.that_one,
            quantity=wish.quantity or last.quantity,
        )
    return None


def names_more(wish: Wish) -> bool:
    return bool(wish.words or wish.skus or wish.ordinals or wish.order)


def narrowed(search: Wish, remark: Wish) -> Wish:
    return replace(
        search,
        words=search.words + remark.words,
        min_price=remark.min_price or search.min_price,
        max_price=remark.max_price or search.max_price,
        in_stock=search.in_stock if remark.in_stock is None else remark.in_stock,
        sort=remark.sort or search.sort,
        free_shipping=remark.free_shipping or search.free_shipping,
        excluded=search.excluded + remark.excluded,
        seller=remark.seller or search.seller,
    )
