"""Keeping the account: saved addresses and payment methods, which of them come first, and the shopper's name."""

import re
from collections.abc import Callable

from ..addresses import address_in
from ..keepsakes import kept_one
from ..lexicon import language
from ..replies import address_line, method_label, plain
from ..talk import Call, Reply, Skill, Talk, call, viewed
from ..turns import Json
from ..wishes import Wish
from ..words import has_cjk
from .quoting import address_lines, address_text, method_lines

Lines = Callable[[Talk, list[Json]], str]
LONGEST_NAME = 60
_SIGNED_IN = ("customers_only", "sign_in_required")
"""What guests are told."""


def add_address(talk: Talk, wish: Wish) -> Skill:
    """Read out of what was typed; with a part missing, the shopper is told how to say it."""
    said = address_in(talk.text)
    if said is None:
        return Reply(talk.say("address_form"), done=True)
    default = talk.language.any_of(talk.language.as_default).search(talk.text.lower()) is not None
    outcome = yield Call("add_address", said | ({"default": True} if default else {}))
    if outcome.refusal and outcome.refusal.code in _SIGNED_IN:
        return Reply(talk.say("guest_address"), done=True)
    view = viewed(outcome)
    talk.choose(address=str(view.get("address", "")))
    return Reply(talk.say("address_added", address=plain(address_line(view), 160)), done=True)


def default_address(talk: Talk, wish: Wish) -> Skill:
    addresses = (yield from call("list_addresses")).get("items", [])
    chosen = kept_one(addresses, wish.text, address_text)
    if chosen is None:
        return Reply(f"{talk.say('address_which')}\n{address_lines(talk, addresses)}", done=True)
    yield from call("update_address", address=chosen["address"], default=True)
    return Reply(talk.say("comes_first", name=address_line(chosen)))


def drop_address(talk: Talk, wish: Wish) -> Skill:
    addresses = (yield from call("list_addresses")).get("items", [])
    chosen = kept_one(addresses, wish.text, address_text)
    if chosen is None:
        return Reply(f"{talk.say('address_which')}\n{address_lines(talk, addresses)}", done=True)
    yield from call("delete_address", address=chosen["address"])
    return Reply(talk.say("no_longer_saved", name=address_line(chosen)))


def default_payment(talk: Talk, wish: Wish) -> Skill:
    methods = (yield from call("list_payment_methods")).get("items", [])
    chosen = kept_one(methods, wish.text, _label)
    if chosen is None:
        return Reply(f"{talk.say('payment_which')}\n{method_lines(talk, methods)}", done=True)
    yield from call("choose_default_payment_method", payment_method=chosen["payment_method"])
    return Reply(talk.say("comes_first", name=method_label(chosen)))


def drop_payment(talk: Talk, wish: Wish) -> Skill:
    methods = (yield from call("list_payment_methods")).get("items", [])
    chosen = kept_one(methods, wish.text, _label)
    if chosen is None:
        return Reply(f"{talk.say('payment_which')}\n{method_lines(talk, methods)}", done=True)
    yield from call("remove_payment_method", payment_method=chosen["payment_method"])
    return Reply(talk.say("no_longer_saved", name=method_label(chosen)))


def _label(method: Json) -> str:
    return str(method.get("label", ""))


def rename(talk: Talk, wish: Wish) -> Skill:
    """The name behind the words for it, as typed."""
    spoken = language("zh" if has_cjk(wish.text) else "en")
    lead = spoken.any_of(spoken.name_leads, after=r"[ :,]*").search(wish.text.lower())
    name = re.sub(
        r"[ ,]*(please|pls|from now on|instead|吧|就行|就好)$",
        "",
        wish.text[lead.end() :].strip(" .!\"'") if lead else "",
    )
    if not name or len(name) > LONGEST_NAME:
        return Reply(talk.say("which_name"), done=True)
    yield from call("change_name", name=name)
    return Reply(talk.say("renamed", name=plain(name)))
