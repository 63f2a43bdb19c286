"""Placed orders: where they are, paying those that wait, cancelling those that can be."""

from collections.abc import Generator

from ..memory import Question
from ..references import closest, item_text, named, pick
from ..replies import days, full_name, method_label, money, name_of, numbered, plain
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from ..words import likeness
from .buying import buy, decided, payment_text, placed_text
from .preferences import pay_with
from .quoting import find_payment

OPEN = ("awaiting_payment", "paid")
MOST_AT_ONCE = 3
"""Orders that are cancelled for one wish: a turn has only so many calls."""
MOST_LOOKED_INTO = 4
_FAIR = 0.4
"""Part of the words that one order must hold."""
Choice = Generator[Call, Outcome, "str | Reply"]


def list_orders(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("list_orders", limit=5, **_listed(talk, wish))
    orders = view.get("items", [])
    return Reply(f"{talk.say('orders')}\n{order_lines(talk, orders)}" if orders else talk.say("orders_none"))


def _listed(talk: Talk, wish: Wish) -> Json:
    """Which of the orders are asked for; all of them where nothing is said."""
    said = wish.text.lower()
    if talk.language.any_of(talk.language.unpaid).search(said):
        return {"status": "awaiting_payment"}
    return {"hidden": True} if talk.language.any_of(talk.language.hidden).search(said) else {}


def order_lines(talk: Talk, orders: list[Json]) -> str:
    return numbered([_order_line(talk, order) for order in orders[:5]])


def titled(order: Json) -> str:
    """What an order is told by: its number and its first line, in every language."""
    return " ".join(map(str, [order.get("order"), order.get("title"), *order.get("names", {}).values()]))


def _order_line(talk: Talk, order: Json) -> str:
    status = talk.word(str(order.get("status")))
    facts = {"order": order.get("order"), "total": money(order.get("total")), "status": status}
    return talk.say("order_line", title=name_of(talk, {**order, "name": order.get("title", "")}), **facts)


def order_status(talk: Talk, wish: Wish) -> Skill:
    number = pointed_at(talk, wish)
    if not number:
        view = yield from call("list_orders", limit=5)
        orders = view.get("items", [])
        if len(orders) > 1 and (held := (yield from order_holding(talk, orders, wish))):
            return Reply(order_text(talk, held))
        if len(orders) != 1:
            return Reply(f"{talk.say('orders')}\n{order_lines(talk, orders)}" if orders else talk.say("orders_none"))
        number = str(orders[0]["order"])
    order = yield from call("get_order", order=number)
    return Reply(order_text(talk, order))


def pointed_at(talk: Talk, wish: Wish) -> str:
    """The number typed, the one at a position of the list shown, or the order last spoken of."""
    if wish.order:
        return wish.order
    if wish.latest and talk.memory.orders:
        return str(talk.memory.orders[0]["order"])
    asked = Wish("order_status", words=wish.words, ordinals=wish.ordinals, first=wish.first)
    chosen = pick(talk.memory.orders, asked, titled)
    if len(chosen) == 1:
        return str(chosen[0]["order"])
    return "" if wish.words or wish.latest else talk.memory.order


def order_text(talk: Talk, order: Json) -> str:
    status = talk.word(str(order.get("status")))
    lines = [talk.say("order", order=order.get("order"), status=status, total=money(order.get("total")))]
    for line in order.get("lines", [])[:5]:
        lines.append("- " + talk.say("order_item", quantity=line.get("quantity"), name=full_name(talk, line)))
    for part in order.get("fulfillments", []):
        if part.get("status") == "shipped" and part.get("tracking"):
            sent = {name: plain(part.get(name, ""), 100) for name in ("carrier", "tracking")}
            lines.append(talk.say("order_tracking", **sent))
    option = order.get("delivery_option")
    if option and order.get("status") in ("paid", "partially_shipped", "shipped"):
        lines.append(talk.say("order_arrives", name=name_of(talk, option), days=days(talk, option)))
    return "\n".join([*lines, *filter(None, [payment_text(talk, order)])])


def pay(talk: Talk, wish: Wish) -> Skill:
    """Pays a waiting order; with none in sight but an open quote, paying means buying."""
    if wish.payment and talk.memory.quote and talk.memory.shown == "quote":
        return (yield from pay_with(talk, wish))
    if not wish.order and talk.memory.quote and talk.memory.shown != "order":
        return (yield from buy(talk, Wish("buy", payment=wish.payment)))
    if wish.payment and not (wish.order or wish.words or wish.pronoun or talk.memory.order):
        return (yield from pay_with(talk, wish))
    number = yield from _payable(talk, wish)
    if isinstance(number, Reply):
        return number
    order = yield from call("get_order", order=number)
    if order.get("status") != "awaiting_payment":
        return Reply(talk.say("not_payable", order=number, status=talk.word(str(order.get("status")))), done=True)
    method = yield from _method(talk, wish)
    if isinstance(method, Reply):
        return method
    return (yield from _propose_payment(talk, order, method))


def _payable(talk: Talk, wish: Wish) -> Choice:
    if number := pointed_at(talk, wish):
        return number
    view = yield from call("list_orders", status="awaiting_payment", limit=5)
    orders = view.get("items", [])
    if not orders:
        return Reply(talk.say("nothing_to_pay"), done=True)
    if held := (yield from order_with(talk, orders, wish)):
        return held
    return str(orders[0]["order"]) if len(orders) == 1 else which_order(talk, orders, wish)


def which_order(talk: Talk, orders: list[Json], wish: Wish) -> Reply:
    return Reply(f"{talk.say('order_which')}\n{order_lines(talk, orders)}", Question("order", orders, wish, talk.rest))


def _method(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | Reply]:
    found = yield from find_payment(talk, wish)
    if found is not None:
        return found
    view = yield from call("list_payment_methods")
    methods: list[Json] = view.get("items", [])
    default = next((m for m in methods if m.get("default")), methods[0] if methods else None)
    return default or Reply(talk.say("payment_methods_none"), done=True)


def _propose_payment(talk: Talk, order: Json, method: Json) -> Skill:
    number, label = order["order"], method_label(method)
    text = talk.say("ask_to_pay", order=number, total=money(order.get("total")), label=label)
    outcome = yield Call("pay_order", {"order": number, "payment_method": method["payment_method"]}, text)
    if outcome.view is None:
        return (yield from decided(talk, "pay_order", outcome.refusal or Refusal("unread")))
    return Reply(placed_text(talk, "paid", outcome.view))


def pay_with_method(talk: Talk, wish: Wish) -> Skill:
    """ "Pay with the second card": the waiting order just spoken of, else the quote."""
    if talk.memory.shown == "order" and talk.memory.order and not talk.memory.quote:
        return (yield from pay(talk, wish))
    return (yield from pay_with(talk, wish))


def cancel_order(talk: Talk, wish: Wish) -> Skill:
    """One order after another where several are meant; a no to one ends it."""
    numbers = yield from _cancellable(talk, wish)
    if isinstance(numbers, Reply):
        return numbers
    told: list[str] = []
    for number in numbers:
        reply = yield from _cancel(talk, wish, number)
        told.append(reply.text)
        if reply.done:
            break
    return Reply("\n".join(told), done=reply.done)


def _cancel(talk: Talk, wish: Wish, number: str) -> Skill:
    order = yield from call("get_order", order=number)
    if order.get("status") not in OPEN:
        return Reply(talk.say("not_cancellable", order=number, status=talk.word(str(order.get("status")))), done=True)
    text = talk.say("ask_to_cancel", order=number, total=money(order.get("total")))
    arguments = {"order": number} | ({"reason": wish.reason[:500]} if wish.reason else {})
    outcome = yield Call("cancel_order", arguments, text)
    if outcome.view is None:
        return (yield from decided(talk, "cancel_order", outcome.refusal or Refusal("unread")))
    refund = payment_text(talk, outcome.view)
    return Reply("\n".join(filter(None, [talk.say("cancelled", order=number), refund])))


def _cancellable(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[str] | Reply]:
    several = wish.last or wish.first or (2 if wish.everything and wish.quantity == 2 else 0)
    if not several and not wish.everything and (number := pointed_at(talk, wish)):
        return [number]
    view = yield from call("list_orders", limit=20)
    orders = [order for order in view.get("items", []) if order.get("status") in OPEN]
    if not orders:
        return Reply(talk.say("none_cancellable"), done=True)
    if several or wish.everything:
        return [str(order["order"]) for order in orders[: min(several or MOST_AT_ONCE, MOST_AT_ONCE)]]
    if held := (yield from order_with(talk, orders, wish)):
        return [held]
    if (wish.pronoun or wish.that_one) and talk.memory.order:
        return [talk.memory.order]
    latest = len(orders) == 1 or wish.latest
    return [str(orders[0]["order"])] if latest else which_order(talk, orders, wish)


def order_with(talk: Talk, orders: list[Json], wish: Wish) -> Generator[Call, Outcome, str | None]:
    """The number of the one order that holds what the words name."""
    held = yield from order_holding(talk, orders, wish)
    return str(held["order"]) if held else None


def order_holding(talk: Talk, orders: list[Json], wish: Wish) -> Generator[Call, Outcome, Json | None]:
    """The order whole, the latest that holds all the words; its title is only its first line."""
    if not wish.words:
        return None
    wholes: list[Json] = []
    for order in orders[:MOST_LOOKED_INTO]:
        whole = yield from call("get_order", order=order["order"])
        wholes.append(whole)
        if named(whole.get("lines", []), wish.words, item_text):
            return whole
    telling = tuple(word for word in wish.words if any(likeness(_held(whole), (word,)) >= 1 for whole in wholes))
    holding = closest(wholes, telling or wish.words, _held, least=_FAIR)
    return holding[0] if len(holding) == 1 else None


def _held(order: Json) -> str:
    """All that is in it: "the knife and board order"."""
    return " ".join(map(item_text, order.get("lines", [])))
