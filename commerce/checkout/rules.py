"""How a checkout adds up, and what differs between the one that was shown and the one of now."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ..views import Message, Total, TotalType
from .schemas import Quote


class Sums(NamedTuple):
    """What a total is made of."""

    subtotal: int
    items_discount: int
    """Of coupons for some goods."""
    discount: int
    """Of coupons for the whole shop."""
    fulfillment: int | None
    """None while no delivery is chosen."""
    tax: int


def totals(currency: str, sums: Sums) -> list[Total]:
    """Subtotal, minus discounts, plus delivery and tax. A part that plays no role is left out."""
    parts: list[tuple[TotalType, int]] = [("subtotal", sums.subtotal)]
    if sums.items_discount:
        parts.append(("items_discount", -sums.items_discount))
    if sums.discount:
        parts.append(("discount", -sums.discount))
    if sums.fulfillment is not None:
        parts.append(("fulfillment", sums.fulfillment))
    if sums.tax:
        parts.append(("tax", sums.tax))
    parts.append(("total", sum(amount for _, amount in parts)))
    return [Total(type=kind, amount=amount, currency=currency) for kind, amount in parts]


class DeliveryPrice(Protocol):
    @property
    def price(self) -> int: ...

    @property
    def free_from(self) -> int | None:
        """Sum of a parcel's goods after discounts; None: never free."""


class Parcel(NamedTuple):
    """What one merchant ships."""

    merchant: str
    name: str
    names: dict[str, str]
    skus: list[str]
    subtotal: int
    goods: int
    """What its goods cost after discounts."""
    ships_free: bool
    """Every piece of it is sold with free shipping."""


def delivery_price(option: DeliveryPrice, parcel: Parcel) -> int:
    """Of one parcel: free from a sum of its own goods after discounts, or when everything in it ships free."""
    reached = option.free_from is not None and parcel.goods >= option.free_from
    return 0 if reached or parcel.ships_free else option.price


def differences(shown: Quote, now: Quote) -> list[str]:
    """One sentence for each thing that is no longer as it was shown; empty when the checkout can be bought as it is."""
    after = {line.sku for line in now.lines}
    found = [message.content for message in price_changes(shown, now)]
    found += [f"{line.sku} is not sold any more." for line in shown.lines if line.sku not in after]
    found += [m.content for m in now.messages if m not in shown.messages]
    if not found and shown.totals != now.totals:
        found.append(f"The total was {amount_of(shown.totals)} and is {amount_of(now.totals)}.")
    if not found and _figures(shown) != _figures(now):
        found.append("What its lines and deliveries cost has changed, though not the total.")
    if not found and shown.gift_card != now.gift_card:
        found.append(f"The gift card paid {_paid_by_card(shown)} and pays {_paid_by_card(now)}.")
    if shown.address != now.address:
        found.append("The address was changed.")
    return found


def _paid_by_card(quote: Quote) -> str:
    return str(quote.gift_card.amount) if quote.gift_card else "nothing"


def _figures(quote: Quote) -> tuple[Any, ...]:
    lines = [(line.sku, line.quantity, line.unit_price, line.discount, line.tax) for line in quote.lines]
    groups = [(group.merchant, group.skus, group.price, group.tax) for group in quote.groups]
    return lines, groups, [(coupon.coupon, coupon.amount) for coupon in quote.coupons]


def price_changes(shown: Quote, now: Quote) -> list[Message]:
    after = {line.sku: line.unit_price for line in now.lines}
    return [
        Message(
            type="info",
            code="price_changed",
            content=f"The price of {line.sku} was {line.unit_price} and is {after[line.sku]}.",
            severity="requires_buyer_review",
            sku=line.sku,
        )
        for line in shown.lines
        if after.get(line.sku, line.unit_price) != line.unit_price
    ]


def amount_of(parts: Sequence[Total], kind: TotalType = "total") -> Total:
    return next(part for part in parts if part.type == kind)
