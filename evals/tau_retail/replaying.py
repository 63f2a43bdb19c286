"""Calls made without an agent, through the door alone, as τ's engine was asked them."""

from itertools import count
from typing import Any, NamedTuple

from commerce.context import Caller, Context
from commerce.errors import Refusal
from commerce.shop import Shop

from .adapter import error_text, told
from .operations import TAU

KEYS = count()


class Replied(NamedTuple):
    """What a call came to, in τ's words."""

    ok: bool
    text: str


async def call(shop: Shop, caller: Caller, name: str, arguments: dict[str, Any]) -> Replied:
    operation = TAU[name]
    try:
        view = await operation(Context(shop, caller, key=f"replay-{next(KEYS)}"), operation.parse(arguments))
    except Refusal as refused:
        return Replied(False, error_text(name, refused))
    return Replied(True, told(view))
