"""Tables of gift cards."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from ..database import AMOUNT, ID, TABLE_OPTIONS, Moment, Record


class GiftCardRow(Record, table=True):
    """What its movements say is `balance` stands in the ledger: the transfers that name the card."""

    __tablename__ = "gift_card"
    __table_args__ = (CheckConstraint("balance >= 0", name="ck_gift_card_balance"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    code_hash: str = Field(sa_type=ID, unique=True)
    """The code itself is kept nowhere."""
    ending: str = Field(max_length=8)
    """The last characters of the code, by which people tell cards apart."""
    account: str | None = Field(default=None, sa_type=ID, index=True)
    """Whoever entered the code first; nobody else can use it then."""
    amount: int = Field(sa_type=AMOUNT)
    """What it was issued with."""
    balance: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    reason: str = Field(max_length=500)
    issued_by: str = Field(sa_type=ID)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
