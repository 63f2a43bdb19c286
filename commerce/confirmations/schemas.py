"""Terms that a person agrees to, and the question that carries them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..accounts.schemas import AddressView
from ..catalog.schemas import LineView
from ..checkout.schemas import DeliveryOptionView
from ..gift_cards.schemas import GiftCardPart
from ..ids import Id
from ..money import Money
from ..views import Total, View

Decision = Literal["approve", "reject"]
ConfirmationStatus = Literal["pending", "approved", "rejected", "used"]


class Terms(View):
    """The exact facts of a COMMIT operation, computed by the shop; what is null plays no part."""

    operation: str
    summary: str = Field(description="One sentence: what happens on a yes.")
    charge: Money | None = Field(None, description="What is taken from the payment method at once.")
    refund: Money | None = Field(None, description="What is given back.")
    lines: list[LineView] = Field(default_factory=list)
    totals: list[Total] = Field(default_factory=list)
    coupon_codes: list[str] = Field(default_factory=list)
    address: AddressView | None = None
    delivery_option: DeliveryOptionView | None = None
    payment_method: str | None = Field(None, description="Label of the payment method.")
    gift_card: GiftCardPart | None = Field(None, description="What is taken off a gift card at once.")
    checkout: Id | None = None
    order: str | None = None
    expires_at: datetime | None = Field(None, description="How long these terms can be had.")


class ConfirmationView(View):
    confirmation: Id
    operation: str
    terms: Terms
    status: ConfirmationStatus
    expires_at: datetime
