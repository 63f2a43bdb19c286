"""Taking things out of the cart, or out of the order just spoken of."""

from ..replies import cart_sum, full_name
from ..talk import Reply, Skill, Talk, call
from ..wishes import Wish
from .cart import cart_items, miscounted
from .placed import cancel_line
from .quoting import quote


def remove(talk: Talk, wish: Wish) -> Skill:
    if wrong := miscounted(talk, wish, lowest=1):
        return wrong
    ordered = talk.memory.shown in ("order", "orders")
    found = yield from cart_items(talk, wish, several=True)
    if isinstance(found, Reply):
        return (yield from cancel_line(talk, wish)) if ordered and not found.question else found
    priced, cart = talk.memory.quote is not None, {}
    for item in found:
        cart = yield from call("remove_from_cart", sku=item["sku"])
    names = talk.word("comma").join(full_name(talk, item) for item in found)
    done = f"{talk.say('removed', name=names)} {cart_sum(talk, cart)}"
    if not priced or not cart.get("items") or talk.rest:
        return Reply(done)
    quoted = yield from quote(talk, Wish("quote"))
    return Reply(f"{done}\n\n{quoted.text}", quoted.question)
