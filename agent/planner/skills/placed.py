"""What can still be done with a placed order: drop a line, send it elsewhere, have it again, say that it came."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from ..clause import Clause
from ..counts import numbers_in
from ..reading import languages_of
from ..references import closest, item_text
from ..replies import address_line, cart_sum, full_name, money, numbered
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from ..words import neat
from .buying import decided
from .cart import add
from .orders import OPEN, order_with, pointed_at, which_order
from .preferences import deliver_to
from .quoting import address_lines, find_address

Choice = Generator[Call, Outcome, "Json | Reply"]


def _order(talk: Talk, wish: Wish, states: Sequence[str], none: str) -> Choice:
    """The order meant, whole: by number, by what it holds, or the latest in one of these states."""
    number = pointed_at(talk, wish)
    if not number:
        listed = (yield from call("list_orders", limit=20)).get("items", [])
        fitting = [order for order in listed if order.get("status") in states]
        if not fitting:
            return Reply(talk.say(none), done=True)
        found = yield from order_with(talk, fitting, wish)
        if found is None and len(fitting) > 1:
            return which_order(talk, fitting, wish)
        number = found or str(fitting[0]["order"])
    return (yield from call("get_order", order=number))


def cancel_line(talk: Talk, wish: Wish) -> Skill:
    order = yield from _order(talk, wish, OPEN, "none_cancellable")
    if isinstance(order, Reply):
        return order
    wish = without_kept(talk, wish)
    lines = [line for line in order.get("lines", []) if line["quantity"] > line.get("cancelled", 0)]
    meant = [line for line in lines if line["sku"] in wish.skus] or closest(lines, wish.words, item_text)
    if len(meant) != 1:
        shown = numbered([talk.say("order_item", quantity=x["quantity"], name=full_name(talk, x)) for x in lines])
        return Reply(f"{talk.say('line_which', order=order['order'])}\n{shown}", done=True)
    line = meant[0]
    wish = replace(wish, quantity=_fewer(talk, wish))
    some = {"quantity": wish.quantity} if wish.quantity and wish.quantity < line["quantity"] else {}
    facts = {"name": full_name(talk, line), "order": order["order"], "quantity": some.get("quantity", line["quantity"])}
    arguments = {"order": order["order"], "sku": line["sku"], **some}
    outcome = yield Call("cancel_order_line", arguments, talk.say("ask_to_cancel_line", **facts))
    if outcome.view is None:
        return (yield from decided(talk, "cancel_order_line", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("line_cancelled", **facts))


def _fewer(talk: Talk, wish: Wish) -> int | None:
    """The last number said: "I only need two, take one off"; the other one is one."""
    said = numbers_in(Clause(wish.text, languages_of(wish.text)))
    if len(said) > 1:
        return int(said[-1])
    other = talk.language.any_of(talk.language.other_one).search(wish.text.lower())
    return 1 if other else wish.quantity


def without_kept(talk: Talk, wish: Wish) -> Wish:
    """ "The shoes pinch, I'd like to return those but keep the pan" is about the shoes."""
    kept = talk.language.any_of(talk.language.keeping)
    said = neat(talk.text).lower()
    if not talk.goods or not kept.search(said):
        return wish
    return replace(wish, words=talk.goods.named_in(kept.sub(" ", said)))


def redirect_order(talk: Talk, wish: Wish) -> Skill:
    """An open quote is what is meant, where there is one."""
    if talk.memory.quote and talk.memory.shown == "quote":
        return (yield from deliver_to(talk, wish))
    order = yield from _order(talk, Wish("redirect_order", order=wish.order), OPEN, "none_redirectable")
    if isinstance(order, Reply):
        return order
    address = yield from _other_address(talk, order, wish)
    if isinstance(address, Reply):
        return address
    told = {"order": order["order"], "address": address_line(address)}
    arguments = {"order": order["order"], "address": address["address"]}
    outcome = yield Call("change_order_address", arguments, talk.say("ask_to_redirect", **told))
    if outcome.view is None:
        return (yield from decided(talk, "change_order_address", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("redirected", **told))


def _other_address(talk: Talk, order: Json, wish: Wish) -> Choice:
    said = wish.address or " ".join(wish.words)
    if said:
        found = yield from find_address(talk, Wish("deliver_to", address=said))
        if found is not None and not isinstance(found, Reply):
            return found
    addresses = (yield from call("list_addresses")).get("items", [])
    now = order.get("address") or {}
    others = [a for a in addresses if (a.get("line1"), a.get("city")) != (now.get("line1"), now.get("city"))]
    if len(others) == 1:
        return dict(others[0])
    return Reply(f"{talk.say('address_which')}\n{address_lines(talk, addresses)}", done=True)


def reorder(talk: Talk, wish: Wish) -> Skill:
    number = wish.order
    if not number:
        listed = (yield from call("list_orders", limit=20)).get("items", [])
        if not listed:
            return Reply(talk.say("orders_none"), done=True)
        found = yield from order_with(talk, listed, wish)
        if wish.words and not found:
            return (yield from add(talk, wish))
        number = found or str(listed[0]["order"])
    view = yield from call("reorder", order=number)
    cart = view.get("cart", {})
    short = [line for line in view.get("lines", []) if line.get("outcome") != "added"]
    parts = [talk.say("reordered", order=number), talk.say("reordered_short") if short else "", cart_sum(talk, cart)]
    return Reply(" ".join(filter(None, [*parts, talk.say("cart_tail")])))


def received(talk: Talk, wish: Wish) -> Skill:
    order = yield from _order(talk, wish, ("shipped", "partially_shipped"), "none_on_its_way")
    if isinstance(order, Reply):
        return order
    text = talk.say("ask_to_receive", order=order["order"])
    outcome = yield Call("confirm_receipt", {"order": order["order"]}, text)
    if outcome.view is None:
        return (yield from decided(talk, "confirm_receipt", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("receipt_confirmed", order=order["order"], total=money(outcome.view.get("total"))))


def hide_order(talk: Talk, wish: Wish) -> Skill:
    """Out of the list, not out of the world."""
    order = yield from _order(
        talk, wish, (*OPEN, "cancelled", "partially_shipped", "shipped", "delivered"), "orders_none"
    )
    if isinstance(order, Reply):
        return order
    yield from call("hide_order", order=order["order"])
    return Reply(talk.say("order_hidden", order=order["order"]))


def unhide_order(talk: Talk, wish: Wish) -> Skill:
    """Back into the list; the one hidden last, where none is named."""
    number = wish.order
    if not number:
        hidden = (yield from call("list_orders", hidden=True, limit=20)).get("items", [])
        if not hidden:
            return Reply(talk.say("orders_none"), done=True)
        number = str(hidden[0]["order"])
    yield from call("unhide_order", order=number)
    return Reply(talk.say("order_unhidden", order=number))
