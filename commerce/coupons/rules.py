"""What coupons take off.

- A coupon is for some lines: those of its merchant, category (with all categories below it) and product, whichever it names.
- It looks at what these lines cost before any coupon: their sum must reach its minimum, and its discount is worked out on
  that sum: a percentage, rounded half to even, or an amount, never more than the sum or its cap.
- The discount is split over these lines in proportion to what they cost, to the last unit (`money.allocate`).
- Two coupons may be used together when no line is for both, or when both can be stacked.
- Stacked coupons each count from the original prices; together they take no more off a line than it costs. What is too
  much is lost to the coupon whose code comes later in the alphabet.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ..money import allocate, share


class Terms(Protocol):
    """The columns of a coupon that its sum depends on."""

    kind: str
    percent: int | None
    amount: int | None
    max_discount: int | None


class Scope(Protocol):
    """The columns of a coupon that say what it is for."""

    merchant: str | None
    category: str | None
    product: str | None


class Goods(NamedTuple):
    """What coupons need to know of a line."""

    total: int
    merchant: str
    product: str
    categories: frozenset[str]
    """Its own and all above it."""


class Offer(NamedTuple):
    """A coupon laid over the lines of a cart."""

    code: str
    stackable: bool
    shares: tuple[int, ...]
    """What it takes off each line."""
    touches: frozenset[int]
    """Positions of the lines that it is for, whether or not it takes something off."""

    @property
    def amount(self) -> int:
        return sum(self.shares)


class Applied(NamedTuple):
    """Coupons used together."""

    by_line: list[int]
    by_code: dict[str, int]


def discount(coupon: Terms, subtotal: int) -> int:
    """Never more than the subtotal or the coupon's cap."""
    off = share(subtotal, coupon.percent or 0) if coupon.kind == "percent_off" else coupon.amount or 0
    return min(off, subtotal, coupon.max_discount if coupon.max_discount is not None else off)


def is_for(coupon: Scope, goods: Goods) -> bool:
    return (
        coupon.merchant in (None, goods.merchant)
        and coupon.product in (None, goods.product)
        and (coupon.category is None or coupon.category in goods.categories)
    )


def whole_shop(coupon: Scope) -> bool:
    return coupon.merchant is None and coupon.category is None and coupon.product is None


def eligible(coupon: Scope, lines: Sequence[Goods]) -> list[int]:
    """Positions of the lines that it is for."""
    return [i for i, goods in enumerate(lines) if is_for(coupon, goods)]


def offer_of(code: str, stackable: bool, coupon: Terms, lines: Sequence[Goods], touches: Sequence[int]) -> Offer:
    """`touches`: the lines that it is for; that their sum reaches its minimum was checked before."""
    totals = [lines[i].total for i in touches]
    shares = [0] * len(lines)
    for i, part in zip(touches, allocate(discount(coupon, sum(totals)), totals), strict=True):
        shares[i] = part
    return Offer(code, stackable, tuple(shares), frozenset(touches))


def go_together(one: Offer, other: Offer) -> bool:
    return (one.stackable and other.stackable) or not one.touches & other.touches


def apply(offers: Iterable[Offer], totals: Sequence[int]) -> Applied:
    """`totals`: what each line costs before any coupon."""
    left = list(totals)
    by_code = {}
    for offer in sorted(offers, key=lambda offer: offer.code):
        taken = [min(part, rest) for part, rest in zip(offer.shares, left, strict=True)]
        left = [rest - part for rest, part in zip(left, taken, strict=True)]
        by_code[offer.code] = sum(taken)
    return Applied([total - rest for total, rest in zip(totals, left, strict=True)], by_code)
