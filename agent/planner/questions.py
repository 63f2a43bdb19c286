"""Whether a clause asks, and whether it names anything that the shop could have."""

import re

from .lexicon import Intent
from .references import product_text
from .talk import Talk
from .understanding import written_plainly
from .wishes import Wish
from .words import likeness

VAGUE: set[Intent] = {
    "bare", "search", "want", "want_to_buy", "refine", "details", "off_topic", "compare", "more", "help",
}  # fmt: skip
"""What a rule says of almost any words."""
_ASKING = re.compile(
    r"^(?:and |but |so |then )?(?:what|how|is|are|does|do(?! (?:it|that|this|so|them))|did|was|were|why|when|where|which|who|has|have|will|would)(?![a-z])"
    r"|[吗么]$|什么|多少|怎么|咋|哪|几[个天]|是不是|有没有"
)
_SENTENCES = re.compile(r"[.!?;。！？；]+\s*")
_ASKED_TO = re.compile(r"(?:can|could|would|will) (?:you|i|we)(?![a-z])|(?:能|可以)(?:不能)?帮")


def asks(text: str) -> bool:
    last = _SENTENCES.split(text.lower().strip(" .!?"))[-1]
    asked = text.rstrip().endswith(("?", "？")) or _ASKING.search(last)
    return bool(asked and not _ASKED_TO.search(last))


def asked(talk: Talk, wish: Wish) -> bool:
    """Whether it asks, also by the mark at the end of the message, which is no part of the wish."""
    whole = written_plainly(talk.text).rstrip()
    return asks(wish.text) or (whole.endswith("?") and whole.rstrip(" ?!.").endswith(wish.text))


def idle(talk: Talk, wish: Wish) -> bool:
    """Whether it names nothing that the shop could have, so that it can't well be a search."""
    limits = wish.min_price or wish.max_price or wish.in_stock is not None or wish.free_shipping or wish.excluded
    if not talk.goods or limits or wish.points or wish.order or wish.intent not in VAGUE:
        return False
    shown = [product_text(product) for product in talk.memory.products.values()]
    named = (likeness(text, (word,)) >= 1 for word in wish.words for text in shown)
    return not (talk.goods.named_in(wish.text) or any(map(talk.goods.nearly_holds, wish.words)) or any(named))
