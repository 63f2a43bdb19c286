"""Inputs and views of gift cards."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ..ids import Id, OrderNumber
from ..money import MAX_AMOUNT, Money
from ..views import Input, Line, ListView, Page, Time, View


class IssueGiftCard(Input):
    amount: int = Field(ge=1, le=MAX_AMOUNT, description="What it is worth, in minor units of the shop's currency.")
    reason: Line = Field(min_length=1, max_length=500, description="Why it is given away; stands in the ledger.")
    expires_at: Time | None = Field(None, description="Until when it can be used; for ever when left out.")


class AddGiftCard(Input):
    code: Line = Field(
        min_length=8, max_length=40, description="The code as it stands on the card; dashes don't matter."
    )


class ListGiftCardMovements(Page):
    gift_card: Id = Field(description="Gift card id, as list_gift_cards returned it.")


class GiftCardView(View):
    gift_card: Id
    label: str = Field(description="The last characters of its code.")
    balance: Money
    amount: Money = Field(description="What it was worth at first.")
    expires_at: datetime | None
    usable: bool = Field(description="It has a balance and has not expired.")


class IssuedGiftCardView(GiftCardView):
    code: str = Field(description="Told this once. Give it to whom the card is for.")


class GiftCardPart(View):
    """What a gift card pays of an order."""

    gift_card: Id
    label: str
    amount: Money


class GiftCardMovementView(View):
    type: Literal["gift_card_issue", "gift_card_use", "gift_card_return"]
    amount: Money = Field(description="Negative where the card has paid.")
    order: OrderNumber | None
    at: datetime


GiftCardList = ListView[GiftCardView]
GiftCardMovementList = ListView[GiftCardMovementView]
