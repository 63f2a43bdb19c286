"""The quote: what the cart costs with this address, delivery, coupon and payment method."""

import re
from collections.abc import Generator
from dataclasses import replace

from ..keepsakes import kept_one
from ..lexicon import CODES, language
from ..reading import describe
from ..references import Text, at_positions, closest, named
from ..replies import (
    address_line,
    cart_item_line,
    days,
    messages,
    method_label,
    money,
    name_of,
    numbered,
    plain,
    refusal_text,
)
from ..talk import Call, Reply, Skill, Talk, call, viewed
from ..turns import Json, Outcome
from ..wishes import Wish

Finding = Generator[Call, Outcome, "Json | Reply | None"]
"""The thing named; None when nothing was named; a reply when it can't be told."""
GONE = ("checkout_expired", "checkout_closed", "checkout_not_found")


def quote(talk: Talk, wish: Wish) -> Skill:
    """Also of what is said as the choice of a delivery: "and how much by express?"."""
    wish = replace(wish, delivery=wish.text) if wish.intent == "choose_delivery" and not wish.delivery else wish
    made = yield from make_quote(talk, wish)
    return made if isinstance(made, Reply) else Reply(quote_text(talk, made))


def make_quote(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | Reply]:
    """A fresh checkout with what was said now, said before, or used in the quote before, in that order."""
    kept, before = talk.memory.choices, talk.memory.quote or {}
    chosen: Json = {"skus": list(wish.skus)} if wish.intent == "quote_some" else {}
    for slot, finder in (
        ("address", find_address),
        ("delivery_option", find_delivery),
        ("payment_method", find_payment),
    ):
        found = yield from finder(talk, wish)
        if isinstance(found, Reply):
            return found
        chosen[slot] = str(found[slot]) if found else getattr(kept, slot) or (before.get(slot) or {}).get(slot, "")
    if not chosen["payment_method"]:
        chosen["payment_method"] = yield from default_payment(talk)
    if wish.gift_card or kept.gift_card:
        card = yield from _gift_card(talk)
        if isinstance(card, Reply):
            return card
        chosen["gift_card"] = card
    said = wish.coupons or kept.coupon_codes
    if wish.gift_card and before:
        return (yield from call("update_checkout", checkout=before["checkout"], gift_card=chosen["gift_card"]))
    return (yield from _create(talk, chosen, list(said) if said else _codes_before(before)))


def _gift_card(talk: Talk) -> Generator[Call, Outcome, str | Reply]:
    """The usable card with the most on it."""
    cards = (yield from call("list_gift_cards")).get("items", [])
    usable = [card for card in cards if card.get("usable")]
    if not usable:
        return Reply(talk.say("gift_cards_none"), done=True)
    best = str(max(usable, key=lambda card: int(card["balance"]["amount"]))["gift_card"])
    talk.choose(gift_card=best)
    return best


def _codes_before(quote: Json) -> list[str] | None:
    """What the shopper had settled; None where the shop chose, so that it chooses anew."""
    codes: list[str] = quote.get("coupon_codes", [])
    return None if quote.get("coupons_automatic", not codes) else codes


def _create(talk: Talk, chosen: Json, codes: list[str] | None) -> Generator[Call, Outcome, Json | Reply]:
    arguments: Json = {k: v for k, v in chosen.items() if v} | ({} if codes is None else {"coupon_codes": codes})
    outcome = yield Call("create_checkout", arguments)
    refusal = outcome.refusal
    if not codes or not refusal or refusal.facts.get("coupon") not in codes:
        return viewed(outcome)
    left = [code for code in codes if code != refusal.facts["coupon"]]
    talk.choose(coupon_codes=tuple(left))
    view = yield from call("create_checkout", **(arguments | {"coupon_codes": left}))
    told = f"{refusal_text(talk, refusal)} {talk.say('coupon_refused_go_on')}"
    return Reply(f"{told}\n\n{quote_text(talk, view)}", done=True)


def default_payment(talk: Talk) -> Generator[Call, Outcome, str]:
    """The saved default; a guest, or a shop that offers no list, has none."""
    outcome = yield Call("list_payment_methods")
    if outcome.view is None:
        return ""
    methods = outcome.view.get("items", [])
    return next((str(m["payment_method"]) for m in methods if m.get("default")), "")


def find_address(talk: Talk, wish: Wish) -> Finding:
    if not wish.address:
        return None
    view = yield from call("list_addresses")
    addresses = view.get("items", [])
    if found := _named_thing(addresses, wish.address, address_text):
        return found
    if not addresses:
        return Reply(talk.say("guest_address" if (yield from _is_guest()) else "no_address"), done=True)
    return Reply(f"{talk.say('address_which')}\n{address_lines(talk, addresses)}", done=True)


def _is_guest() -> Generator[Call, Outcome, bool]:
    account = (yield Call("get_account")).view or {}
    return account.get("role") == "guest"


def address_text(address: Json) -> str:
    return " ".join(str(v) for k, v in address.items() if k != "address") + (
        " default" if address.get("default") else ""
    )


def address_lines(talk: Talk, addresses: list[Json]) -> str:
    return numbered([marked(talk, address, address_line(address)) for address in addresses[:8]])


def marked(talk: Talk, thing: Json, text: str) -> str:
    return talk.say("default_mark", text=text) if thing.get("default") else text


def find_delivery(talk: Talk, wish: Wish) -> Finding:
    if not wish.delivery:
        return None
    view = yield from call("list_delivery_options")
    options: list[Json] = view.get("items", [])
    asked = describe(wish.delivery)
    if asked.sort == "price_asc" and options:
        return min(options, key=lambda o: int(o["price"]["amount"]))
    if found := _named_thing(options, wish.delivery, option_text):
        return found
    if options and any(word in wish.delivery.lower() for word in talk.language.slow_words):
        return max(options, key=lambda o: (int(o.get("max_days", 0)), -int(o["price"]["amount"])))
    if options and is_fast(talk, wish.delivery):
        return min(options, key=lambda o: (int(o.get("max_days", 99)), int(o["price"]["amount"])))
    return Reply(f"{talk.say('delivery_unknown')}\n{delivery_lines(talk, options)}", done=True)


def option_text(option: Json) -> str:
    return f"{option.get('name')} {option.get('names')} {option.get('delivery_option')}"


def is_fast(talk: Talk, text: str) -> bool:
    return any(word in text.lower() for word in talk.language.fast_words)


def delivery_lines(talk: Talk, options: list[Json]) -> str:
    return numbered([_delivery_line(talk, option) for option in options[:8]])


def _delivery_line(talk: Talk, option: Json) -> str:
    price = talk.word("free") if option["price"]["amount"] == 0 else money(option["price"])
    if option.get("free_from"):
        price = talk.say("delivery_free_from", price=price, free_from=money(option["free_from"]))
    return talk.say("delivery_line", name=name_of(talk, option), price=price, days=days(talk, option))


def find_payment(talk: Talk, wish: Wish) -> Finding:
    if not wish.payment:
        return None
    view = yield from call("list_payment_methods")
    methods = view.get("items", [])
    usual = any(language(code).any_of(language(code).usual).search(wish.payment.lower()) for code in CODES)
    if usual and (default := [method for method in methods if method.get("default")]):
        return dict(default[0])
    if found := _by_digits(methods, wish.payment) or _named_thing(methods, wish.payment, _method_text):
        return found
    if not methods:
        return Reply(talk.say("payment_methods_none"), done=True)
    return Reply(f"{talk.say('payment_which')}\n{method_lines(talk, methods)}", done=True)


def _method_text(method: Json) -> str:
    return f"{method.get('label')} {'default' if method.get('default') else ''}"


def _by_digits(methods: list[Json], said: str) -> Json | None:
    """A card by its last digits, or the other one than that which comes first."""
    told = re.search(r"(?<!\d)\d{3,4}(?!\d)", said)
    other = any(language(code).any_of(language(code).other_one).search(said.lower()) for code in CODES)
    return kept_one(methods, said, lambda method: str(method.get("label", ""))) if told or other else None


def method_lines(talk: Talk, methods: list[Json]) -> str:
    return numbered([marked(talk, method, method_label(method)) for method in methods[:8]])


def _named_thing(things: list[Json], said: str, text: Text) -> Json | None:
    """By position or by words, places in either language; the only one when nothing tells them apart."""
    asked = describe(said)
    if placed := at_positions(things, asked):
        return placed[0]
    literally = [thing for thing in things if said.strip().lower() in text(thing).lower()]
    if len(literally) == 1:
        return literally[0]
    for words in _spellings(asked.words):
        if words and (found := named(things, words, text)):
            return found[0]
    if near := closest(things, asked.words, text):
        return near[0] if len(near) == 1 else None
    return things[0] if len(things) == 1 and not asked.words else None


def _spellings(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words as said, and with places in the other language."""
    places = language("zh").places
    back = {name: place for place, name in places.items()}
    english = tuple(part for word in words for part in places.get(word, word).split())
    return [words, english, tuple(back.get(word, word) for word in words), (back.get(" ".join(words), ""),)]


def quote_text(talk: Talk, quote: Json) -> str:
    """Lines, sums, address, delivery, payment and the shop's remarks."""
    lines = [cart_item_line(talk, line) for line in quote.get("lines", [])[:10]]
    sums = [talk.say("total_line", label=talk.word(t["type"]), amount=money(t)) for t in quote.get("totals", [])]
    parts = [
        talk.say("quote"),
        numbered(lines),
        *(f"- {s}" for s in sums),
        *_terms(talk, quote),
        *messages(talk, quote),
    ]
    ready = quote.get("status") == "ready_for_complete"
    parts.append(talk.say("quote_tail") if ready else _missing(talk, quote))
    return "\n".join(parts)


def _terms(talk: Talk, quote: Json) -> list[str]:
    address, option, method = quote.get("address"), quote.get("delivery_option"), quote.get("payment_method")
    lines = []
    if quote.get("coupon_codes"):
        lines.append(talk.say("coupon_line", codes=plain(", ".join(quote["coupon_codes"]))))
    if address:
        lines.append(talk.say("to_address", address=address_line(address)))
    if option:
        lines.append(talk.say("by_delivery", name=name_of(talk, option), days=days(talk, option)))
    if part := quote.get("gift_card"):
        lines.append(talk.say("pay_by_gift_card", label=plain(part.get("label", "")), amount=money(part.get("amount"))))
    lines.append(talk.say("pay_by", label=method_label(method)) if method else talk.say("pay_later"))
    return [f"- {line}" for line in lines]


def _missing(talk: Talk, quote: Json) -> str:
    return talk.say("quote_not_ready") if quote.get("address") else talk.say("no_address")
