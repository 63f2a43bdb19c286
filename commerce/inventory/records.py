"""Tables of the stock."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from ..database import ID, TABLE_OPTIONS, Moment, Record


class StockRow(Record, table=True):
    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="ck_stock_reserved"),
        CheckConstraint("on_hand >= reserved", name="ck_stock_on_hand"),
        TABLE_OPTIONS,
    )

    sku: str = Field(primary_key=True, sa_type=ID, foreign_key="variant.sku")
    on_hand: int
    reserved: int
    """Promised to orders that are not paid yet."""
    low_stock_at: int = 5
    """At this many or fewer left the merchant is told."""
    awaited: bool = Field(default=False, index=True)
    """Shoppers asked to be told when it is back."""


class StockMovementRow(Record, table=True):
    __tablename__ = "stock_movement"

    id: str = Field(primary_key=True, sa_type=ID)
    sku: str = Field(sa_type=ID, index=True)
    on_hand: int
    """Change of what is on hand."""
    reserved: int
    """Change of what is promised."""
    reason: str = Field(max_length=32)
    order_number: str | None = Field(default=None, sa_type=ID, index=True)
    account: str | None = Field(default=None, sa_type=ID)
    """Who changed it by hand."""
    note: str | None = Field(default=None, max_length=200)
    at: datetime = Field(sa_type=Moment)


class StockAlertRow(Record, table=True):
    """A shopper who wants to be told when goods are back."""

    __tablename__ = "stock_alert"
    __table_args__ = (Index("ix_stock_alert_waiting", "sku", "back_at"), TABLE_OPTIONS)

    account: str = Field(primary_key=True, sa_type=ID, foreign_key="account.id")
    sku: str = Field(primary_key=True, sa_type=ID, foreign_key="variant.sku")
    created_at: datetime = Field(sa_type=Moment)
    back_at: datetime | None = Field(default=None, sa_type=Moment)
    """When the shopper was told."""
