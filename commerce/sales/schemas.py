"""Inputs and views of sales figures."""

from pydantic import Field

from ..ids import Slug
from ..money import Money
from ..views import Day, Input, Names, OthersText, View

MAX_DAYS = 366


class GetSalesReport(Input):
    since: Day | None = Field(
        None, description="First day (UTC): YYYY-MM-DD. Left out: the last 30 days that end with `until`."
    )
    until: Day | None = Field(
        None, description=f"Last day (UTC), included: YYYY-MM-DD. Left out: today. At most {MAX_DAYS} days in all."
    )
    merchant: Slug | None = Field(
        None, description="Only this merchant's; for admins, who otherwise see all merchants together."
    )
    limit: int = Field(10, ge=1, le=50, description="How many of the best-selling products to return at most.")


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
