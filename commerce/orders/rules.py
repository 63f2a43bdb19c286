"""What pieces of an order are worth, and what its parts say of the whole."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from .schemas import OrderStatus


class Line(Protocol):
    """The columns of a line that its price depends on; discount and tax are of all its pieces."""

    quantity: int
    unit_price: int
    discount: int
    tax: int


class Part(Protocol):
    """The columns of a part, beside those of a line, that its price depends on."""

    part_price: int
    part_tax: int


def price_of(line: Line, pieces: int) -> int:
    """Of the first so many pieces, discount and tax included; the last piece takes what rounding leaves over."""
    shares = line.tax * pieces // line.quantity - line.discount * pieces // line.quantity
    return line.unit_price * pieces + shares


def worth(line: Line, gone: int, pieces: int) -> int:
    """Of so many pieces more, after some are gone: step by step it adds up to exactly what the line costs."""
    return price_of(line, gone + pieces) - price_of(line, gone)


def cost(part: Part, lines: Iterable[Line]) -> int:
    """What a part cost when it was ordered: its lines and its delivery."""
    return sum(price_of(line, line.quantity) for line in lines) + part.part_price + part.part_tax


def status_of(parts: Iterable[str]) -> OrderStatus:
    """What a paid order is, when its parts are this."""
    alive = {status for status in parts if status != "cancelled"}
    if not alive:
        return "cancelled"
    if alive == {"delivered"}:
        return "delivered"
    if "waiting" not in alive:
        return "shipped"
    return "paid" if alive == {"waiting"} else "partially_shipped"


def totals_left(totals: list[dict[str, Any]], lines: Sequence[Any], parts: Sequence[Any]) -> list[dict[str, Any]]:
    """The sums of an order without what was cancelled; the same kinds as before, as JSON."""
    left = [(line, line.quantity - line.cancelled) for line in lines]
    alive = [part for part in parts if part.part_status != "cancelled"]
    amounts = {
        "subtotal": sum(line.unit_price * pieces for line, pieces in left),
        "discount": sum(line.discount * line.cancelled // line.quantity - line.discount for line, _ in left),
        "fulfillment": sum(part.part_price for part in alive),
        "tax": sum(line.tax - line.tax * line.cancelled // line.quantity for line, _ in left)
        + sum(part.part_tax for part in alive),
    }
    amounts["total"] = sum(amounts.values())
    return [total | {"amount": amounts[total["type"]]} for total in totals]
