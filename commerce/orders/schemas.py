"""Inputs and views of orders."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..accounts.schemas import AddressView
from ..checkout.schemas import DeliveryOptionView, QuotedLine
from ..gift_cards.schemas import GiftCardPart
from ..ids import Id, OrderNumber, Sku, Slug
from ..money import Money
from ..payments.schemas import PaymentView
from ..views import Day, Input, Line, ListView, Message, Names, OthersText, Page, Total, View

OrderStatus = Literal["awaiting_payment", "paid", "partially_shipped", "shipped", "delivered", "cancelled"]
FulfillmentStatus = Literal["waiting", "shipped", "delivered", "cancelled"]
OrderEventType = Literal[
    "placed",
    "payment_declined",
    "payment_lost",
    "paid",
    "address_changed",
    "shipped",
    "tracking_corrected",
    "delivered",
    "line_cancelled",
    "part_cancelled",
    "cancelled",
    "expired",
    "refund_requested",
    "refund_withdrawn",
    "refund_rejected",
    "refund_approved",
    "refund_granted",
    "refund_expired",
    "refunded",
    "refund_failed",
]


class PlaceOrder(Input):
    checkout: Id = Field(description="Checkout id, as create_checkout returned it.")


class ListOrders(Page):
    status: OrderStatus | None = Field(None, description="Only orders in this state.")
    placed_from: Day | None = Field(None, description="Only orders placed on this day (UTC) or later: YYYY-MM-DD.")
    placed_to: Day | None = Field(None, description="Only orders placed on this day (UTC) or earlier: YYYY-MM-DD.")
    words: Line = Field(
        "", max_length=200, description="Only orders that hold all these words: names of goods, SKUs, an order number."
    )
    hidden: bool = Field(False, description="true: only those that the shopper took off the list.")


class GetOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")


class CancelOrderLine(GetOrder):
    sku: Sku = Field(description="SKU of the line.")
    quantity: int | None = Field(None, ge=1, le=10**6, description="How many pieces; all that are left when left out.")
    reason: Line = Field("", max_length=500, description="Why, in the shopper's words.")


class ChangeOrderAddress(GetOrder):
    address: Id = Field(description="Saved address to send it to, as list_addresses returned it.")


class HideOrder(GetOrder):
    pass


class UnhideOrder(GetOrder):
    pass


class ConfirmReceipt(GetOrder):
    fulfillment: Id | None = Field(
        None, description="The part that arrived, as get_order lists it; all that is shipped when left out."
    )


class PayOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    payment_method: Id = Field(description="Saved payment method to charge, as list_payment_methods returned it.")


class CancelOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    reason: Line = Field("", max_length=500, description="Why, in the shopper's words.")


class OrderEventView(View):
    """Something that happened to an order; what is null plays no part."""

    type: OrderEventType
    at: datetime
    fulfillment: Id | None = Field(None, description="The part that it happened to; null: the whole order.")
    merchant: Slug | None = None
    sku: str | None = None
    quantity: int | None = None
    amount: Money | None = None
    carrier: OthersText | None = None
    tracking: OthersText | None = None
    reason: OthersText | None = None
    address: AddressView | None = Field(None, description="Where it was to go before.")
    refund_request: Id | None = None


class OrderLineView(QuotedLine):
    """`quantity` is what was ordered; what is still to come or was kept is less by `cancelled` and `returned`."""

    fulfillment: Id = Field(description="The part that it is shipped with.")
    cancelled: int
    returned: int


class FulfillmentView(View):
    """The part of an order that one merchant ships."""

    fulfillment: Id
    merchant: Slug
    status: FulfillmentStatus
    price: Money = Field(description="Of its delivery.")
    carrier: OthersText | None
    tracking: OthersText | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class OrderView(View):
    order: OrderNumber
    status: OrderStatus
    checkout: Id
    currency: str
    lines: list[OrderLineView]
    fulfillments: list[FulfillmentView]
    totals: list[Total]
    total: Money
    refunded: Money = Field(description="What was given back so far, or is on its way back.")
    coupon_codes: list[str]
    address: AddressView
    delivery_option: DeliveryOptionView
    gift_card: GiftCardPart | None = Field(None, description="What a gift card pays of the total.")
    payment: PaymentView | None = Field(description="The payment or refund that is under way, or else the latest one.")
    payments: list[PaymentView] = Field(default_factory=list, description="All of them, oldest first.")
    messages: list[Message]
    events: list[OrderEventView]
    placed_at: datetime
    pay_until: datetime | None = Field(description="When an unpaid order is given up and its goods are released.")
    hidden: bool = Field(description="Taken off the shopper's list.")


class OrderSummary(View):
    order: OrderNumber
    status: OrderStatus
    items: int = Field(description="How many pieces it holds.")
    title: OthersText = Field(description="Its first line, for telling it from others.")
    names: Names = Field(description="The title in other languages.")
    total: Money
    placed_at: datetime


OrderList = ListView[OrderSummary]
