"""Inputs and views of the checkout."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, computed_field

from ..accounts.schemas import AddressView
from ..catalog.schemas import LineView
from ..coupons.schemas import CouponCode, CouponScope
from ..gift_cards.schemas import GiftCardPart
from ..ids import Id, Sku, Slug
from ..money import Money
from ..payments.schemas import PaymentMethodView
from ..views import Input, ListView, Message, Names, OthersText, Total, View

CheckoutStatus = Literal["incomplete", "ready_for_complete", "complete_in_progress", "completed", "canceled"]
CouponCodes = Annotated[list[CouponCode], Field(max_length=50)]


class CreateCheckout(Input):
    skus: list[Sku] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Only these of the cart; the rest stays in it. Left out: the whole cart.",
    )
    address: Id | None = Field(None, description="Where to deliver; the default address when left out.")
    coupon_codes: CouponCodes | None = Field(
        None,
        description="Exactly these coupons; an empty list uses none. Left out: the best combination of the claimed ones.",
    )
    delivery_option: Slug | None = Field(None, description="How to deliver; the standard option when left out.")
    payment_method: Id | None = Field(
        None, description="Placing the order also pays with it; the order waits for payment when left out."
    )
    gift_card: Id | None = Field(
        None, description="Gift card, as list_gift_cards returned it; it pays what it can, the payment method the rest."
    )


class GetCheckout(Input):
    checkout: Id = Field(description="Checkout id, as create_checkout returned it.")


class UpdateCheckout(Input):
    """Fields left out stay as they are; the prices are always those of now."""

    checkout: Id = Field(description="Checkout id, as create_checkout returned it.")
    address: Id | None = Field(None, description="New address.")
    coupon_codes: CouponCodes | None = Field(
        None, description="All coupon codes to apply; an empty list takes them off."
    )
    delivery_option: Slug | None = Field(None, description="New delivery option.")
    payment_method: Id | None = Field(None, description="New payment method.")
    gift_card: Id | None = Field(None, description="Gift card to pay with; `none` takes it off.")


class DeliveryOptionView(View):
    delivery_option: Slug
    name: OthersText
    names: Names
    price: Money = Field(description="For all parcels together: each merchant sends its own.")
    min_days: int
    max_days: int


class DeliveryOptionRates(View):
    """A delivery option before it is known what is delivered."""

    delivery_option: Slug
    name: OthersText
    names: Names
    price: Money
    free_from: Money | None = Field(description="Sum of goods from which it costs nothing.")
    min_days: int
    max_days: int


DeliveryOptionList = ListView[DeliveryOptionRates]


class QuotedLine(LineView):
    """A line with its share of what is taken off and added: `total - discount + tax` is what it costs."""

    discount: Money = Field(description="Its share of the coupons.")
    tax: Money


class QuotedGroup(View):
    """The part of a quote that one merchant ships."""

    merchant: Slug
    name: OthersText
    names: Names
    skus: list[Sku] = Field(description="Its lines.")
    subtotal: Money = Field(description="What its goods cost before coupons, delivery and tax.")
    price: Money | None = Field(description="Of its delivery; null while no delivery option is chosen.")
    tax: Money = Field(description="On its delivery.")


class AppliedCoupon(View):
    coupon: str
    name: OthersText
    names: Names
    scope: CouponScope
    amount: Money = Field(description="What it takes off.")


class Quote(View):
    """What an order would be: goods, sums, and how it is delivered and paid."""

    currency: str
    lines: list[QuotedLine]
    groups: list[QuotedGroup] = Field(description="Who ships what; each merchant sends its own parcel.")
    totals: list[Total]
    coupon_codes: list[str]
    coupons: list[AppliedCoupon]
    coupons_automatic: bool = Field(
        description="The coupons are the best combination of the claimed ones, and are chosen anew when it is renewed."
    )
    address: AddressView | None
    delivery_option: DeliveryOptionView | None
    delivery_options: list[DeliveryOptionView] = Field(description="What can be chosen.")
    payment_method: PaymentMethodView | None
    gift_card: GiftCardPart | None = Field(
        None, description="What a gift card pays of the total, as soon as it is placed."
    )
    messages: list[Message]

    @computed_field(description="The total without what the gift card pays: what is charged to the payment method.")  # type: ignore[prop-decorator]
    @property
    def to_pay(self) -> Money:
        total = next(part for part in self.totals if part.type == "total")
        covered = self.gift_card.amount.amount if self.gift_card else 0
        return Money(amount=total.amount - covered, currency=self.currency)


class CheckoutView(Quote):
    checkout: Id
    status: CheckoutStatus
    order: str | None = Field(description="The order that was placed from it.")
    expires_at: datetime
