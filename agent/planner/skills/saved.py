"""Things saved for later: out of the cart, back into it, forgotten."""

from collections.abc import Generator

from ..memory import Question
from ..references import closest, item_text, pick
from ..replies import cart_item_line, cart_sum, full_name, numbered
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome
from ..wishes import Wish
from .cart import add, cart_items


def save_item(talk: Talk, wish: Wish) -> Skill:
    """Only what is in the cart can be saved; anything else is put there first."""
    found = yield from cart_items(talk, wish)
    if isinstance(found, Reply):
        named = wish.words or wish.ordinals or wish.skus or talk.memory.focus
        if found.question or not named:
            return found
        added = yield from add(talk, wish)
        if added.question or added.done:
            return added
        found = yield from cart_items(talk, Wish("save_item", skus=(talk.memory.touched,)))
        if isinstance(found, Reply):
            return found
    cart: Json = {}
    for item in found:
        cart = yield from call("save_for_later", sku=item["sku"])
    names = talk.word("comma").join(full_name(talk, item) for item in found)
    return Reply(f"{talk.say('saved_for_later', name=names)} {cart_sum(talk, cart)}")


def list_saved(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_saved_items")).get("items", [])
    if not items:
        return Reply(talk.say("saved_none"))
    lines = numbered([cart_item_line(talk, item) for item in items[:10]])
    return Reply(f"{talk.say('saved')}\n{lines}\n{talk.say('saved_tail')}")


def unsave_item(talk: Talk, wish: Wish) -> Skill:
    found = yield from _saved(talk, wish)
    if isinstance(found, Reply):
        return found
    cart: Json = {}
    for item in found:
        cart = yield from call("move_to_cart", sku=item["sku"])
    names = talk.word("comma").join(full_name(talk, item) for item in found)
    return Reply(f"{talk.say('moved_to_cart', name=names)} {cart_sum(talk, cart)}")


def drop_saved(talk: Talk, wish: Wish) -> Skill:
    found = yield from _saved(talk, wish)
    if isinstance(found, Reply):
        return found
    for item in found:
        yield from call("remove_saved_item", sku=item["sku"])
    names = talk.word("comma").join(full_name(talk, item) for item in found)
    return Reply(talk.say("saved_dropped", name=names))


def _saved(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[Json] | Reply]:
    """What the wish means among the saved things; the one saved last when it names none."""
    items = (yield from call("list_saved_items")).get("items", [])
    if not items:
        return Reply(talk.say("saved_none"), done=True)
    chosen = _meant(talk, items, wish)
    if len(chosen) == 1 or (chosen and wish.everything):
        return chosen
    lines = numbered([cart_item_line(talk, item) for item in (chosen or items)[:10]])
    return Reply(f"{talk.say('saved_which')}\n{lines}", Question("item", chosen or items, wish, talk.rest))


def _meant(talk: Talk, items: list[Json], wish: Wish) -> list[Json]:
    if wish.skus:
        return [item for item in items if item.get("sku") in wish.skus]
    if chosen := pick(items, wish, item_text) or closest(items, wish.words, item_text):
        return chosen
    if wish.words or wish.ordinals:
        return []
    last = [item for item in items if item.get("sku") == talk.memory.saved]
    return last or (items if len(items) == 1 else [])
