"""Tables of listings."""

from datetime import datetime

from sqlmodel import Field

from ..database import AMOUNT, ID, Moment, Record


class PriceRow(Record, table=True):
    """One version of a variant's price; the newest is the one that the variant holds."""

    __tablename__ = "price"

    sku: str = Field(primary_key=True, sa_type=ID, foreign_key="variant.sku")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    price: int = Field(sa_type=AMOUNT)
    previous: int | None = Field(default=None, sa_type=AMOUNT)
    account: str | None = Field(default=None, sa_type=ID)
    """Who changed it; None where files did."""
    at: datetime = Field(sa_type=Moment)
