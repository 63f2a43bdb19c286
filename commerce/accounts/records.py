"""Tables of accounts, sessions and addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from ..database import ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record


class AccountRow(Record, table=True):
    __tablename__ = "account"
    __table_args__ = (Index("ix_account_role", "role", "id"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    email: str | None = Field(default=None, max_length=254, unique=True)
    """Normalised and case-folded; guests have none."""
    name: str = Field(max_length=100)
    password_hash: str | None = Field(default=None, max_length=200)
    role: str = Field(max_length=16)
    merchant: str | None = Field(default=None, max_length=80, index=True)
    """The merchant that a person of role `merchant` works for."""
    merged_into: str | None = Field(default=None, sa_type=ID)
    """The account that took over this guest's cart."""
    created_at: datetime = Field(sa_type=Moment)
    banned_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    banned_until: datetime | None = Field(default=None, sa_type=Moment)
    """When the ban ends by itself; one without an end has none."""
    ban_reason: str | None = Field(default=None, max_length=300)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    """Since when nobody can sign in any more and nothing personal is left."""


class AccountEventRow(Record, table=True):
    """Who did what to an account, for admins to look up. Rows are only added."""

    __tablename__ = "account_event"
    __table_args__ = (Index("ix_account_event_account", "account", "id"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, foreign_key="account.id")
    actor: str = Field(sa_type=ID)
    """The account that did it, or `operator` for the command line."""
    type: str = Field(max_length=32)
    data: dict[str, Any] = Field(sa_type=JSON_VALUE)
    at: datetime = Field(sa_type=Moment)


class SessionRow(Record, table=True):
    __tablename__ = "session"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, index=True, foreign_key="account.id")
    refresh_hash: str = Field(sa_type=ID)
    device: str = Field(default="", max_length=80)
    """Such as "Firefox on Linux", for its owner to recognise."""
    created_at: datetime = Field(sa_type=Moment)
    used_at: datetime = Field(sa_type=Moment)
    """When it was last signed in or refreshed; requests do not write."""
    expires_at: datetime = Field(sa_type=Moment, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class AddressRow(Record, table=True):
    __tablename__ = "address"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, index=True, foreign_key="account.id")
    recipient: str = Field(max_length=100)
    phone: str = Field(max_length=40)
    line1: str = Field(max_length=200)
    line2: str = Field(max_length=200)
    city: str = Field(max_length=100)
    region: str = Field(max_length=100)
    postal_code: str = Field(max_length=20)
    country: str = Field(max_length=2)
    is_default: bool
    created_at: datetime = Field(sa_type=Moment)


class FailedSignIn(Record, table=True):
    __tablename__ = "failed_sign_in"

    email_hash: str = Field(primary_key=True, sa_type=ID)
    failures: int
    window_ends: datetime = Field(sa_type=Moment)
