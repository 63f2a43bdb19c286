"""Tables of payment."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from ..database import AMOUNT, ID, TABLE_OPTIONS, Moment, Record


class PaymentMethodRow(Record, table=True):
    __tablename__ = "payment_method"

    id: str = Field(primary_key=True, sa_type=ID)
    account: str = Field(sa_type=ID, index=True, foreign_key="account.id")
    token: str = Field(max_length=200)
    """The provider's name for it; never shown to anyone."""
    label: str = Field(max_length=100)
    is_default: bool
    created_at: datetime = Field(sa_type=Moment)
    forget_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    """Set when it was removed: from then on it does not exist for anyone, and the worker tells the provider."""


class PaymentRow(Record, table=True):
    """A part of an order's price: a charge, or what a gift card pays; or a refund of one of the two.

    Of what was asked (`amount`), `released` will never be taken, `captured` was taken, and of that `refunded` is given
    back or on its way back.
    """

    __tablename__ = "payment"
    __table_args__ = (Index("ix_payment_open", "status", "ask_at"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    kind: str = Field(max_length=16)
    """charge, gift_card, refund."""
    order_number: str = Field(sa_type=ID, index=True)
    charge: str | None = Field(default=None, sa_type=ID)
    """The charge, or the part of a gift card, that a refund gives back."""
    gift_card: str | None = Field(default=None, sa_type=ID)
    gateway: str = Field(max_length=16)
    """Whose charge it is; empty for a gift card's part."""
    token: str = Field(max_length=200)
    label: str = Field(max_length=100)
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    captures: bool = True
    """False: a charge that is authorised first and captured when the goods are shipped."""
    released: int = Field(default=0, sa_type=AMOUNT)
    captured: int = Field(default=0, sa_type=AMOUNT)
    refunded: int = Field(default=0, sa_type=AMOUNT)
    status: str = Field(max_length=16)
    purpose: str | None = Field(default=None, max_length=500)
    """What a refund is made for."""
    reason: str | None = Field(default=None, max_length=500)
    """Why it was declined or failed."""
    action_url: str | None = Field(default=None, max_length=2000)
    reference: str | None = Field(default=None, max_length=255, index=True)
    """The provider's own name for it."""
    attempts: int
    """How often the provider was asked in vain."""
    ask_at: datetime = Field(sa_type=Moment)
    """When the worker asks the provider again, while the outcome is open."""
    send_until: datetime = Field(sa_type=Moment)
    """A charge that never reached the provider is not sent after this."""
    created_at: datetime = Field(sa_type=Moment)


class PaymentTokenRow(Record, table=True):
    """A right to pay one order once: bound to the order, its person and what it costs."""

    __tablename__ = "payment_token"

    token_hash: str = Field(primary_key=True, sa_type=ID)
    """The token itself is kept nowhere."""
    order_number: str = Field(sa_type=ID)
    account: str = Field(sa_type=ID)
    amount: int = Field(sa_type=AMOUNT)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Moment)
    payment: str | None = Field(default=None, sa_type=ID)
    """The charge that it was used for."""


class GatewayEventRow(Record, table=True):
    """A provider's event that was attended to, so that the same one again is not."""

    __tablename__ = "gateway_event"

    id: str = Field(primary_key=True, sa_type=ID)
    """The gateway and a hash of the event's id."""
    payment: str = Field(sa_type=ID)
    at: datetime = Field(sa_type=Moment, index=True)
