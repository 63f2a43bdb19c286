"""Tables of webhooks."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from ..database import ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record


class WebhookRow(Record, table=True):
    __tablename__ = "webhook"

    id: str = Field(primary_key=True, sa_type=ID)
    merchant: str | None = Field(default=None, max_length=80, index=True)
    """Whose events it is told; all, when None."""
    url: str = Field(max_length=1000)
    types: list[str] = Field(sa_type=JSON_VALUE)
    """Chosen types; all, when empty."""
    status: str = Field(max_length=16)
    """active or paused."""
    paused_because: str | None = Field(default=None, max_length=200)
    failing_since: datetime | None = Field(default=None, sa_type=Moment)
    secret: str = Field(max_length=100)
    old_secret: str | None = Field(default=None, max_length=100)
    old_until: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)


class DeliveryRow(Record, table=True):
    """One event for one webhook. Its attempts are the job `deliver_webhook` of the same id."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook", "event"),
        Index("ix_webhook_delivery_status", "webhook", "status", "id"),
        Index("ix_webhook_delivery_changed", "status", "changed_at"),
        TABLE_OPTIONS,
    )

    id: str = Field(primary_key=True, sa_type=ID)
    webhook: str = Field(sa_type=ID, foreign_key="webhook.id")
    event: str = Field(sa_type=ID)
    type: str = Field(max_length=64)
    data: dict[str, Any] = Field(sa_type=JSON_VALUE)
    happened_at: datetime = Field(sa_type=Moment)
    status: str = Field(max_length=16)
    """waiting, delivered or dead."""
    attempts: int = 0
    answer: int | None = None
    """Status of the last answer."""
    last_error: str | None = Field(default=None, max_length=200)
    changed_at: datetime = Field(sa_type=Moment)
