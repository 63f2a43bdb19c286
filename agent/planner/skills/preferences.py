"""What a quote is made with: coupons, address, delivery and payment method, now or for the next quote."""

from collections.abc import Generator
from dataclasses import replace

from ..lexicon import CODES, language
from ..reading import describe
from ..references import named
from ..replies import address_line, bullets, method_label, money, name_of, plain
from ..talk import Call, Reply, Skill, Talk, call, viewed
from ..turns import Json, Outcome
from ..wishes import Wish
from ..words import has_cjk, tokens
from .quoting import (
    GONE,
    address_lines,
    delivery_lines,
    find_address,
    find_delivery,
    find_payment,
    is_fast,
    make_quote,
    method_lines,
    option_text,
    quote_text,
)


def changed_quote(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | Reply]:
    """The open quote with what the wish names put in."""
    assert talk.memory.quote
    changes: Json = {"checkout": talk.memory.quote["checkout"]}
    for slot, finder in (
        ("address", find_address),
        ("delivery_option", find_delivery),
        ("payment_method", find_payment),
    ):
        found = yield from finder(talk, wish)
        if isinstance(found, Reply):
            return found
        if found:
            changes[slot] = found[slot]
            talk.choose(**{slot: str(found[slot])})
    if wish.coupons:
        changes["coupon_codes"] = list(wish.coupons)
    outcome = yield Call("update_checkout", changes)
    if outcome.refusal and outcome.refusal.code in GONE:
        return (yield from make_quote(talk, wish))
    if wish.coupons and outcome.view:
        talk.choose(coupon_codes=wish.coupons)
    return viewed(outcome)


def _changed(talk: Talk, wish: Wish) -> Skill:
    changed = yield from changed_quote(talk, wish)
    return changed if isinstance(changed, Reply) else Reply(quote_text(talk, changed))


def use_coupon(talk: Talk, wish: Wish) -> Skill:
    if not wish.coupons:
        return (yield from list_coupons(talk, wish))
    if talk.memory.quote:
        return (yield from _changed(talk, wish))
    talk.choose(coupon_codes=wish.coupons)
    listed = {str(coupon.get("coupon")).upper() for coupon in (yield from call("list_coupons")).get("items", [])}
    known = {code.upper() for code in wish.coupons} <= listed
    if not known and talk.memory.cart is None:
        yield from call("view_cart")
    if talk.memory.cart_items and not talk.rest:
        made = yield from make_quote(talk, wish)
        return made if isinstance(made, Reply) else Reply(quote_text(talk, made))
    return Reply(talk.say("coupon_kept" if known else "coupon_untried", codes=", ".join(wish.coupons)))


def drop_coupon(talk: Talk, wish: Wish) -> Skill:
    talk.choose(coupon_codes=())
    if not (talk.memory.quote or {}).get("coupon_codes"):
        return Reply(talk.say("coupon_dropped"))
    assert talk.memory.quote
    view = viewed((yield Call("update_checkout", {"checkout": talk.memory.quote["checkout"], "coupon_codes": []})))
    return Reply(f"{talk.say('coupon_dropped')}\n\n{quote_text(talk, view)}")


def list_coupons(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("list_coupons")
    items = view.get("items", [])
    return Reply(f"{talk.say('coupons')}\n{coupon_lines(talk, items)}" if items else talk.say("coupons_none"))


def coupon_lines(talk: Talk, coupons: list[Json]) -> str:
    return bullets([coupon_line(talk, coupon) for coupon in coupons[:8]])


def coupon_line(talk: Talk, coupon: Json) -> str:
    percent, minimum, until = coupon.get("percent"), coupon.get("minimum"), coupon.get("valid_until")
    worth = (
        talk.say("coupon_percent", percent=percent)
        if percent
        else talk.say("coupon_amount", amount=money(coupon.get("amount")))
    )
    limits = talk.say("coupon_minimum", minimum=money(minimum)) if minimum and minimum.get("amount") else ""
    limits += talk.say("coupon_until", date=str(until)[:10]) if until else ""
    limits += talk.say("coupon_to_claim") if coupon.get("claim_required") and "state" not in coupon else ""
    return talk.say("coupon_item", coupon=coupon.get("coupon"), name=name_of(talk, coupon), worth=worth, limits=limits)


def deliver_to(talk: Talk, wish: Wish) -> Skill:
    wish = replace(wish, address=wish.address or wish.text)
    if talk.memory.quote:
        return (yield from _changed(talk, wish))
    found = yield from find_address(talk, wish)
    if isinstance(found, Reply) or found is None:
        return found or Reply(talk.say("address_form"))
    talk.choose(address=str(found["address"]))
    return Reply(talk.say("address_kept", address=address_line(found)))


def choose_delivery(talk: Talk, wish: Wish) -> Skill:
    wish = replace(wish, delivery=wish.delivery or wish.text)
    if talk.memory.quote:
        return (yield from _changed(talk, wish))
    found = yield from find_delivery(talk, wish)
    if isinstance(found, Reply) or found is None:
        return found or Reply(talk.say("delivery_unknown"))
    talk.choose(delivery_option=str(found["delivery_option"]))
    return Reply(talk.say("delivery_kept", name=name_of(talk, found)))


def pay_with(talk: Talk, wish: Wish) -> Skill:
    wish = replace(wish, payment=wish.payment or wish.text)
    if talk.memory.quote:
        return (yield from _changed(talk, wish))
    found = yield from find_payment(talk, wish)
    if isinstance(found, Reply) or found is None:
        return found or Reply(talk.say("payment_methods_none"))
    talk.choose(payment_method=str(found["payment_method"]))
    return Reply(talk.say("payment_kept", label=method_label(found)))


def list_delivery(talk: Talk, wish: Wish) -> Skill:
    where, (country, region) = _place(talk, wish)
    if not country and talk.memory.shown == "delivery" and _points_there(talk, wish):
        where, (country, region) = talk.memory.destination[0], talk.memory.destination
    view = yield from call("list_delivery_options", country=country, region=region)
    options = view.get("items", [])
    if country and not options:
        return Reply(talk.say("delivery_nowhere", place=where))
    lines = [_not_there(talk, wish, options, where), _delivery_head(talk, wish, where), delivery_lines(talk, options)]
    return Reply("\n".join(filter(None, [*lines, "" if country else talk.say("delivery_elsewhere")])))


def _delivery_head(talk: Talk, wish: Wish, where: str) -> str:
    if where:
        return talk.say("delivery_to", place=where)
    place = describe(wish.address).words if wish.address and not talk.memory.quote else ()
    strange = place and not _points_there(talk, wish)
    return talk.say("delivery_to_unknown", place=plain(" ".join(place))) if strange else talk.say("delivery")


def _not_there(talk: Talk, wish: Wish, options: list[Json], where: str) -> str:
    """A delivery that was asked for and does not go there."""
    asked = describe(wish.delivery).words if wish.delivery and where else ()
    if not asked or named(options, asked, option_text) or is_fast(talk, wish.delivery):
        return ""
    return talk.say("delivery_not_there", delivery=plain(wish.delivery), place=where)


def _points_there(talk: Talk, wish: Wish) -> bool:
    """ "How long would that take?", said of the place just spoken of."""
    return talk.language.any_of(talk.language.there).search(wish.text.lower()) is not None


def names_a_country(talk: Talk, wish: Wish) -> bool:
    return bool(_place(talk, wish)[1][0])


def _place(talk: Talk, wish: Wish) -> tuple[str, tuple[str, str]]:
    """The longest name of a country or region in what was said, with the shop's codes for it."""
    return _place_in(wish.text) or _place_in(talk.text) or ("", ("", ""))


def _place_in(text: str) -> tuple[str, tuple[str, str]] | None:
    said = f" {' '.join(tokens(text))} "
    known = {
        name: code for spoken in CODES for name, code in (language(spoken).cities | language(spoken).countries).items()
    }
    for name in sorted(known, key=len, reverse=True):
        if (name in said) if has_cjk(name) else (f" {name} " in said):
            country, _, region = known[name].partition(" ")
            return name if has_cjk(name) else name.title() if len(name) > 3 else name.upper(), (country, region)
    return None


def list_addresses(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("list_addresses")
    addresses = view.get("items", [])
    return Reply(f"{talk.say('addresses')}\n{address_lines(talk, addresses)}" if addresses else talk.say("no_address"))


def list_payment_methods(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("list_payment_methods")
    methods = view.get("items", [])
    if not methods:
        return Reply(talk.say("payment_methods_none"))
    return Reply(f"{talk.say('payment_methods')}\n{method_lines(talk, methods)}")
