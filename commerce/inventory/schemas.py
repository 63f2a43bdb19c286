"""Inputs and views of the stock."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..ids import Sku, Slug
from ..views import Input, Line, ListView, Names, OthersText, Page, View
from .moves import MAX_STOCK

Reason = Literal["received", "counted", "damaged", "lost", "found", "other"]
MINE = "SKU of one of the merchant's variants."


class GetStock(Input):
    sku: Sku = Field(description=MINE)


class AdjustStock(Input):
    sku: Sku = Field(description=MINE)
    by: int | None = Field(
        None,
        ge=-MAX_STOCK,
        le=MAX_STOCK,
        description="How many came in, or with a minus went out. Either this or counted.",
    )
    counted: int | None = Field(
        None, ge=0, le=MAX_STOCK, description="How many there are, as somebody counted them. Either this or by."
    )
    expected: int | None = Field(
        None,
        ge=0,
        le=MAX_STOCK,
        description="With counted: what was on hand when the counting began; refused if it moved.",
    )
    reason: Reason = Field("other", description="Why the stock changes.")
    note: Annotated[Line, Field(max_length=200)] | None = Field(None, description="What else should be known of it.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.by is None) == (self.counted is None):
            raise ValueError("needs either by or counted")
        return self


class SetLowStock(Input):
    sku: Sku = Field(description=MINE)
    low_stock_at: int = Field(ge=0, le=MAX_STOCK, description="At this many or fewer left it counts as low.")


class ListMovements(Page):
    sku: Sku = Field(description=MINE)


class ListLowStock(Page):
    merchant: Slug | None = Field(None, description="Only this merchant's; of use to admins.")


class StockView(View):
    sku: Sku
    product: Slug
    name: OthersText = Field(description="Of the product.")
    names: Names
    attributes: dict[OthersText, OthersText]
    labels: dict[str, dict[OthersText, OthersText]]
    on_hand: int
    reserved: int = Field(description="Of these, promised to orders that are not paid yet.")
    available: int = Field(description="How many can be bought now.")
    low_stock_at: int = Field(description="At this many or fewer left it counts as low.")
    low: bool


class MovementView(View):
    on_hand: int = Field(description="Change of what is on hand.")
    reserved: int = Field(description="Change of what is promised to orders.")
    reason: str
    order: str | None
    note: OthersText | None
    at: datetime


class WatchStock(Input):
    sku: Sku = Field(description="SKU of a variant that is sold out, as search_products returned it.")


class UnwatchStock(Input):
    sku: Sku = Field(description="SKU, as list_stock_alerts names it.")


class StockAlertView(View):
    sku: Sku
    product: Slug
    name: OthersText
    names: Names
    attributes: dict[OthersText, OthersText]
    labels: dict[str, dict[OthersText, OthersText]]
    available: int = Field(description="How many can be bought now.")
    created_at: datetime
    back_at: datetime | None = Field(description="When it came back; null while the shopper waits.")


StockList = ListView[StockView]
MovementList = ListView[MovementView]
StockAlertList = ListView[StockAlertView]
