"""Use cases of sales figures."""

from datetime import date

from sqlalchemy import select
from sqlmodel import col

from ..context import Context
from ..errors import BadInput
from ..merchants.records import MerchantRow
from ..merchants.refusals import MerchantNotFound
from ..operation import Effect, Who, operation
from .calendar import days_before, named
from .figures import Sales, best_sellers, totals
from .schemas import MAX_DAYS, GetSalesReport, SalesReportView

USUALLY = 30
"""Days, with the last one."""


@operation(Effect.READ, "GET /merchant/sales", who=Who.MERCHANT)
async def get_sales_report(ctx: Context, asked: GetSalesReport) -> SalesReportView:
    """How the merchant's goods sold in a period, and which sold best. An order counts on the day (UTC) on which it was paid,
    with the merchant's own part alone; unpaid ones do not count. What was cancelled before the payment was never sold; what
    was cancelled, returned or given as goodwill later is taken off the day of the order, not the day of the refund."""
    since, until = _period(ctx, asked)
    merchant = await _whose(ctx, asked)
    sales = Sales(since, until, merchant)
    found = await totals(ctx, sales)
    return SalesReportView(
        since=since.isoformat(),
        until=until.isoformat(),
        merchant=merchant,
        orders=found.orders,
        units=found.units,
        units_back=found.units_back,
        gross=ctx.money(found.gross),
        refunded=ctx.money(found.refunded),
        net=ctx.money(found.gross - found.refunded),
        best_sellers=await best_sellers(ctx, sales, asked.limit) if found.orders else [],
    )


def _period(ctx: Context, asked: GetSalesReport) -> tuple[date, date]:
    if asked.period:
        return named(asked.period, ctx.now.date())
    until = date.fromisoformat(asked.until) if asked.until else ctx.now.date()
    since = date.fromisoformat(asked.since) if asked.since else days_before(until, (asked.days or USUALLY) - 1)
    if since > until:
        raise BadInput([{"field": "since", "problem": f"must not be after {until}"}])
    if (until - since).days >= MAX_DAYS:
        raise BadInput([{"field": "since", "problem": f"must be at most {MAX_DAYS} days before the end"}])
    return since, until


async def _whose(ctx: Context, asked: GetSalesReport) -> str | None:
    """None: everybody's, for admins. Another merchant's are refused like those of one that does not exist."""
    if ctx.caller.role != "admin":
        if asked.merchant not in (None, ctx.caller.merchant):
            raise MerchantNotFound(str(asked.merchant))
        return ctx.caller.merchant
    named = select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == asked.merchant)
    if asked.merchant and await ctx.value(named) is None:
        raise MerchantNotFound(asked.merchant)
    return asked.merchant
