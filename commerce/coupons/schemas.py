"""Inputs and views of coupons."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from ..ids import Slug
from ..merchants.schemas import LanguageCode
from ..money import Amount, Money
from ..views import Input, Line, ListView, Names, OthersText, Page, View

CouponCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
CouponKind = Literal["percent_off", "amount_off"]
CouponScope = Literal["shop", "merchant", "category", "product"]
CouponState = Literal["usable", "used", "expired"]
CouponName = Annotated[Line, Field(min_length=1, max_length=200)]
CouponNames = Annotated[dict[LanguageCode, CouponName], Field(max_length=20)]
MOST_USES = 10**6


def _utc(value: Any) -> Any:
    """JSON has no times: they come as text."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise ValueError("must be a time such as 2026-12-24T18:00:00Z") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_utc)]
"""A time with its offset: `2026-12-24T18:00:00Z`."""


class ListCoupons(Page):
    """Coupons of the shop that can be used or claimed now."""


class ListMyCoupons(Page):
    state: CouponState | None = Field(
        None,
        description="Only these: usable, used (as often as may be), or expired (over, ended, or used up by others).",
    )


class ClaimCoupon(Input):
    coupon: CouponCode = Field(description="The code, as list_coupons shows it.")


class CouponView(View):
    coupon: str = Field(description="The code.")
    name: OthersText
    names: Names
    kind: CouponKind
    percent: int | None
    amount: Money | None
    minimum: Money = Field(description="Smallest subtotal of the goods that it is for.")
    max_discount: Money | None
    scope: CouponScope = Field(description="What it is for; which, say merchant, category and product.")
    merchant: Slug | None
    category: Slug | None = Field(description="With all categories below it.")
    product: Slug | None
    stackable: bool = Field(description="Can be used on the same goods as other stackable ones.")
    uses_per_shopper: int
    claim_required: bool = Field(description="Has to be claimed (claim_coupon) before it can be used.")
    claim_until: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None


class MyCouponView(CouponView):
    state: CouponState
    uses_left: int = Field(description="How often the shopper can still use it.")
    claimed_at: datetime


class ManagedCouponView(CouponView):
    """A coupon with its counts, for those who made it."""

    uses: int
    used: int
    claimable: int | None
    claimed: int
    ended_at: datetime | None


CouponList = ListView[CouponView]


class _Terms(Input):
    """What a coupon gives, to whom, and for what."""

    name: CouponName = Field(description="What shoppers read.", examples=["15% off all mugs"])
    names: CouponNames = Field(default_factory=dict, description="The name in other languages, by language code.")
    kind: CouponKind
    percent: int | None = Field(None, ge=1, le=100, description="Whole percent, for percent_off.")
    amount: Annotated[Amount, Field(gt=0)] | None = Field(None, description="In minor units, for amount_off.")
    minimum: Amount = Field(0, description="Smallest subtotal of the goods that it is for, in minor units.")
    max_discount: Annotated[Amount, Field(gt=0)] | None = Field(None, description="The most that it takes off.")
    merchant: Slug | None = Field(None, description="Only goods of this merchant; a merchant's coupons always are.")
    category: Slug | None = Field(None, description="Only goods of this category and those below it.")
    product: Slug | None = Field(None, description="Only this product.")
    stackable: bool = Field(False, description="Can be used on the same goods as other stackable ones.")
    uses: int = Field(ge=1, le=MOST_USES, description="How often it can be used in all.")
    uses_per_shopper: int = Field(1, ge=1, le=MOST_USES)
    claim_required: bool = Field(False, description="Only those who claimed it can use it.")
    claimable: int | None = Field(None, ge=1, le=MOST_USES, description="How many shoppers can claim it; null: all.")
    claim_until: Instant | None = Field(None, description="Until when it can be claimed.")
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.percent is None) != (self.kind == "amount_off") or (self.amount is None) != (
            self.kind == "percent_off"
        ):
            raise ValueError("percent_off has a percent and no amount; amount_off has an amount and no percent")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("valid_until must come after valid_from")
        if self.claim_until and self.valid_until and self.claim_until > self.valid_until:
            raise ValueError("claim_until must not come after valid_until")
        return self


class CreateCoupon(_Terms):
    coupon: CouponCode | None = Field(
        None, description="The code, kept in capital letters; one is made when left out.", examples=["MUGS15"]
    )


class ReplaceCoupon(_Terms):
    """All its terms anew; what is left out is as in a new one."""

    coupon: CouponCode = Field(description="The code.")


class EndCoupon(Input):
    coupon: CouponCode = Field(description="The code.")


class ListManagedCoupons(Page):
    ended: bool = Field(False, description="Also those that were ended.")
