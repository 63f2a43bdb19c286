"""Inputs and views of fulfillments."""

from datetime import datetime

from pydantic import Field

from ..ids import Id, OrderNumber, Sku, Slug
from ..money import Money
from ..orders.schemas import FulfillmentStatus, FulfillmentView, OrderLineView
from ..views import Day, Input, Line, ListView, OthersText, Page, View


class ListFulfillments(Page):
    status: FulfillmentStatus | None = Field(
        None, description="Only those in this state; `waiting` is what has to be shipped, the oldest first."
    )
    placed_from: Day | None = Field(None, description="Only of orders placed on this day (UTC) or later: YYYY-MM-DD.")
    placed_to: Day | None = Field(None, description="Only of orders placed on this day (UTC) or earlier: YYYY-MM-DD.")
    order: OrderNumber | None = Field(None, description="Only of this order.")
    sku: Sku | None = Field(None, description="Only those that hold this variant.")
    merchant: Slug | None = Field(None, description="Only this merchant's; for admins, who see all.")


class GetFulfillment(Input):
    fulfillment: Id = Field(description="Fulfillment id, as list_fulfillments returned it.")


class ShipFulfillment(GetFulfillment):
    carrier: Line = Field(min_length=1, max_length=100, description="Who carries it.", examples=["UPS"])
    tracking: Line = Field(min_length=1, max_length=100, description="The carrier's tracking number.")


class CorrectTracking(ShipFulfillment):
    pass


class DeliverFulfillment(GetFulfillment):
    pass


class CancelFulfillment(GetFulfillment):
    reason: Line = Field(min_length=1, max_length=500, description="Why it can't be delivered; the shopper reads it.")
    restock: bool = Field(description="true: the goods are there and can be sold again; false: missing or broken.")


class DestinationView(View):
    """Where a part of an order goes."""

    recipient: OthersText
    phone: OthersText
    line1: OthersText
    line2: OthersText
    city: OthersText
    region: OthersText
    postal_code: OthersText
    country: str


class MerchantFulfillmentView(FulfillmentView):
    """A part of an order as its merchant sees it: its own lines and where they go, and nothing else of the shopper."""

    order: OrderNumber
    placed_at: datetime
    delivery_option: Slug = Field(description="How the shopper chose to have it delivered.")
    destination: DestinationView
    lines: list[OrderLineView]
    goods: Money = Field(description="What its lines cost without what was cancelled or returned.")


class FulfillmentSummary(View):
    fulfillment: Id
    order: OrderNumber
    merchant: Slug
    status: FulfillmentStatus
    items: int = Field(description="How many pieces it holds, without cancelled and returned ones.")
    title: OthersText = Field(description="Its first line, for telling it from others.")
    skus: list[Sku]
    carrier: OthersText | None
    tracking: OthersText | None
    placed_at: datetime


FulfillmentList = ListView[FulfillmentSummary]
