"""One thing in the place of another: "swap the red one for the blue", "no, I meant the green one"."""

from dataclasses import replace

from ..reading import describe
from ..references import closest, item_text, named, variant_text
from ..replies import cart_sum, full_name
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Refusal
from ..wishes import Wish
from .cart import cart_items, not_added, set_quantity
from .choosing import choose
from .finding import refine, search

_OF_THE_CART = ("add_to_cart", "change_cart_item", "remove_from_cart")


def swap(talk: Talk, wish: Wish) -> Skill:
    """The new one comes first, so that the old one stays where the new one can't be had."""
    old, new = describe(wish.old), describe(wish.new)
    found = yield from cart_items(talk, _within(new, old))
    if isinstance(found, Reply):
        return found if found.question else (yield from _meant_a_find(talk, wish, found))
    return (yield from _exchanged(talk, found[0], _without(new, old)))


def _within(new: Wish, old: Wish) -> Wish:
    """ "The lamp in grey instead of beige": what is shared says what it is."""
    return old if old.points or len(old.words) > 1 or not new.words else replace(old, before=new.words)


def _without(new: Wish, old: Wish) -> Wish:
    return replace(new, words=tuple(word for word in new.words if word not in old.words), intent="add")


def _meant_a_find(talk: Talk, wish: Wish, missing: Reply) -> Skill:
    """Nothing of the kind is in the cart: then it was the wish to find something else."""
    return (yield from search(talk, describe(wish.new))) if not talk.memory.cart_items else missing


def _exchanged(talk: Talk, item: Json, new: Wish) -> Skill:
    quantity = new.quantity or int(item["quantity"])
    product = yield from call("get_product", product=item["product"])
    others = [v for v in product.get("variants", []) if v.get("sku") != item["sku"]]
    like = named(others, new.words, variant_text)
    like = like if len(like) == 1 else _like_the_old(others, item, new.words)
    if new.words and len(like) == 1 and not new.skus:
        chosen: list[tuple[Json, Json]] | Reply = [(product, like[0])]
    else:
        chosen = yield from choose(talk, replace(new, quantity=quantity))
    if isinstance(chosen, Reply):
        return chosen
    thing, variant = chosen[0]
    outcome = yield Call("add_to_cart", {"sku": variant["sku"], "quantity": quantity})
    if outcome.view is None:
        return not_added(talk, outcome.refusal or Refusal("unread"), thing | variant, [])
    cart = yield from call("remove_from_cart", sku=item["sku"])
    held = next((i for i in cart.get("items", []) if i.get("sku") == variant["sku"]), thing | variant)
    said = talk.say("swapped", old=full_name(talk, item), new=full_name(talk, held), quantity=quantity)
    return Reply(f"{said} {cart_sum(talk, cart)}")


def _like_the_old(others: list[Json], item: Json, words: tuple[str, ...]) -> list[Json]:
    """Of those that the words name partly ("white trainers"), the ones most like what they replace."""
    telling = tuple(word for word in words if named(others, (word,), variant_text))
    fitting = named(others, telling, variant_text) if telling else []
    alike = [v for v in fitting if _differences(v, item) == 1]
    return (alike or fitting) if all(word in telling or _names(item, word) for word in words) else []


def _differences(variant: Json, item: Json) -> int:
    old = item.get("attributes", {})
    return sum(old.get(name) != value for name, value in variant.get("attributes", {}).items())


def _names(item: Json, word: str) -> bool:
    return bool(closest([item], (word,), item_text))


def _put_right(talk: Talk, wish: Wish) -> str:
    """The line that the words are about, where that is not the last one touched."""
    near = closest(talk.memory.cart_items, wish.words, item_text)
    return str(near[0]["sku"]) if len(near) == 1 else ""


def meant(talk: Talk, wish: Wish) -> Skill:
    """Puts right what was done last: the number, or the thing."""
    memory = talk.memory
    if memory.undone not in _OF_THE_CART or not memory.touched:
        return (yield from (refine(talk, wish) if memory.search and not wish.points else search(talk, wish)))
    found = yield from cart_items(talk, Wish("change", skus=(_put_right(talk, wish) or memory.touched,)))
    if isinstance(found, Reply):
        return found
    if wish.quantity is not None and not (wish.words or wish.skus or wish.ordinals):
        return (yield from set_quantity(talk, found[0], wish.quantity))
    return (yield from _exchanged(talk, found[0], wish))
