"""Tables of coupons."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from ..database import AMOUNT, ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record


class CouponRow(Record, table=True):
    __tablename__ = "coupon"
    __table_args__ = (CheckConstraint("used >= 0 AND used <= uses", name="ck_coupon_used"), TABLE_OPTIONS)

    code: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    kind: str = Field(max_length=16)
    percent: int | None = None
    amount: int | None = Field(default=None, sa_type=AMOUNT)
    minimum: int = Field(sa_type=AMOUNT)
    max_discount: int | None = Field(default=None, sa_type=AMOUNT)
    merchant: str | None = Field(default=None, max_length=80, index=True)
    """It is for goods of this merchant, category and product; what is null does not narrow it."""
    category: str | None = Field(default=None, max_length=80)
    product: str | None = Field(default=None, max_length=80)
    stackable: bool = False
    uses: int
    uses_per_shopper: int
    used: int
    claim_required: bool = False
    claimable: int | None = None
    """How many shoppers can claim it; null: as many as want to."""
    claimed: int = 0
    claim_until: datetime | None = Field(default=None, sa_type=Moment)
    valid_from: datetime | None = Field(default=None, sa_type=Moment)
    valid_until: datetime | None = Field(default=None, sa_type=Moment)
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)
    """When it was ended; the code stays taken, because orders speak of it."""


class CouponClaimRow(Record, table=True):
    __tablename__ = "coupon_claim"

    account: str = Field(primary_key=True, sa_type=ID, foreign_key="account.id")
    coupon: str = Field(primary_key=True, max_length=40, foreign_key="coupon.code", index=True)
    claimed_at: datetime = Field(sa_type=Moment)


class CouponUseRow(Record, table=True):
    __tablename__ = "coupon_use"

    order_number: str = Field(primary_key=True, sa_type=ID)
    coupon: str = Field(primary_key=True, max_length=40, foreign_key="coupon.code")
    account: str = Field(sa_type=ID, index=True)
    amount: int = Field(default=0, sa_type=AMOUNT)
    """What it took off."""
    used_at: datetime = Field(sa_type=Moment)
    returned_at: datetime | None = Field(default=None, sa_type=Moment)
