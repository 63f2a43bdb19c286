"""Sending shipped goods back: which order, which lines, and the shopper's own words for why."""

from dataclasses import replace

from ..references import closest, item_text
from ..replies import bullets, money
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Refusal
from ..wishes import Wish
from .buying import decided
from .orders import Choice, order_with, which_order
from .placed import without_kept
from .selling import refund_line

RETURNABLE = ("partially_shipped", "shipped", "delivered")


def return_order(talk: Talk, wish: Wish) -> Skill:
    wish = without_kept(talk, wish)
    number = yield from _returnable(talk, wish)
    if isinstance(number, Reply):
        return number
    order = yield from call("get_order", order=number)
    if order.get("status") not in RETURNABLE:
        return Reply(talk.say("not_returnable", order=number, status=talk.word(str(order.get("status")))), done=True)
    single = talk.language.any_of(talk.language.single).search(talk.text.lower())
    lines = _lines(order, replace(wish, quantity=1) if single else wish)
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
    if len(orders) == 1 or wish.latest:
        return str(orders[0]["order"])
    return (yield from order_with(talk, orders, wish)) or which_order(talk, orders, wish)


def _lines(order: Json, wish: Wish) -> list[Json]:
    """The lines that the wish names; none of them means all."""
    lines: list[Json] = order.get("lines", [])
    meant = [line for line in lines if line["sku"] in wish.skus] or closest(lines, wish.words, item_text)
    if not meant or (len(meant) == len(lines) and wish.quantity is None):
        return []
    return [{"sku": line["sku"], "quantity": wish.quantity or line["quantity"]} for line in meant]


def list_refunds(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_refund_requests")).get("items", [])
    if not items:
        return Reply(talk.say("refunds_none"))
    return Reply(f"{talk.say('refunds')}\n{bullets([refund_line(talk, item) for item in items[:8]])}")


def withdraw_refund(talk: Talk, wish: Wish) -> Skill:
    """Takes back what the merchant has not decided on yet; of one order, where one is named."""
    items = (yield from call("list_refund_requests", order=wish.order)).get("items", [])
    pending = [item for item in items if item.get("status") == "pending"]
    if not pending:
        return Reply(talk.say("refunds_none_pending"), done=True)
    request = pending[0]
    yield from call("withdraw_refund_request", refund_request=request["refund_request"])
    return Reply(talk.say("refund_withdrawn", order=request.get("order")))
