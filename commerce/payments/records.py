"""Tables of payment."""

from datetime import datetime

from sqlmodel import Field

from ..database import AMOUNT, ID, Moment, Record


class PaymentMethodRow(Record, table=True):
    __tablename__ = "payment_method"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, index=True, foreign_key="account.id")
    token: str = Field(max_length=200)
    """The provider's name for it; never shown to anyone."""
    label: str = Field(max_length=100)
    is_default: bool
    created_at: datetime = Field(sa_type=Moment)


class PaymentRow(Record, table=True):
    """A charge, or a refund of one."""

    __tablename__ = "payment"

    id: str = Field(primary_key=True, sa_type=ID)
    kind: str = Field(max_length=16)
    order_number: str = Field(sa_type=ID, index=True)
    charge: str | None = Field(default=None, sa_type=ID)
    """The charge that a refund gives back."""
    token: str = Field(max_length=200)
    label: str = Field(max_length=100)
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=16, index=True)
    reason: str | None = Field(default=None, max_length=200)
    action_url: str | None = Field(default=None, max_length=400)
    attempts: int
    ask_at: datetime = Field(sa_type=Moment)
    """When the worker asks the provider again, while the outcome is open."""
    created_at: datetime = Field(sa_type=Moment)


class LedgerRow(Record, table=True):
    """One side of a transfer; the amounts of a transfer add up to nothing."""

    __tablename__ = "ledger"

    id: str = Field(primary_key=True, sa_type=ID)
    transfer: str = Field(sa_type=ID, index=True)
    """The payment that moved the money."""
    book: str = Field(max_length=32)
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    order_number: str = Field(sa_type=ID, index=True)
    at: datetime = Field(sa_type=Moment)
