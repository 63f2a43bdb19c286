"""Tables of what shoppers asked the shop to remember."""

from datetime import datetime

from sqlmodel import Field

from ..database import ID, Moment, Record


class PreferenceRow(Record, table=True):
    """One wish of one person, in their own words."""

    __tablename__ = "preference"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, foreign_key="account.id", index=True)
    kind: str = Field(max_length=16)
    said: str = Field(max_length=120)
    created_at: datetime = Field(sa_type=Moment)
