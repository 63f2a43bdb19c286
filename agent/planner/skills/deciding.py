"""What merchants decide: refunds that they were asked for, parts that can't be delivered, tracking numbers put right."""

from collections.abc import Generator
from dataclasses import replace

from ..clause import Clause
from ..reading import languages_of
from ..references import at_positions, closest, item_text
from ..replies import bullets, money, name_of, numbered, plain
from ..slots import take_carrier
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from .buying import decided
from .selling import part_of, refund_line, tracked

MOST = 8
Open = Generator[Call, Outcome, "Json | Reply"]


def _open_request(talk: Talk, wish: Wish) -> Open:
    """The request of the order named, the one at that place of the list, the one about the goods named, or the only one that
    waits."""
    items = (yield from call("list_refund_reviews", status="pending", order=wish.order)).get("items", [])
    if not items:
        return Reply(talk.say("refund_reviews_none"), done=True)
    placed = {item["refund_request"] for item in at_positions(talk.memory.reviews or items, wish)}
    if len(placed) == 1 and (meant := [item for item in items if item["refund_request"] in placed]):
        return dict(meant[0])
    if len(items) > 1 and wish.words:
        items = closest(items, wish.words, _goods_of) or items
    if not placed and not wish.ordinals and (len(items) == 1 or wish.latest):
        return dict(items[0])
    talk.memory.reviews = items
    lines = numbered([refund_line(talk, item) for item in items[:MOST]])
    return Reply(f"{talk.say('which_refund')}\n{lines}", done=True)


def _goods_of(request: Json) -> str:
    return " ".join(item_text(line) for line in request.get("lines", []))


def approve_refund(talk: Talk, wish: Wish) -> Skill:
    request = yield from _open_request(talk, wish)
    if isinstance(request, Reply):
        return request
    restock = talk.language.any_of(talk.language.not_restocked).search(talk.text.lower()) is None
    arguments = {"refund_request": request["refund_request"], "restock": restock}
    outcome = yield Call("approve_refund", arguments, talk.say("ask_to_refund", order=request["order"]))
    return (yield from _told(talk, "refund_approved", outcome, request))


def reject_refund(talk: Talk, wish: Wish) -> Skill:
    request = yield from _open_request(talk, wish)
    if isinstance(request, Reply):
        return request
    arguments = {"refund_request": request["refund_request"], "reason": (wish.reason or talk.text)[:500]}
    outcome = yield Call("reject_refund", arguments, talk.say("ask_to_reject", order=request["order"]))
    return (yield from _told(talk, "refund_refused", outcome, request))


def _told(talk: Talk, key: str, outcome: Outcome, request: Json) -> Skill:
    if outcome.view is None:
        return (yield from decided(talk, key, outcome.refusal or Refusal("unread")))
    return Reply(talk.say(key, order=request["order"], amount=money(request.get("amount"))))


def correct_tracking(talk: Talk, wish: Wish) -> Skill:
    carrier = take_carrier(Clause(talk.text, languages_of(talk.text)))
    wish = replace(wish, tracking=tracked(talk, wish))
    if not wish.tracking:
        return Reply(talk.say("ship_how"), done=True)
    part = yield from part_of(talk, wish, "shipped")
    if isinstance(part, Reply):
        return part
    sent = {"carrier": carrier or str(part.get("carrier", "")), "tracking": wish.tracking}
    yield from call("correct_tracking", fulfillment=part["fulfillment"], **sent)
    return Reply(talk.say("tracking_corrected", order=part["order"], **sent))


def cancel_shipment(talk: Talk, wish: Wish) -> Skill:
    """The goods are taken for missing or broken unless the words say otherwise."""
    part = yield from part_of(talk, wish, "waiting")
    if isinstance(part, Reply):
        return part
    restock = talk.language.any_of(talk.language.sellable).search(talk.text.lower()) is not None
    arguments = {"fulfillment": part["fulfillment"], "reason": (wish.reason or talk.text)[:500], "restock": restock}
    outcome = yield Call("cancel_fulfillment", arguments, talk.say("ask_to_cancel_shipment", order=part["order"]))
    if outcome.view is None:
        return (yield from decided(talk, "cancel_fulfillment", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("shipment_cancelled", order=part["order"]))


def managed_coupons(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_managed_coupons")).get("items", [])
    lines = [plain(f"{item.get('coupon')} — {name_of(talk, item)}") for item in items[:MOST]]
    return Reply(f"{talk.say('managed_coupons')}\n{bullets(lines)}" if lines else talk.say("coupons_none"))
