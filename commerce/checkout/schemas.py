"""Inputs and views of the checkout."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, computed_field, model_validator

from ..accounts.rules import check_country
from ..accounts.schemas import AddressView
from ..catalog.schemas import LineView
from ..coupons.schemas import CouponCode, CouponScope
from ..gift_cards.schemas import GiftCardPart
from ..ids import Id, Sku, Slug
from ..merchants.schemas import LanguageCode
from ..money import Amount, Money
from ..payments.schemas import PaymentMethodView
from ..views import Input, Line, ListView, Message, Names, OthersText, Total, View

CheckoutStatus = Literal["incomplete", "ready_for_complete", "complete_in_progress", "completed", "canceled"]
Country = Annotated[Line, AfterValidator(check_country), Field(min_length=2, max_length=2)]
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


class ListDeliveryOptions(Input):
    country: Country | None = Field(
        None,
        description="Only options that go to this country (ISO 3166-1 alpha-2), at the price for it.",
    )
    region: Annotated[Line, Field(max_length=100)] = Field("", description="State or province of that country.")


class DeliveryRate(View):
    country: str
    region: OthersText = Field(description="Empty: the whole country.")
    price: Money | None = Field(description="Null: it does not go there.")
    free_from: Money | None


class DeliveryOptionRates(View):
    """A delivery option before it is known what is delivered."""

    delivery_option: Slug
    name: OthersText
    names: Names
    price: Money
    free_from: Money | None = Field(description="Sum of goods from which it costs nothing.")
    min_days: int
    max_days: int


class ManagedDeliveryOption(DeliveryOptionRates):
    everywhere: bool
    position: int
    rates: list[DeliveryRate]


class PutRate(Input):
    country: Country = Field(description="ISO 3166-1 alpha-2 code.")
    region: Annotated[Line, Field(max_length=100)] = Field("", description="State or province; empty: the country.")
    price: Amount | None = Field(None, description="In minor units; null: it does not go there.")
    free_from: Amount | None = None


class PutDeliveryOption(Input):
    delivery_option: Slug = Field(description="Its short name.")
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    names: dict[LanguageCode, Annotated[Line, Field(min_length=1, max_length=100)]] = Field(default_factory=dict)
    price: Amount = Field(description="Of a parcel, where no rate says otherwise; in minor units.")
    free_from: Amount | None = Field(None, description="Sum of a parcel's goods from which it costs nothing.")
    min_days: int = Field(ge=0, le=365)
    max_days: int = Field(ge=0, le=365)
    position: int = Field(0, ge=0, le=1000, description="Its place in the list; the first is the standard one.")
    everywhere: bool = Field(True, description="false: it only goes where a rate says so.")
    rates: list[PutRate] = Field(default_factory=list, max_length=500, description="All rates by region, anew.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.min_days > self.max_days:
            raise ValueError("max_days must not be less than min_days")
        places = [(rate.country, rate.region.upper()) for rate in self.rates]
        if len(set(places)) < len(places):
            raise ValueError("there are two rates for one region")
        return self


class DeleteDeliveryOption(Input):
    delivery_option: Slug


class TaxPlace(Input):
    country: Country = Field(description="ISO 3166-1 alpha-2 code.")
    region: Annotated[Line, Field(max_length=100)] = Field("", description="State or province; empty: the country.")
    category: Slug | Literal[""] = Field("", description="Goods of this category and those below it; empty: all goods.")


class PutTaxRate(TaxPlace):
    basis_points: int = Field(ge=0, le=10_000, description="825 is 8.25 %.")
    name: Annotated[Line, Field(min_length=1, max_length=100)] = Field(examples=["California sales tax"])
    on_delivery: bool = Field(False, description="Also on what the delivery costs; for rates of all goods.")


class DeleteTaxRate(TaxPlace):
    pass


class TaxRateView(View):
    country: str
    region: OthersText
    category: str
    basis_points: int
    name: OthersText
    on_delivery: bool


TaxRateList = ListView[TaxRateView]
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
