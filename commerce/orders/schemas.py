"""Inputs and views of orders."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..accounts.schemas import AddressView
from ..catalog.schemas import LineView
from ..checkout.schemas import DeliveryOptionView
from ..ids import Id, OrderNumber
from ..money import Money
from ..payments.schemas import PaymentView
from ..views import Input, Line, ListView, Message, OthersText, Page, Total, View

OrderStatus = Literal["awaiting_payment", "paid", "shipped", "delivered", "cancelled"]


class PlaceOrder(Input):
    checkout: Id = Field(description="Checkout id, as create_checkout returned it.")


class ListOrders(Page):
    status: OrderStatus | None = Field(None, description="Only orders in this state.")


class GetOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")


class PayOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    payment_method: Id = Field(description="Saved payment method to charge, as list_payment_methods returned it.")


class CancelOrder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    reason: Line = Field("", max_length=500, description="Why, in the shopper's words.")


class OrderEventView(View):
    type: Literal[
        "placed",
        "payment_declined",
        "payment_lost",
        "paid",
        "shipped",
        "delivered",
        "cancelled",
        "refunded",
        "refund_failed",
    ]
    at: datetime


class OrderView(View):
    order: OrderNumber
    status: OrderStatus
    checkout: Id
    currency: str
    lines: list[LineView]
    totals: list[Total]
    total: Money
    coupon_codes: list[str]
    address: AddressView
    delivery_option: DeliveryOptionView
    payment: PaymentView | None = Field(description="The latest payment or refund, where there was one.")
    messages: list[Message]
    events: list[OrderEventView]
    placed_at: datetime
    pay_until: datetime | None = Field(description="When an unpaid order is given up and its goods are released.")


class OrderSummary(View):
    order: OrderNumber
    status: OrderStatus
    items: int = Field(description="How many pieces it holds.")
    title: OthersText = Field(description="Its first line, for telling it from others.")
    total: Money
    placed_at: datetime


OrderList = ListView[OrderSummary]
