"""Tables of orders."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from ..database import AMOUNT, ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record


class OrderRow(Record, table=True):
    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_account", "account", "placed_at"),
        Index("ix_orders_unpaid", "status", "pay_until"),
        Index("ix_orders_paid", "paid_at"),
        TABLE_OPTIONS,
    )

    number: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, foreign_key="account.id")
    checkout: str = Field(sa_type=ID, unique=True)
    status: str = Field(max_length=24)
    quote: dict[str, Any] = Field(sa_type=JSON_VALUE)
    """The Quote that was bought: lines, totals, address, delivery."""
    total: int = Field(sa_type=AMOUNT)
    """What has to be paid, or was."""
    taken_off: int = Field(default=0, sa_type=AMOUNT)
    """What was cancelled before it was paid, and is not in the total any more."""
    pieces: int
    """Without those that were cancelled."""
    active_payment: str | None = Field(default=None, sa_type=ID)
    """The charge whose outcome is open; while there is one, no other starts and the order can't expire."""
    placed_at: datetime = Field(sa_type=Moment)
    pay_until: datetime = Field(sa_type=Moment)
    paid_at: datetime | None = Field(default=None, sa_type=Moment)
    cancel_reason: str | None = Field(default=None, max_length=500)
    words: str | None = Field(default=None, sa_type=Text)
    """What a shopper may look for: the names and SKUs of its lines, in small letters."""
    hidden_at: datetime | None = Field(default=None, sa_type=Moment)
    """When the shopper took it off their list; merchants still see their parts."""


class OrderLineRow(Record, table=True):
    __tablename__ = "order_line"

    order_number: str = Field(primary_key=True, sa_type=ID, foreign_key="orders.number")
    sku: str = Field(primary_key=True, sa_type=ID)
    product: str = Field(max_length=80)
    merchant: str = Field(max_length=80)
    fulfillment: str = Field(sa_type=ID, index=True)
    quantity: int
    unit_price: int = Field(sa_type=AMOUNT)
    discount: int = Field(default=0, sa_type=AMOUNT)
    """The whole line's share of the coupons."""
    tax: int = Field(default=0, sa_type=AMOUNT)
    """Of the whole line."""
    cancelled: int = 0
    """Pieces taken off before they were shipped."""
    returned: int = 0
    """Pieces given back after they were shipped."""


class FulfillmentRow(Record, table=True):
    """The part of an order that one merchant ships."""

    __tablename__ = "fulfillment"
    __table_args__ = (Index("ix_fulfillment_merchant", "merchant", "status", "id"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    order_number: str = Field(sa_type=ID, index=True, foreign_key="orders.number")
    merchant: str = Field(max_length=80)
    status: str = Field(max_length=16)
    """waiting (to be shipped), shipped, delivered, cancelled."""
    price: int = Field(default=0, sa_type=AMOUNT)
    """Of its delivery."""
    tax: int = Field(default=0, sa_type=AMOUNT)
    """On its delivery."""
    carrier: str | None = Field(default=None, max_length=100)
    tracking: str | None = Field(default=None, max_length=100)
    shipped_at: datetime | None = Field(default=None, sa_type=Moment)
    delivered_at: datetime | None = Field(default=None, sa_type=Moment)
    given_back: int = Field(default=0, sa_type=AMOUNT)
    """What was taken off what it costs: cancelled before or after it was paid, returned, or given as goodwill."""


class OrderEventRow(Record, table=True):
    __tablename__ = "order_event"

    id: str = Field(primary_key=True, sa_type=ID)
    order_number: str = Field(sa_type=ID, index=True, foreign_key="orders.number")
    type: str = Field(max_length=24)
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSON_VALUE)
    at: datetime = Field(sa_type=Moment)
