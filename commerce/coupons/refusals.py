"""Refusals of coupons: why a code does not apply, why it can't be claimed, and what staff may not do."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


class CouponRefused(Conflict):
    """A code that does not apply; the subclasses say why."""

    coupon: str
    hint = "Go on without it or try another one."


@dataclass(eq=False)
class CouponUnknown(CouponRefused):
    coupon: str
    sentence = "The coupon {coupon} does not apply: there is no such coupon."


@dataclass(eq=False)
class CouponNotYetValid(CouponRefused):
    coupon: str
    valid_from: str
    """Day, UTC."""
    sentence = "The coupon {coupon} does not apply: it is valid from {valid_from}."


@dataclass(eq=False)
class CouponEnded(CouponRefused):
    coupon: str
    ended: str
    """Day, UTC."""
    sentence = "The coupon {coupon} does not apply: it ended on {ended}."


@dataclass(eq=False)
class CouponNotForThese(CouponRefused):
    coupon: str
    merchant: str | None
    category: str | None
    product: str | None
    sentence = "The coupon {coupon} does not apply: nothing here is of the {listed} that it is for."

    def __str__(self) -> str:
        named = {"merchant": self.merchant, "category": self.category, "product": self.product}
        listed = ", ".join(f"{what} {slug}" for what, slug in named.items() if slug)
        return self.sentence.format(coupon=self.coupon, listed=listed or "goods")


@dataclass(eq=False)
class CouponBelowMinimum(CouponRefused):
    coupon: str
    minimum: str
    subtotal: str
    """Of the goods that it is for; both as people write them."""
    sentence = "The coupon {coupon} does not apply: it needs a subtotal of {minimum} and this one is {subtotal}."


@dataclass(eq=False)
class CouponUsedUp(CouponRefused):
    coupon: str
    sentence = "The coupon {coupon} does not apply: it is used up."


@dataclass(eq=False)
class CouponAlreadyUsed(CouponRefused):
    coupon: str
    uses_per_shopper: int
    sentence = "The coupon {coupon} does not apply: you have used it already."


@dataclass(eq=False)
class CouponNotClaimed(CouponRefused):
    coupon: str
    sentence = "The coupon {coupon} does not apply: it has to be claimed first."
    hint = "Claim it and try again, or go on without it."


@dataclass(eq=False)
class CouponsNotStackable(CouponRefused):
    coupon: str
    other: str
    sentence = "The coupon {coupon} does not apply: it can't be used on the same goods as {other}."
    hint = "Choose one of them, or leave the codes out to get the best combination of the claimed ones."


@dataclass(eq=False)
class CouponNotFound(NotFound):
    coupon: str
    sentence = "There is no coupon {coupon}."
    hint = "List the coupons to see which there are."


@dataclass(eq=False)
class ClaimingOver(Conflict):
    coupon: str
    sentence = "The coupon {coupon} can't be claimed any more."
    hint = "List the coupons to see which can be."


@dataclass(eq=False)
class AllClaimed(Conflict):
    coupon: str
    sentence = "All of the coupon {coupon} are claimed."
    hint = "List the coupons to see which can be claimed."


@dataclass(eq=False)
class AlreadyClaimed(Conflict):
    coupon: str
    sentence = "You have claimed the coupon {coupon} already."
    hint = "Use it at the checkout."


@dataclass(eq=False)
class CouponTaken(Conflict):
    coupon: str
    sentence = "The code {coupon} is taken."
    hint = "Choose another code."


@dataclass(eq=False)
class CouponInUse(Conflict):
    coupon: str
    sentence = "The coupon {coupon} was used already, so its terms stay as they are."
    hint = "End it and make another one."
