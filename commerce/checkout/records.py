"""Tables of checkout and delivery."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from ..database import AMOUNT, ID, JSON_VALUE, Moment, Record


class DeliveryOptionRow(Record, table=True):
    __tablename__ = "delivery_option"

    slug: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=100)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    price: int = Field(sa_type=AMOUNT)
    free_from: int | None = Field(default=None, sa_type=AMOUNT)
    """Sum of goods after discounts from which it costs nothing."""
    min_days: int
    max_days: int
    position: int
    everywhere: bool = True
    """Goes wherever no rate says otherwise; else only where one does."""


class DeliveryRateRow(Record, table=True):
    """What an option costs in a country or a region of it."""

    __tablename__ = "delivery_rate"

    delivery_option: str = Field(primary_key=True, max_length=80, foreign_key="delivery_option.slug")
    country: str = Field(primary_key=True, max_length=2)
    region: str = Field(primary_key=True, max_length=100)
    """In capital letters; empty: the whole country."""
    price: int | None = Field(default=None, sa_type=AMOUNT)
    """Null: it does not go there."""
    free_from: int | None = Field(default=None, sa_type=AMOUNT)


class TaxRateRow(Record, table=True):
    __tablename__ = "tax_rate"

    country: str = Field(primary_key=True, max_length=2)
    region: str = Field(primary_key=True, max_length=100)
    """In capital letters; empty: the whole country."""
    category: str = Field(primary_key=True, max_length=80)
    """Empty: all goods."""
    basis_points: int
    name: str = Field(max_length=100)
    on_delivery: bool = False


class CheckoutRow(Record, table=True):
    __tablename__ = "checkout"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, index=True, foreign_key="account.id")
    status: str = Field(max_length=24)
    quote: dict[str, Any] = Field(sa_type=JSON_VALUE)
    """The Quote as the shopper saw it."""
    order_number: str | None = Field(default=None, sa_type=ID)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
