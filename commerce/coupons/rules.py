"""What a coupon takes off."""

from typing import Protocol

from ..money import share


class Terms(Protocol):
    """The columns of a coupon that its sum depends on."""

    kind: str
    percent: int | None
    amount: int | None
    max_discount: int | None


def discount(coupon: Terms, subtotal: int) -> int:
    """Never more than the subtotal or the coupon's cap."""
    off = share(subtotal, coupon.percent or 0) if coupon.kind == "percent_off" else coupon.amount or 0
    return min(off, subtotal, coupon.max_discount if coupon.max_discount is not None else off)
