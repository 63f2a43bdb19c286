"""What a clause may well mean as things stand: what was shown last, what the cart holds, who speaks."""

from functools import lru_cache
from typing import NamedTuple

from .goods import Goods
from .lexicon import Code, Intent
from .skills import SELLING
from .talk import Talk
from .units import reader
from .words import has_cjk, stem, tokens

LEAST = 0.03
"""An intent less likely than this is not thought of."""
NEAR, SPOKEN_OF, UNLIKELY = 0.06, 0.2, 0.25
_NEAR: dict[Intent, set[str]] = {
    "order_status": {"order", "orders", "ordered"}, "received": {"order", "orders", "ordered"}, "cancel_order": {"order", "orders"},
    "cancel_line": {"order", "orders"}, "redirect_order": {"order"}, "return_order": {"order", "orders", "ordered"},
    "list_refunds": {"refunds", "ordered"}, "add": {"product", "products", "looked"}, "remove": {"cart"}, "change": {"cart"},
    "another": {"cart"}, "save_item": {"cart"}, "quote": {"cart", "filled"}, "choose_delivery": {"delivery", "quote", "priced"},
    "deliver_to": {"quote", "priced"}, "pay_with": {"quote", "priced"}, "watch_stock": {"product", "looked"},
    "remember": {"preferences"}, "refine": {"product", "products", "looked"}, "details": {"product", "products", "looked"},
}  # fmt: skip
"""What it is a little likelier beside: what was shown last, or how things stand."""
_AT: dict[Intent, set[str]] = {
    "details": {"product"}, "buy": {"quote"}, "forget": {"preferences"}, "forget_all": {"preferences"}, "drop_saved": {"saved"},
    "unsave_item": {"saved"}, "unwatch_stock": {"alerts"}, "pay": {"order", "orders"}, "claim_coupon": {"coupons"},
    "withdraw_refund": {"refunds"}, "approve_refund": {"reviews"}, "reject_refund": {"reviews"},
}  # fmt: skip
"""What it is likely said of, when that was shown last."""
_NEEDS: dict[Intent, str] = {
    "change": "carted", "another": "carted", "fewer": "carted", "double": "carted", "swap": "carted", "meant": "looked",
    "remove": "carted", "quote_some": "carted", "refine": "looked", "more": "looked", "compare": "looked",
    "drop_saved": "saved", "unsave_item": "saved", "unwatch_stock": "alerts", "withdraw_refund": "refunds", "list_alerts": "alerts",
}  # fmt: skip
"""How things should stand for it; where they do not, it is less likely."""
_ONLY: dict[Intent, set[str]] = {
    **{key: {"order", "orders", "ordered"} for key in ("received", "cancel_order", "cancel_line", "redirect_order", "pay", "hide_order", "unhide_order")},
    **{key: {"cart", "filled"} for key in ("clear_cart", "remove", "double", "another", "fewer")},
    **{key: {"cart", "filled", "quote", "priced"} for key in ("change", "quote_some")},
    "withdraw_refund": {"refunds", "ordered"}, "add": {"product", "products", "looked", "question", "cart", "quote"},
    "save_item": {"cart", "filled", "looked"}, "unsave_item": {"saved", "filled", "cart", "ordered", "looked"}, "drop_saved": {"saved"},
    "buy": {"quote", "priced", "filled"}, "drop_coupon": {"quote", "priced"}, "unwatch_stock": {"alerts"},
    "refine": {"product", "products", "looked"}, "more": {"products", "looked"},
}  # fmt: skip
"""How things must stand, for it to be meant at all."""


class Likeness(NamedTuple):
    """How likely it is that a clause means it, as things stand: 1 and somewhat more is certain."""

    score: float
    means: Intent


def likened(talk: Talk, text: str) -> list[Likeness]:
    """What it most likely means, the likest first."""
    code, states = code_of(text), states_of(talk)
    likely = _likely(code, text, _shown(talk, code), talk.goods)
    thought_of = ((intent, odds) for intent, odds in likely if (talk.sells or intent not in SELLING))
    found = [
        Likeness(odds + _fitting(intent, states), intent) for intent, odds in thought_of if _may_be(intent, states)
    ]
    return sorted(found, key=lambda like: -like.score)


def code_of(text: str) -> Code:
    return "zh" if has_cjk(text) else "en"


@lru_cache(maxsize=1024)
def _likely(code: Code, text: str, shown: frozenset[str], goods: Goods) -> tuple[tuple[Intent, float], ...]:
    return tuple(pair for pair in reader(code).likely(text, shown, goods).items() if pair[1] > LEAST)


def _may_be(intent: Intent, states: set[str]) -> bool:
    return intent not in _ONLY or bool(states & _ONLY[intent])


def _fitting(intent: Intent, states: set[str]) -> float:
    needed = _NEEDS.get(intent, "")
    missing = UNLIKELY if needed and needed not in states else 0.0
    if states & _AT.get(intent, set()):
        return SPOKEN_OF - missing
    return (NEAR if near(intent, states) else 0.0) - missing


def near(intent: Intent, states: set[str]) -> bool:
    return bool(states & (_NEAR.get(intent, set()) | _AT.get(intent, set())))


def states_of(talk: Talk) -> set[str]:
    """What was shown last, and how things stand; a cart or orders that were never looked at may well hold something."""
    memory = talk.memory
    held = {
        "saved": bool(memory.saved) or memory.shown == "saved",
        "carted": bool(memory.cart_items),
        "filled": memory.cart is None or bool(memory.cart_items),
        "priced": memory.quote is not None,
        "ordered": bool(memory.order or memory.orders or not memory.shown or memory.shown == "orders"),
        "looked": bool(memory.listed or memory.focus),
    }
    return {memory.shown, *(name for name, holds in held.items() if holds)}


def _shown(talk: Talk, code: Code) -> frozenset[str]:
    """The words of the goods that were shown: in Chinese their names."""
    products = talk.memory.products.values()
    if code == "zh":
        return frozenset(str(p.get("names", {}).get("zh", "")) for p in products)
    return frozenset(stem(word) for p in products for word in tokens(str(p.get("name", ""))))
