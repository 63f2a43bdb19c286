"""Refusals of coupons."""

from dataclasses import dataclass

from ..errors import Conflict


@dataclass(eq=False)
class CouponRefused(Conflict):
    coupon: str
    reason: str
    sentence = "The coupon {coupon} does not apply: {reason}."
    hint = "Go on without it or try another one."


@dataclass(eq=False)
class TooManyCoupons(Conflict):
    limit: int
    sentence = "At most {limit} coupon can be used for one order."
    hint = "Choose one."
