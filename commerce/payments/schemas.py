"""Inputs and views of payment."""

from datetime import datetime
from typing import Literal

from pydantic import Field, SecretStr

from ..ids import Id, OrderNumber
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


class NamePaymentMethod(Input):
    payment_method: Id = Field(description="Saved payment method, as list_payment_methods returned it.")


class CreatePaymentToken(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")


class PayOrderByToken(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    payment_token: str = Field(min_length=20, max_length=100, description="As create_payment_token returned it.")
    payment_method: Id = Field(description="Saved payment method to charge, as list_payment_methods returned it.")


class PaymentTokenView(View):
    """The right to pay an order once, from wherever the same person is signed in."""

    payment_token: str
    order: OrderNumber
    amount: Money
    expires_at: datetime


class PaymentMethodView(View):
    payment_method: Id
    label: str
    default: bool
    created_at: datetime


class PaymentView(View):
    """Where a payment of an order, or a refund of one, stands."""

    payment: Id
    kind: Literal["charge", "gift_card", "refund"] = "charge"
    status: PaymentStatus = Field(
        description="processing: the outcome is not known yet; requires_action: the shopper has to finish it at action_url; "
        "authorized: the money is held and taken when the goods are shipped; lost: it was held and is not any more; "
        "failed: a refund that the provider could not make."
    )
    amount: Money
    label: str
    action_url: str | None = None
    reason: str | None = Field(None, description="Why it was declined, or what the refund is for.")
