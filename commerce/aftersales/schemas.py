"""Inputs and views of refund requests."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ..ids import Id, OrderNumber, Sku, Slug
from ..money import MAX_AMOUNT, Money
from ..views import Input, Line, ListView, OthersText, Page, View

RefundStatus = Literal["pending", "approved", "rejected", "withdrawn", "expired"]
Given = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class Pieces(Input):
    """Some pieces of a line."""

    sku: Sku = Field(description="SKU of the line.")
    quantity: int = Field(ge=1, le=10**6, description="How many pieces.")


class RequestRefund(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")
    lines: list[Pieces] | None = Field(
        None, min_length=1, max_length=100, description="What is sent back; all that was shipped when left out."
    )
    reason: Line = Field(min_length=1, max_length=500, description="Why, in the shopper's words.")


class ListRefundRequests(Page):
    status: RefundStatus | None = Field(None, description="Only those in this state.")
    order: OrderNumber | None = Field(None, description="Only of this order.")


class ListRefundReviews(ListRefundRequests):
    merchant: Slug | None = Field(None, description="Only this merchant's; for admins, who see all.")


class GetRefundRequest(Input):
    refund_request: Id = Field(description="Refund request id, as it was listed.")


class WithdrawRefundRequest(GetRefundRequest):
    pass


class ApproveRefund(GetRefundRequest):
    lines: list[Pieces] | None = Field(
        None, min_length=1, max_length=100, description="Fewer pieces than asked for; all of them when left out."
    )
    amount: Given | None = Field(
        None, description="Less than the pieces cost, in minor units; what they cost when left out."
    )
    delivery: bool = Field(False, description="Also give back the delivery; only when the whole part comes back.")
    restock: bool = Field(description="true: the pieces can be sold again and go back into stock.")
    note: Line = Field(
        "", max_length=500, description="Words to the shopper; needed when less is given than asked for."
    )


class RejectRefund(GetRefundRequest):
    reason: Line = Field(min_length=1, max_length=500, description="Why not; the shopper reads it.")


class RefundFulfillment(Input):
    fulfillment: Id = Field(description="Fulfillment id, as list_fulfillments returned it.")
    amount: Given = Field(description="What is given back, in minor units: 500 is 5.00.")
    reason: Line = Field(min_length=1, max_length=500, description="What for; the shopper reads it.")


class RefundLineView(View):
    sku: Sku
    name: OthersText
    quantity: int = Field(description="Pieces asked for.")
    returned: int = Field(description="Pieces that were taken back.")


class RefundRequestView(View):
    """What a shopper asked of one merchant, or what a merchant gave of its own accord (`goodwill`)."""

    refund_request: Id
    kind: Literal["return", "goodwill"]
    status: RefundStatus
    order: OrderNumber
    fulfillment: Id
    merchant: Slug
    lines: list[RefundLineView]
    reason: OthersText
    amount: Money = Field(description="What the pieces asked for were worth.")
    given: Money | None = Field(description="What was given back, once approved.")
    delivery: bool = Field(description="The delivery was given back too.")
    restock: bool | None = Field(description="Whether the pieces went back into stock, once approved.")
    note: OthersText | None = Field(description="The merchant's words to the shopper.")
    age_days: int = Field(description="Whole days since it was made.")
    created_at: datetime
    expires_at: datetime | None = Field(
        description="When a pending one that nobody reviews ends, and can be made anew."
    )
    reviewed_at: datetime | None


RefundRequestList = ListView[RefundRequestView]
