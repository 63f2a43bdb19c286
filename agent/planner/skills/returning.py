"""Sending shipped goods back: which order, which lines, and the shopper's own words for why."""

from ..references import item_text, named
from ..replies import money
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Refusal
from ..wishes import Wish
from .buying import decided
from .orders import Choice, which_order

RETURNABLE = ("partially_shipped", "shipped", "delivered")


def return_order(talk: Talk, wish: Wish) -> Skill:
    number = yield from _returnable(talk, wish)
    if isinstance(number, Reply):
        return number
    order = yield from call("get_order", order=number)
    if order.get("status") not in RETURNABLE:
        return Reply(talk.say("not_returnable", order=number, status=talk.word(str(order.get("status")))), done=True)
    lines = _lines(order, wish)
    arguments = {"order": number, "reason": (wish.reason or wish.text)[:500]} | ({"lines": lines} if lines else {})
    outcome = yield Call("request_refund", arguments, talk.say("ask_to_return", order=number))
    if outcome.view is None:
        return (yield from decided(talk, "request_refund", outcome.refusal or Refusal("unread")))
    asked = outcome.view.get("items", [])
    total = money({**asked[0]["amount"], "amount": sum(request["amount"]["amount"] for request in asked)})
    return Reply(talk.say("return_asked", order=number, total=total))


def _returnable(talk: Talk, wish: Wish) -> Choice:
    if wish.order:
        return wish.order
    view = yield from call("list_orders", limit=20)
    orders = [order for order in view.get("items", []) if order.get("status") in RETURNABLE]
    if not orders:
        return Reply(talk.say("none_returnable"), done=True)
    return str(orders[0]["order"]) if len(orders) == 1 else which_order(talk, orders, wish)


def _lines(order: Json, wish: Wish) -> list[Json]:
    """The lines that the wish names; none of them means all."""
    lines: list[Json] = order.get("lines", [])
    meant = [line for line in lines if line["sku"] in wish.skus] or named(lines, wish.words, item_text)
    if not meant or (len(meant) == len(lines) and wish.quantity is None):
        return []
    return [{"sku": line["sku"], "quantity": wish.quantity or line["quantity"]} for line in meant]
