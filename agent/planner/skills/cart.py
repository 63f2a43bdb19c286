"""The cart: add, change, remove, look, empty."""

from collections.abc import Generator
from dataclasses import replace

from ..memory import Question
from ..references import closest, item_text, named, pick, roughly
from ..replies import cart_item_line, cart_sum, full_name, messages, money, numbered, refusal_text
from ..talk import Call, Reply, Skill, Talk, call, viewed
from ..turns import Json, Outcome, Refusal
from ..wishes import Wish
from ..words import likeness
from .choosing import choose
from .quoting import quote

MOST_OF_ONE = 99
"""Pieces that the shop takes of one thing."""


def miscounted(talk: Talk, wish: Wish, lowest: int = 0) -> Reply | None:
    """What to say of a quantity that can't be; it must not become another one."""
    if wish.quantity is None or lowest <= wish.quantity <= MOST_OF_ONE:
        return None
    key = "quantity_too_many" if wish.quantity > MOST_OF_ONE else "quantity_impossible"
    return Reply(talk.say(key, most=MOST_OF_ONE), done=True)


def add(talk: Talk, wish: Wish) -> Skill:
    if wrong := miscounted(talk, wish, lowest=1):
        return wrong
    if held := _recounted(talk, wish):
        return (yield from set_quantity(talk, held, wish.quantity or 1))
    chosen = yield from choose(talk, wish)
    if isinstance(chosen, Reply):
        return chosen
    lines: list[str] = []
    cart: Json = {}
    for product, variant in chosen:
        quantity = wish.quantity or 1
        outcome = yield Call("add_to_cart", {"sku": variant["sku"], "quantity": quantity})
        if outcome.view is None:
            return not_added(talk, outcome.refusal or Refusal("unread"), product | variant, lines)
        cart = outcome.view
        lines.append(talk.say("added", quantity=quantity, name=_name(talk, cart, variant["sku"])))
    adding_on = bool(talk.rest) and talk.rest[0].intent == "add"
    return Reply("\n".join(lines if adding_on else [*lines, cart_sum(talk, cart)]))


def _recounted(talk: Talk, wish: Wish) -> Json | None:
    """The line of the cart of which so many are wanted, where nothing says that they come on top."""
    adds = talk.language.any_of(talk.language.adding).search(wish.text.lower())
    if talk.memory.shown != "cart" or not wish.quantity or not wish.words or adds:
        return None
    held = named(talk.memory.cart_items, wish.words, item_text) or roughly(
        talk.memory.cart_items, wish.words, item_text
    )
    return held[0] if len(held) == 1 and held[0].get("quantity") != wish.quantity else None


def _name(talk: Talk, cart: Json, sku: str) -> str:
    """As the cart now names it."""
    return next((full_name(talk, item) for item in cart.get("items", []) if item.get("sku") == sku), sku)


def not_added(talk: Talk, refusal: Refusal, wanted: Json, lines: list[str]) -> Reply:
    """What to say when something can't be had, below what was added before it."""
    available = int(refusal.facts.get("available", 0) or 0)
    name = full_name(talk, wanted) if wanted.get("name") else str(wanted.get("sku"))
    if refusal.code != "out_of_stock":
        return Reply("\n".join([*lines, refusal_text(talk, refusal)]), done=True)
    if available < 1:
        return Reply("\n".join([*lines, talk.say("offer_none", name=name)]), done=True)
    wish = Wish("add", skus=(str(wanted["sku"]),), quantity=available)
    reply = talk.ask("offer_available", "available", [], wish, name=name, available=available)
    return Reply("\n".join([*lines, reply.text]), reply.question)


def show_cart(talk: Talk, wish: Wish) -> Skill:
    cart = yield from call("view_cart")
    return Reply(shown(talk, cart))


def shown(talk: Talk, cart: Json) -> str:
    items = cart.get("items", [])
    if not items:
        return talk.say("cart_empty")
    lines = numbered([cart_item_line(talk, item) for item in items[:10]])
    subtotal = talk.say("subtotal", subtotal=money(cart.get("subtotal")))
    return "\n".join([talk.say("cart"), lines, subtotal, *messages(talk, cart), talk.say("cart_tail")])


def clear_cart(talk: Talk, wish: Wish) -> Skill:
    yield from call("clear_cart")
    return Reply(talk.say("cleared"))


def change(talk: Talk, wish: Wish) -> Skill:
    """ "Make it three": a new number for something in the cart, and a new quote where one was open."""
    if wish.quantity is None:
        return Reply(talk.say("change_how_many"), done=True)
    if wrong := miscounted(talk, wish):
        return wrong
    found = yield from cart_items(talk, wish)
    if isinstance(found, Reply):
        return (yield from add(talk, wish)) if wish.quantity and _lacks(talk, wish) else found
    return (yield from set_quantity(talk, found[0], wish.quantity))


def _lacks(talk: Talk, wish: Wish) -> bool:
    """Whether SKUs were typed that the cart does not hold."""
    held = {item.get("sku") for item in (talk.memory.cart or {}).get("items", [])}
    return bool(wish.skus) and held.isdisjoint(wish.skus)


def another(talk: Talk, wish: Wish) -> Skill:
    if wrong := miscounted(talk, wish, lowest=1):
        return wrong
    found = yield from cart_items(talk, wish)
    if isinstance(found, Reply):
        if _lacks(talk, wish):
            return (yield from add(talk, wish))
        return (yield from add(talk, replace(wish, pronoun=True))) if talk.memory.focus else found
    count = int(found[0]["quantity"]) + (wish.quantity or 1)
    return miscounted(talk, replace(wish, quantity=count)) or (yield from set_quantity(talk, found[0], count))


def double(talk: Talk, wish: Wish) -> Skill:
    found = yield from cart_items(talk, wish)
    if isinstance(found, Reply):
        return found
    count = 2 * int(found[0]["quantity"])
    return miscounted(talk, replace(wish, quantity=count)) or (yield from set_quantity(talk, found[0], count))


def fewer(talk: Talk, wish: Wish) -> Skill:
    if wrong := miscounted(talk, wish, lowest=1):
        return wrong
    found = yield from cart_items(talk, wish)
    if isinstance(found, Reply):
        return found
    return (yield from set_quantity(talk, found[0], max(int(found[0]["quantity"]) - (wish.quantity or 1), 0)))


def set_quantity(talk: Talk, item: Json, quantity: int) -> Skill:
    priced = talk.memory.quote is not None
    if quantity == 0:
        cart = yield from call("remove_from_cart", sku=item["sku"])
        return Reply(f"{talk.say('removed', name=full_name(talk, item))} {cart_sum(talk, cart)}")
    outcome = yield Call("change_cart_item", {"sku": item["sku"], "quantity": quantity})
    if outcome.refusal and outcome.refusal.code == "out_of_stock":
        return _offer_change(talk, item, outcome.refusal)
    cart = viewed(outcome)
    done = talk.say("changed", name=full_name(talk, item), quantity=quantity)
    if not priced or any(w.intent in ("buy", "quote") for w in talk.rest):
        return Reply(f"{done} {cart_sum(talk, cart)}")
    quoted = yield from quote(talk, Wish("quote"))
    return Reply(f"{done}\n\n{quoted.text}", quoted.question)


def _offer_change(talk: Talk, item: Json, refusal: Refusal) -> Reply:
    available = int(refusal.facts.get("available", 0) or 0)
    if available < 1:
        return Reply(refusal_text(talk, refusal), done=True)
    wish = Wish("change", skus=(str(item["sku"]),), quantity=available)
    return talk.ask("offer_available", "available", [], wish, name=full_name(talk, item), available=available)


def cart_items(talk: Talk, wish: Wish, several: bool = False) -> Generator[Call, Outcome, list[Json] | Reply]:
    """What the wish means among the lines of the cart, or what to say when that is open."""
    cart = yield from call("view_cart")
    items = cart.get("items", [])
    if not items:
        return Reply(talk.say("cart_empty"), done=not talk.rest)
    chosen = _meant(talk, items, wish)
    if len(chosen) == 1 or (chosen and several and (wish.everything or len(wish.ordinals) > 1 or wish.first)):
        return chosen
    named = wish.skus or wish.words
    if named and not chosen:
        return Reply(f"{talk.say('not_in_cart', words=' '.join(named))}\n{_lines(talk, items)}", done=True)
    options = chosen or items
    return Reply(f"{talk.say('change_which')}\n{_lines(talk, options)}", Question("item", options, wish, talk.rest))


def _meant(talk: Talk, items: list[Json], wish: Wish) -> list[Json]:
    if wish.skus:
        return [item for item in items if item.get("sku") in wish.skus]
    sure = pick(items, wish, _called, item_text)
    chosen = sure or [
        item
        for item in roughly(items, wish.words, item_text) or _most_alike(items, wish)
        if not _looks_otherwise(talk, item, wish)
    ]
    if chosen or wish.words or wish.ordinals:
        return chosen
    last = [item for item in items if item.get("sku") == talk.memory.touched]
    return last or (items if len(items) == 1 else [])


def _called(item: Json) -> str:
    """By its name alone: tea is the jasmine green tea and not the teapot with its infuser."""
    return " ".join(map(str, [item.get("name", ""), *item.get("names", {}).values()]))


def _looks_otherwise(talk: Talk, item: Json, wish: Wish) -> bool:
    """The blue mug is not the red one, however alike the rest of what was said."""
    return any(talk.goods.is_look(word) and likeness(item_text(item), (word,)) < 1 for word in wish.words)


def _most_alike(items: list[Json], wish: Wish) -> list[Json]:
    """The line that holds most of the words; what a shopper calls a thing is not always its name."""
    return closest(items, wish.words + wish.before, item_text, least=0.3)


def _lines(talk: Talk, items: list[Json]) -> str:
    return numbered([cart_item_line(talk, item) for item in items[:10]])
