"""Views of coupons."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..money import Money
from ..views import ListView, Names, OthersText, View


class CouponView(View):
    coupon: str = Field(description="The code.")
    name: OthersText
    names: Names
    kind: Literal["percent_off", "amount_off"]
    percent: int | None
    amount: Money | None
    minimum: Money = Field(description="Smallest subtotal that it applies to.")
    max_discount: Money | None
    valid_until: datetime | None


CouponList = ListView[CouponView]
