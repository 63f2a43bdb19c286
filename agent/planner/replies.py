"""The shop's facts as lines of text: money, products, variants, carts, quotes, orders."""

import re
from decimal import Decimal
from typing import Any

from .talk import Talk
from .turns import Json, Refusal

_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "KWD": 3}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
LINES = 5
MOST_VARIANTS = 8
"""At most this many lines of a list; the page draws the whole."""


def money(value: Json | None) -> str:
    if not value:
        return "?"
    currency, amount = str(value.get("currency", "")), int(value.get("amount", 0))
    digits = _DIGITS.get(currency, 2)
    number = f"{Decimal(abs(amount)).scaleb(-digits):,.{digits}f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{_SYMBOLS[currency]}{number}" if currency in _SYMBOLS else f"{sign}{number} {currency}"


def minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else min(int(amount.scaleb(_DIGITS.get(currency, 2))), 10**12)


def plain(text: Any, limit: int = 80) -> str:
    """Others' text on one line."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def numbered(lines: list[str]) -> str:
    return "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))


def bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def name_of(talk: Talk, thing: Json) -> str:
    return plain(thing.get("names", {}).get(talk.language.code) or thing.get("name", ""))


def attributes_of(talk: Talk, variant: Json) -> str:
    values = variant.get("labels", {}).get(talk.language.code) or variant.get("attributes", {})
    return talk.word("comma").join(plain(value, 40) for value in values.values())


def full_name(talk: Talk, item: Json) -> str:
    """Name and attributes, as carts and quotes need it."""
    about = attributes_of(talk, item)
    return f"{name_of(talk, item)} ({about})" if about else name_of(talk, item)


def stock(talk: Talk, thing: Json) -> str:
    available = int(thing.get("available", 0))
    return talk.say("in_stock", available=available) if available > 0 else talk.say("sold_out")


def price_range(talk: Talk, product: Json) -> str:
    prices = {v["price"]["amount"] for v in product.get("variants", []) if v.get("price")}
    price = money(product.get("price"))
    return talk.say("from_price", price=price) if len(prices) > 1 else price


def product_line(talk: Talk, product: Json) -> str:
    return talk.say(
        "product_line", name=name_of(talk, product), price=price_range(talk, product), stock=stock(talk, product)
    )


def variant_line(talk: Talk, variant: Json) -> str:
    about = attributes_of(talk, variant) or variant.get("sku", "")
    return talk.say("product_line", name=about, price=money(variant.get("price")), stock=stock(talk, variant))


def product_lines(talk: Talk, products: list[Json]) -> str:
    return numbered([product_line(talk, product) for product in products[:LINES]])


def variant_lines(talk: Talk, variants: list[Json]) -> str:
    return numbered([variant_line(talk, variant) for variant in variants[:MOST_VARIANTS]])


def cart_item_line(talk: Talk, item: Json) -> str:
    return talk.say(
        "cart_line", quantity=item.get("quantity"), name=full_name(talk, item), total=money(item.get("total"))
    )


def pieces(talk: Talk, items: list[Json]) -> str:
    count = sum(int(item.get("quantity", 0)) for item in items)
    return talk.say("piece") if count == 1 else talk.say("pieces", count=count)


def cart_sum(talk: Talk, cart: Json) -> str:
    return talk.say("cart_sum", pieces=pieces(talk, cart.get("items", [])), subtotal=money(cart.get("subtotal")))


def messages(talk: Talk, view: Json) -> list[str]:
    """The shop's own remarks on a cart, quote or order, in the shopper's language."""
    told = talk.language.notices
    return [told.get(str(m.get("code"))) or plain(m.get("content", ""), 200) for m in view.get("messages", [])]


def total_of(quote: Json) -> str:
    return money(next((t for t in quote.get("totals", []) if t.get("type") == "total"), quote.get("total")))


def days(talk: Talk, option: Json) -> str:
    low, high = option.get("min_days"), option.get("max_days")
    return talk.say("one_day", min=low) if low == high else talk.say("days", min=low, max=high)


def address_line(address: Json | None) -> str:
    parts = [address.get(k) for k in ("recipient", "line1", "city", "region", "country")] if address else []
    return plain(", ".join(str(part) for part in parts if part), 120)


def method_label(method: Json) -> str:
    return plain(method.get("label", ""), 60)


def _translated(talk: Talk, refusal: Refusal) -> str | None:
    """None where the language has no sentence for it, or the facts do not fill it."""
    sentence = talk.language.refusals.get(refusal.code)
    try:
        return sentence.format(**{k: plain(v, 200) for k, v in refusal.facts.items()}) if sentence else None
    except (KeyError, IndexError):
        return None


def refusal_text(talk: Talk, refusal: Refusal) -> str:
    """The refusal in the shopper's language; facts that are missing leave the shop's own sentence."""
    if refusal.code in ("unread", "not_offered"):
        return talk.say(refusal.code)
    if refusal.code == "awaiting_decision":
        return talk.say("awaiting")
    if translated := _translated(talk, refusal):
        return translated
    if not refusal.sentence:
        return talk.say("unread")
    return talk.say("failed", sentence=plain(refusal.sentence, 300), hint=plain(refusal.hint, 300)).strip()
