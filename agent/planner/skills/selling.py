"""What merchants say: their goods, stock, prices, and the orders that they ship."""

import re
from collections.abc import Generator
from dataclasses import replace
from decimal import Decimal

from ..clause import Clause
from ..counts import numbers_in
from ..reading import languages_of
from ..references import closest, item_text, name_text, named, variant_text
from ..replies import bullets, full_name, minor, money, name_of, numbered, plain, price_range, stock
from ..slots import take_carrier
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from ..words import has_cjk, likeness
from .buying import decided
from .choosing import variant_of

Mine = Generator[Call, Outcome, "Json | Reply"]
_MOST = 8
_SHOWN = 20
"""Also tells the list that a merchant asked for from one that a decision looks up."""
_MEASURED = re.compile(r"\d+(?:\.\d+)? ?(?:cm|mm|ml|kg|mah|inch|oz|gb|w|l|g|m|ohm|pieces?|packs?)(?![a-z])", re.I)
"""Tells a variant, and counts nothing."""
_TRACKING = re.compile(r"(?<![A-Za-z0-9-])(?=[A-Z0-9]*\d)[A-Z0-9]{6,34}(?![A-Za-z0-9-])", re.A)


def price_history(talk: Talk, wish: Wish) -> Skill:
    """Whoever asks: prices that a thing had are no secret."""
    variant = yield from _variant(talk, wish)
    if isinstance(variant, Reply):
        return variant
    items = (yield from call("list_prices", sku=variant["sku"])).get("items", [])
    lines = [f"{str(item.get('at'))[:10]}: {money(item.get('price'))}" for item in items[:_MOST]]
    return Reply(f"{talk.say('price_history', sku=variant['sku'])}\n{bullets(lines)}")


def stock_movements(talk: Talk, wish: Wish) -> Skill:
    variant = yield from _variant(talk, wish)
    if isinstance(variant, Reply):
        return variant
    items = (yield from call("list_stock_movements", sku=variant["sku"])).get("items", [])
    lines = [
        f"{str(item.get('at'))[:10]}: {item.get('by', item.get('quantity', ''))} {plain(item.get('reason', ''))}"
        for item in items[:_MOST]
    ]
    return Reply(f"{talk.say('stock_movements', sku=variant['sku'])}\n{bullets(lines)}")


def my_products(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_my_products")).get("items", [])
    lines = [
        talk.say("product_line", name=name_of(talk, p), price=_prices(talk, p), stock=_left(talk, p)) for p in items
    ]
    return Reply(f"{talk.say('my_products')}\n{bullets(lines[:_MOST])}" if lines else talk.say("my_products_none"))


def _prices(talk: Talk, product: Json) -> str:
    prices = [v["price"] for v in product.get("variants", []) if v.get("price")]
    lowest = min(prices, key=lambda price: int(price["amount"]), default=None)
    return price_range(talk, product | {"price": lowest})


def _left(talk: Talk, product: Json) -> str:
    return stock(talk, {"available": sum(int(v.get("available", 0)) for v in product.get("variants", []))})


def low_stock(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_low_stock")).get("items", [])
    lines = [
        talk.say("stock_line", name=full_name(talk, item), sku=item["sku"], count=item["on_hand"]) for item in items
    ]
    return Reply(f"{talk.say('low_stock')}\n{bullets(lines[:_MOST])}" if lines else talk.say("low_stock_none"))


def _variant(talk: Talk, wish: Wish, said: Decimal | None = None) -> Mine:
    """One of the merchant's own variants, by SKU or by words; the number `said` of it is none of them."""
    if wish.skus:
        return {"sku": wish.skus[0]}
    words = tuple(word for word in wish.words if said is None or word not in (str(said), *str(said).split(".")))
    if not words:
        return {"sku": talk.memory.sku} if talk.memory.sku else Reply(talk.say("which_of_mine"), done=True)
    products = (yield from call("search_products", query=" ".join(words), limit=5)).get("items", [])
    variants = [p | v for p in products for v in p.get("variants", [])]
    chosen = named(variants, words, item_text) or closest(variants, words, item_text, least=0.5)
    if len(chosen) > 1 and len({variant["product"] for variant in chosen}) == 1:
        sized = variant_of({"variants": chosen}, wish)
        chosen = [sized] if sized else chosen
    spoken = [variant for variant in chosen if variant["sku"] == talk.memory.sku]
    if len(chosen) == 1 or spoken:
        return dict((spoken or chosen)[0])
    lines = [f"{full_name(talk, v)} ({v['sku']})" for v in chosen[:_MOST]]
    return Reply("\n".join(filter(None, [talk.say("which_of_mine"), bullets(lines)])), done=True)


def _number(wish: Wish) -> Decimal | None:
    """The last one said: "from 12 to 13.50"."""
    counted = _MEASURED.sub(" ", wish.text)
    for said in dict.fromkeys((counted, wish.text)):
        if found := numbers_in(Clause(said, languages_of(said))):
            return found[-1]
    return None


def stock_of(talk: Talk, wish: Wish) -> Skill:
    counting = talk.language.any_of(talk.language.counting)
    wish = replace(wish, words=tuple(word for word in wish.words if not counting.search(word)))
    variant = yield from _variant(talk, wish)
    if isinstance(variant, Reply):
        return variant
    return _stock(talk, (yield from call("get_stock", sku=variant["sku"])))


def _stock(talk: Talk, view: Json) -> Reply:
    facts = {"name": full_name(talk, view), "sku": view.get("sku"), "count": view.get("on_hand")}
    return Reply(talk.say("stock_line", **facts))


def set_stock(talk: Talk, wish: Wish) -> Skill:
    return (yield from _adjust(talk, wish, "counted"))


def add_stock(talk: Talk, wish: Wish) -> Skill:
    return (yield from _adjust(talk, wish, "by"))


def take_stock(talk: Talk, wish: Wish) -> Skill:
    """Broken, lost, or sold elsewhere."""
    return (yield from _adjust(talk, wish, "by", sign=-1))


def set_low_stock(talk: Talk, wish: Wish) -> Skill:
    count = _number(wish)
    if count is None or count != int(count):
        return Reply(talk.say("change_how_many"), done=True)
    variant = yield from _variant(talk, wish, count)
    if isinstance(variant, Reply):
        return variant
    view = yield from call("set_low_stock", sku=variant["sku"], low_stock_at=int(count))
    return Reply(talk.say("low_from", name=full_name(talk, view), sku=variant["sku"], count=int(count)))


def _adjust(talk: Talk, wish: Wish, how: str, sign: int = 1) -> Skill:
    count = _number(wish)
    count = _number(replace(wish, text=talk.text)) if count is None else count
    if count is None or count != int(count):
        return Reply(talk.say("change_how_many"), done=True)
    variant = yield from _variant(talk, wish, count)
    if isinstance(variant, Reply):
        return variant
    outcome = yield Call("adjust_stock", {"sku": variant["sku"], how: sign * int(count)})
    if outcome.view is None:
        return (yield from decided(talk, "adjust_stock", outcome.refusal or Refusal("unread")))
    return _stock(talk, outcome.view)


def set_price(talk: Talk, wish: Wish) -> Skill:
    price = _number(wish)
    if price is None or "%" in talk.text:  # a share of a price names none
        return Reply(talk.say("price_how_much"), done=True)
    variant = yield from _variant(talk, wish, price)
    if isinstance(variant, Reply):
        return variant
    wanted = {"sku": variant["sku"], "price": minor(price, talk.memory.currency)}
    outcome = yield Call("change_price", wanted, talk.say("ask_to_price", sku=variant["sku"]))
    if (view := outcome.view) is None:
        return (yield from decided(talk, "change_price", outcome.refusal or Refusal("unread")))
    told = view.get("price") or next((v["price"] for v in view.get("variants", []) if v["sku"] == variant["sku"]), None)
    return Reply(talk.say("price_changed", sku=variant["sku"], price=money(told)))


def off_sale(talk: Talk, wish: Wish) -> Skill:
    return (yield from _sell(talk, wish, "take_off_sale"))


def on_sale(talk: Talk, wish: Wish) -> Skill:
    return (yield from _sell(talk, wish, "put_on_sale"))


def _sell(talk: Talk, wish: Wish, operation: str) -> Skill:
    """A variant is named with its product, which a SKU alone does not say; the product alone where no variant is told."""
    if whole := (yield from _whole_product(talk, wish)):
        yield from call(operation, product=whole["product"])
        return Reply(talk.say(_WHOLE[operation], name=name_of(talk, whole)))
    variant = yield from _variant(talk, wish)
    if isinstance(variant, Reply):
        return variant
    if "product" not in variant:
        variant = yield from call("get_stock", sku=variant["sku"])
    yield from call(operation, product=variant["product"], sku=variant["sku"])
    return Reply(talk.say(operation, name=full_name(talk, variant), sku=variant["sku"]))


_WHOLE = {"take_off_sale": "take_off_sale_whole", "put_on_sale": "put_on_sale_whole"}


def _whole_product(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | None]:
    """The one product that the words name, where they tell none of its variants."""
    words = tuple(word for word in wish.words if talk.goods.holds(word) or has_cjk(word))
    if not words or wish.skus:
        return None
    products = (yield from call("search_products", query=" ".join(words), limit=5)).get("items", [])
    fitting = named(products, words, name_text) if len(products) > 1 else products
    told = any(
        likeness(variant_text(v), (word,)) >= 1 for p in fitting for v in p.get("variants", []) for word in words
    )
    return fitting[0] if len(fitting) == 1 and not told and len(fitting[0].get("variants", [])) > 1 else None


def list_shipments(talk: Talk, wish: Wish) -> Skill:
    return (yield from _shipments(talk))


def to_ship(talk: Talk, wish: Wish) -> Skill:
    return (yield from _shipments(talk, status="waiting"))


def _shipments(talk: Talk, **only: str) -> Skill:
    items = (yield from call("list_fulfillments", **only)).get("items", [])
    if not items:
        return Reply(talk.say("shipments_none"))
    return Reply(f"{talk.say('shipments')}\n{bullets([_shipment_line(talk, part) for part in items[:_MOST]])}")


def _shipment_line(talk: Talk, part: Json) -> str:
    facts = {"order": part["order"], "title": plain(part.get("title", "")), "items": part.get("items")}
    return talk.say("shipment_line", status=talk.word(str(part.get("status"))), **facts)


def part_of(talk: Talk, wish: Wish, status: str) -> Mine:
    """The part of an order that is in this state, of the order named or spoken of last, or the only one."""
    order = wish.order or talk.memory.order
    arguments = {"order": order} if order else {"status": status}
    parts = (yield from call("list_fulfillments", **arguments)).get("items", [])
    fitting = [part for part in parts if part.get("status") == status]
    if len(fitting) == 1:
        return dict(fitting[0])
    if not parts:
        return Reply(talk.say("shipments_none"), done=True)
    lines = bullets([_shipment_line(talk, part) for part in (fitting or parts)[:_MOST]])
    return Reply(f"{talk.say('which_shipment')}\n{lines}", done=True)


def tracked(talk: Talk, wish: Wish) -> str:
    """The number behind the words for it, else what can be nothing else."""
    found = _TRACKING.findall(talk.text)
    return wish.tracking or (found[-1] if found else "")


def ship(talk: Talk, wish: Wish) -> Skill:
    carrier = take_carrier(Clause(talk.text, languages_of(talk.text)))
    wish = replace(wish, tracking=tracked(talk, wish))
    if not carrier or not wish.tracking:
        return Reply(talk.say("ship_how"), done=True)
    part = yield from part_of(talk, wish, "waiting")
    if isinstance(part, Reply):
        return part
    sent = {"carrier": carrier, "tracking": wish.tracking}
    text = talk.say("ask_to_ship", order=part["order"], **sent)
    outcome = yield Call("ship_fulfillment", {"fulfillment": part["fulfillment"], **sent}, text)
    if outcome.view is None:
        return (yield from decided(talk, "ship_fulfillment", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("was_shipped", order=part["order"], **sent))


def shipped_arrived(talk: Talk, wish: Wish) -> Skill:
    part = yield from part_of(talk, wish, "shipped")
    if isinstance(part, Reply):
        return part
    text = talk.say("ask_to_deliver", order=part["order"])
    outcome = yield Call("deliver_fulfillment", {"fulfillment": part["fulfillment"]}, text)
    if outcome.view is None:
        return (yield from decided(talk, "deliver_fulfillment", outcome.refusal or Refusal("unread")))
    return Reply(talk.say("was_delivered", order=part["order"]))


def refund_reviews(talk: Talk, wish: Wish) -> Skill:
    open_ones = talk.language.any_of(talk.language.undecided).search(wish.text.lower())
    only: Json = {"status": "pending", "limit": _SHOWN} if open_ones else {}
    items = (yield from call("list_refund_reviews", **only)).get("items", [])
    if not items:
        return Reply(talk.say("refund_reviews_none"))
    lines = [refund_line(talk, item) for item in items[:_MOST]]
    return Reply(f"{talk.say('refund_reviews')}\n{numbered(lines)}")


def refund_line(talk: Talk, request: Json) -> str:
    facts = {"order": request.get("order"), "amount": money(request.get("amount"))}
    return talk.say("refund_line", status=talk.word(str(request.get("status"))), **facts)
