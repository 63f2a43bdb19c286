"""Inputs and views of the ledger."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..ids import Id, OrderNumber
from ..money import MAX_AMOUNT, Money
from ..views import Input, Line, ListView, Page, Time, View
from .books import Book, TransferType

AdjustableBook = Literal["gateway", "sales", "refunds", "promotions", "fees", "adjustments"]
"""Without gift_cards, which must say what the cards say."""


class ListTransfers(Page):
    order: OrderNumber | None = Field(None, description="Only those of this order.")
    type: TransferType | None = Field(None, description="Only those of this type.")
    since: Time | None = Field(None, description="Only those at this time or later.")
    until: Time | None = Field(None, description="Only those before this time.")


class PostAdjustment(Input):
    type: Literal["adjustment", "fee"] = Field("adjustment", description="What it is.")
    debit: AdjustableBook = Field(description="The book that gets the amount.")
    credit: AdjustableBook = Field(description="The book that gives it.")
    amount: int = Field(ge=1, le=MAX_AMOUNT, description="In minor units of the shop's currency.")
    reason: Line = Field(min_length=1, max_length=500, description="Why; stands in the ledger for good.")
    order: OrderNumber | None = Field(None, description="The order that it concerns, if one.")


class TransferView(View):
    """A movement of money from one book to another."""

    transfer: Id
    type: TransferType
    amount: Money
    debit: Book
    credit: Book
    order: OrderNumber | None
    gift_card: Id | None
    reason: str | None
    made_by: Id | None = Field(description="The admin who made it by hand.")
    at: datetime


TransferList = ListView[TransferView]
