"""Tables of the ledger."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from ..database import AMOUNT, ID, TABLE_OPTIONS, Moment, Record


class TransferRow(Record, table=True):
    """A movement of money, of whatever kind."""

    __tablename__ = "transfer"
    __table_args__ = (Index("ix_transfer_at", "at", "id"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    """The payment that moved the money, so that none is written down twice; an id of its own where there is none."""
    type: str = Field(max_length=24)
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    order_number: str | None = Field(default=None, sa_type=ID, index=True)
    gift_card: str | None = Field(default=None, sa_type=ID, index=True)
    reason: str | None = Field(default=None, max_length=500)
    made_by: str | None = Field(default=None, sa_type=ID)
    """The account of the admin who made it by hand."""
    at: datetime = Field(sa_type=Moment)


class LedgerRow(Record, table=True):
    """One side of a transfer; the amounts of a transfer add up to nothing."""

    __tablename__ = "ledger"

    id: str = Field(primary_key=True, sa_type=ID)
    transfer: str = Field(sa_type=ID, index=True)
    book: str = Field(max_length=32)
    amount: int = Field(sa_type=AMOUNT)
    """Debits are positive, credits negative."""
    currency: str = Field(max_length=3)
    at: datetime = Field(sa_type=Moment)
