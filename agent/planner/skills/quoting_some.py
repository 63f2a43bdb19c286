"""A quote for some of what is in the cart: the rest stays there."""

from dataclasses import replace

from ..reading import describe
from ..references import item_text, named
from ..talk import Reply, Skill, Talk, call
from ..wishes import Wish
from .cart import cart_items
from .quoting import make_quote, quote_text


def quote_some(talk: Talk, wish: Wish) -> Skill:
    """ "Only the yo-yo for now", or all but what is named."""
    if wish.excluded:
        cart = yield from call("view_cart")
        words = describe(" ".join(wish.excluded)).words
        left = named(cart.get("items", []), words, item_text)
        chosen = [item for item in cart.get("items", []) if item not in left] if left else []
    else:
        found = yield from cart_items(talk, wish, several=True)
        if isinstance(found, Reply):
            return found
        chosen = found
    if not chosen:
        return Reply(talk.say("not_in_cart", words=" ".join(wish.excluded or wish.words)), done=True)
    made = yield from make_quote(
        talk, replace(wish, intent="quote_some", skus=tuple(str(item["sku"]) for item in chosen))
    )
    return made if isinstance(made, Reply) else Reply(quote_text(talk, made))
