"""Inputs and views of payment."""

from datetime import datetime
from typing import Literal

from pydantic import Field, SecretStr

from ..ids import Id
from ..money import Money
from ..views import Input, View

PaymentStatus = Literal[
    "processing",
    "requires_action",
    "authorized",
    "capturing",
    "captured",
    "declined",
    "voided",
    "lost",
    "refunding",
    "refunded",
    "failed",
]


class AddPaymentMethod(Input):
    token: SecretStr = Field(
        min_length=1,
        max_length=200,
        description="Token of the payment provider. The sandbox knows tok_succeeds, tok_declines, tok_times_out and tok_needs_action.",
    )
    default: bool = Field(False, description="List it first. The first method becomes the default by itself.")


class PaymentMethodView(View):
    payment_method: Id
    label: str
    default: bool
    created_at: datetime


class PaymentView(View):
    """Where the latest payment of an order stands."""

    payment: Id
    status: PaymentStatus = Field(
        description="processing: the outcome is not known yet; requires_action: the shopper has to finish it at action_url; "
        "authorized: the money is held and taken when the goods are shipped; lost: it was held and is not any more; "
        "failed: a refund that the provider could not make."
    )
    amount: Money
    label: str
    action_url: str | None = None
    reason: str | None = Field(None, description="Why it was declined.")
