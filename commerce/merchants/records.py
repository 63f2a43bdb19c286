"""Tables of merchants."""

from datetime import datetime

from sqlmodel import Field

from ..database import JSON_VALUE, Moment, Record


class MerchantRow(Record, table=True):
    __tablename__ = "merchant"

    slug: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=100)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    created_at: datetime = Field(sa_type=Moment)
