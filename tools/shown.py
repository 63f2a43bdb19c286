"""What the shop has shown: the amounts, the names and the states that a view holds."""

import json
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from commerce.money import MINOR_DIGITS


class Shown(NamedTuple):
    """An amount as people write it (`12.99`), and its currency."""

    amount: Decimal
    currency: str


def amounts_shown(view: Any) -> Iterator[Shown]:
    """Of every Money in it, without the sign."""
    if isinstance(view, list):
        for part in view:
            yield from amounts_shown(part)
    elif isinstance(view, dict):
        amount, currency = view.get("amount"), view.get("currency")
        if isinstance(amount, int) and isinstance(currency, str):
            yield Shown(abs(Decimal(amount)).scaleb(-MINOR_DIGITS.get(currency, 2)), currency)
        for part in view.values():
            yield from amounts_shown(part)


def strings_shown(view: Any, without: Collection[str] = ()) -> Iterator[str]:
    """Every text in it, but for the fields that are named."""
    if isinstance(view, str):
        yield view
    elif isinstance(view, list):
        for part in view:
            yield from strings_shown(part, without)
    elif isinstance(view, dict):
        for name, part in view.items():
            if name not in without:
                yield from strings_shown(part, without)


def states_shown(view: Any) -> Iterator[str]:
    """Every status in it."""
    if isinstance(view, list):
        for part in view:
            yield from states_shown(part)
    elif isinstance(view, dict):
        yield from (value for name, value in view.items() if name == "status" and isinstance(value, str))
        for part in view.values():
            yield from states_shown(part)


def links_shown(view: Any) -> Iterator[str]:
    """The addresses that the shop itself names: fields called `…url`. What others wrote is none, whatever it looks like."""
    if isinstance(view, list):
        for part in view:
            yield from links_shown(part)
    elif isinstance(view, dict):
        yield from (value for name, value in view.items() if name.endswith("url") and isinstance(value, str))
        for part in view.values():
            yield from links_shown(part)


def as_text(view: Any) -> str:
    """To look for a name in."""
    return json.dumps(view, ensure_ascii=False, default=str).casefold()
