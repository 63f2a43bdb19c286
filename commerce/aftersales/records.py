"""Tables of refund requests."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from ..database import AMOUNT, ID, TABLE_OPTIONS, Moment, Record


class RefundRequestRow(Record, table=True):
    """What a shopper asks of one merchant, or what a merchant gives of its own accord."""

    __tablename__ = "refund_request"
    __table_args__ = (
        Index("ix_refund_request_merchant", "merchant", "status", "id"),
        Index("ix_refund_request_account", "account", "created_at"),
        Index("ix_refund_request_pending", "status", "expires_at"),
        TABLE_OPTIONS,
    )

    id: str = Field(primary_key=True, sa_type=ID)
    ask: str = Field(sa_type=ID)
    """Requests to several merchants that were made in one go are one ask; limits count asks."""
    kind: str = Field(max_length=16)
    """return, goodwill."""
    order_number: str = Field(sa_type=ID, index=True, foreign_key="orders.number")
    fulfillment: str = Field(sa_type=ID, index=True)
    merchant: str = Field(max_length=80)
    account: str = Field(sa_type=ID)
    """The shopper."""
    reason: str = Field(max_length=500)
    status: str = Field(max_length=16)
    """pending, approved, rejected, withdrawn, expired."""
    open_for: str | None = Field(default=None, sa_type=ID, unique=True)
    """The part while it is pending: so there is never a second one."""
    amount: int = Field(sa_type=AMOUNT)
    """What the pieces asked for were worth."""
    given: int | None = Field(default=None, sa_type=AMOUNT)
    """What was given back."""
    delivery: bool = False
    restock: bool | None = None
    note: str | None = Field(default=None, max_length=500)
    """The merchant's words to the shopper."""
    reviewed_by: str | None = Field(default=None, sa_type=ID)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    reviewed_at: datetime | None = Field(default=None, sa_type=Moment)


class RefundLineRow(Record, table=True):
    __tablename__ = "refund_line"

    refund_request: str = Field(primary_key=True, sa_type=ID, foreign_key="refund_request.id")
    sku: str = Field(primary_key=True, sa_type=ID)
    quantity: int
    """Pieces asked for."""
    returned: int = 0
    """Pieces that came back."""
