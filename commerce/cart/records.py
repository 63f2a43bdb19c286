"""Tables of the cart."""

from datetime import datetime

from sqlmodel import Field

from ..database import AMOUNT, ID, Moment, Record


class CartItemRow(Record, table=True):
    __tablename__ = "cart_item"

    account: str = Field(primary_key=True, sa_type=ID, foreign_key="account.id")
    sku: str = Field(primary_key=True, sa_type=ID)
    quantity: int
    price_seen: int = Field(sa_type=AMOUNT)
    """Unit price when it was last put in or changed, so that a later change can be told."""
    added_at: datetime = Field(sa_type=Moment)


class SavedItemRow(Record, table=True):
    """What is kept for later."""

    __tablename__ = "saved_item"

    account: str = Field(primary_key=True, sa_type=ID, foreign_key="account.id")
    sku: str = Field(primary_key=True, sa_type=ID)
    quantity: int
    saved_at: datetime = Field(sa_type=Moment)
