"""Tables of the yes."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from ..database import ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record


class ConfirmationRow(Record, table=True):
    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("account", "key", name="uq_confirmation_key"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID)
    thread: str = Field(sa_type=ID, index=True)
    key: str = Field(sa_type=ID)
    """Names the tool call that asks, so that asking again is the same question."""
    operation: str = Field(max_length=64)
    arguments: dict[str, Any] = Field(sa_type=JSON_VALUE)
    terms: dict[str, Any] = Field(sa_type=JSON_VALUE)
    terms_hash: str = Field(sa_type=ID)
    status: str = Field(max_length=16)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)
