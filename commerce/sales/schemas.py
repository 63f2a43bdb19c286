"""Inputs and views of sales figures."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ..ids import Slug
from ..money import Money
from ..views import Day, Input, Names, OthersText, View

MAX_DAYS = 366
Period = Literal["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year"]
"""Up to today where they are not over yet; weeks begin on Monday."""


class GetSalesReport(Input):
    since: Day | None = Field(
        None, description="First day (UTC): YYYY-MM-DD. Left out: the last 30 days that end with `until`."
    )
    until: Day | None = Field(
        None, description=f"Last day (UTC), included: YYYY-MM-DD. Left out: today. At most {MAX_DAYS} days in all."
    )
    period: Period | None = Field(
        None, description="Instead of since and until; weeks begin on Monday, and what is not over yet ends today."
    )
    days: int | None = Field(
        None, ge=1, le=MAX_DAYS, description="Instead of the others: the last so many days, today included."
    )
    merchant: Slug | None = Field(
        None, description="Only this merchant's; for admins, who otherwise see all merchants together."
    )
    limit: int = Field(10, ge=1, le=50, description="How many of the best-selling products to return at most.")

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if sum((self.period is not None, self.days is not None, bool(self.since or self.until))) > 1:
            raise ValueError("takes since and until, or period, or days")
        return self


class BestSellerView(View):
    product: Slug
    name: OthersText = Field(description="Its name now; its short name where it was deleted.")
    names: Names
    units: int = Field(description="Pieces sold and neither cancelled nor returned.")
    amount: Money = Field(description="What these cost: coupons taken off, tax included, without delivery.")


class SalesReportView(View):
    since: Day
    until: Day
    merchant: Slug | None = Field(description="Whose sales they are; null: of all merchants.")
    orders: int = Field(description="Orders that were paid on these days, also those that were refunded since.")
    units: int = Field(description="Pieces that were paid for.")
    units_back: int = Field(description="Of these, cancelled or returned since.")
    gross: Money = Field(description="What was paid for them: coupons taken off, tax and delivery included.")
    refunded: Money = Field(description="Of that, given back or on its way back: cancellations, returns, goodwill.")
    net: Money = Field(description="What is left: `gross` less `refunded`.")
    best_sellers: list[BestSellerView] = Field(description="Those of which most pieces stayed sold, the best first.")
