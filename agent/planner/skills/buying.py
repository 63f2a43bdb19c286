"""Buying: a quote that is up to date, the shopper's yes to it, and what came of it."""

from collections.abc import Generator
from dataclasses import replace

from ..memory import Question
from ..replies import address_line, cart_item_line, messages, method_label, money, plain, refusal_text, total_of
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from .cart import add
from .details import shown_products
from .preferences import changed_quote
from .quoting import GONE, default_payment, make_quote, quote_text

_CHANGED = ("terms_changed", "checkout_changed")
MOST_PROPOSALS = 3
"""The first question and two more after changes."""


def buy(talk: Talk, wish: Wish) -> Skill:
    """Adds what is named, prices the cart, and proposes the order; only the shopper's button places it."""
    if names_a_product(talk, wish) and not (yield from _means_the_cart(talk, wish)):
        added = yield from add(talk, wish)
        if added.question or added.done:
            return _with_buying(talk, added, wish)
    quote = yield from _current_quote(talk, wish)
    if isinstance(quote, Reply):
        return quote
    if quote.get("status") != "ready_for_complete":
        return Reply(quote_text(talk, quote), done=True)
    return (yield from _propose(talk, quote))


def names_a_product(talk: Talk, wish: Wish) -> bool:
    """ "Buy it" means the product looked at, unless the cart or a quote was shown since."""
    if wish.ordinals or wish.first or wish.skus or wish.product or wish.comparison or wish.sort:
        return True
    if wish.words:
        return wish.quantity is not None or not _looks_at_a_quote(talk)
    looking = talk.memory.shown in ("products", "product")
    return looking and (wish.pronoun or wish.quantity is not None or not (talk.memory.cart or {}).get("items"))


def _looks_at_a_quote(talk: Talk) -> bool:
    """Then "so be it, order" means the quote, whatever else the words are."""
    return talk.memory.shown == "quote" and talk.memory.quote is not None and talk.memory.quote_fresh


def _means_the_cart(talk: Talk, wish: Wish) -> Generator[Call, Outcome, bool]:
    """ "Buy it" behind a list, or behind a product that is in the cart already, means the cart: it may have been filled on
    the page meanwhile."""
    if wish.words or wish.ordinals or wish.first or wish.skus or wish.product or wish.comparison or wish.sort:
        return False
    candidates = [product.get("product") for product in shown_products(talk, wish)]
    held = [item.get("product") for item in (yield from call("view_cart")).get("items", [])]
    return bool(held) and (len(candidates) != 1 or candidates[0] in held)


def _with_buying(talk: Talk, added: Reply, wish: Wish) -> Reply:
    """The answer to the question which product or variant goes on to buy."""
    question = added.question
    if question is None or question.wish is None:
        return added
    return replace(
        added, question=Question(question.about, question.options, replace(question.wish, intent="buy"), question.rest)
    )


def _current_quote(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | Reply]:
    memory = talk.memory
    if memory.quote and memory.quote_fresh:
        if wish.address or wish.delivery or wish.payment or wish.coupons:
            return (yield from changed_quote(talk, wish))
        if (yield from _is_up_to_date(talk, memory.quote)):
            return memory.quote
    return (yield from make_quote(talk, wish))


def _is_up_to_date(talk: Talk, quote: Json) -> Generator[Call, Outcome, bool]:
    """Whether it has all that is there: an address or a card may have been added since it was made."""
    chosen = talk.memory.choices.address
    if quote.get("status") != "ready_for_complete" or chosen not in ("", (quote.get("address") or {}).get("address")):
        return False
    return bool(quote.get("payment_method") or quote.get("gift_card")) or not (yield from default_payment(talk))


def _propose(talk: Talk, quote: Json) -> Skill:
    notes: list[str] = []
    remade = False
    for attempt in range(1, MOST_PROPOSALS + 1):
        text = "\n".join([*notes[-1:], proposal(talk, quote)])
        outcome = yield Call("place_order", {"checkout": quote["checkout"]}, text)
        if outcome.view is not None:
            return Reply(placed_text(talk, "placed", outcome.view))
        refusal = outcome.refusal or Refusal("unread")
        if refusal.code in _CHANGED and attempt == MOST_PROPOSALS:
            return Reply(talk.say("changed_again", changes=_changes(refusal)), done=True)
        if _placed_elsewhere(refusal):
            return (yield from decided(talk, "place_order", refusal))
        if refusal.code in _CHANGED:
            notes.append(talk.say("terms_changed", changes=_changes(refusal)))
            quote = yield from call("update_checkout", checkout=quote["checkout"])
        elif refusal.code in GONE and not remade:
            remade = True
            notes.append(talk.say("remade"))
            made = yield from make_quote(talk, Wish("quote"))
            if isinstance(made, Reply):
                return made
            quote = made
        else:
            return (yield from decided(talk, "place_order", refusal))
    return Reply(talk.say("what_next"), done=True)


def _placed_elsewhere(refusal: Refusal) -> bool:
    return refusal.code == "checkout_closed" and refusal.facts.get("status") == "completed"


def decided(talk: Talk, operation: str, refusal: Refusal) -> Skill:
    """What to say when a proposal did not go through."""
    if _placed_elsewhere(refusal):
        orders = (yield from call("list_orders", limit=1)).get("items", [])
        if orders:
            status = talk.word(str(orders[0].get("status")))
            return Reply(talk.say("placed_already", order=orders[0].get("order"), status=status), done=True)
    if refusal.code == "rejected":
        return Reply(talk.say(f"rejected_{operation}"), done=True)
    return Reply(refusal_text(talk, refusal), done=True)


def _changes(refusal: Refusal) -> str:
    changes = refusal.facts.get("changes")
    return plain(" ".join(map(str, changes)) if isinstance(changes, list) else refusal.sentence, 400)


def proposal(talk: Talk, quote: Json) -> str:
    lines = talk.word("comma").join(cart_item_line(talk, line) for line in quote.get("lines", [])[:5])
    method = quote.get("payment_method")
    payment = talk.say("paid_with", label=method_label(method)) if method else talk.say("paid_later")
    address = address_line(quote.get("address")) or talk.say("nowhere")
    return talk.say("ask_to_place", lines=lines, total=total_of(quote), address=address, payment=payment)


def placed_text(talk: Talk, key: str, order: Json) -> str:
    """Number, total and state, and honestly how far the payment came."""
    status = talk.word(str(order.get("status")))
    lines = [talk.say(key, order=order.get("order"), total=money(order.get("total")), status=status)]
    lines += [remark for remark in (payment_text(talk, order), *messages(talk, order)) if remark]
    return "\n".join(lines)


def payment_text(talk: Talk, order: Json) -> str:
    payment = order.get("payment") or {}
    status = str(payment.get("status", ""))
    if f"payment_{status}" not in talk.language.replies:
        return talk.say("pay_until") if order.get("status") == "awaiting_payment" else ""
    reason = plain(payment.get("reason") or talk.word("unknown_reason"))
    facts = {
        "amount": money(payment.get("amount")),
        "label": method_label(payment),
        "action_url": payment.get("action_url") or "",
    }
    return talk.say(f"payment_{status}", reason=reason, **facts)
