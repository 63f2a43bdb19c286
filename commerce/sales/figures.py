"""Where the figures come from: lines and parts of the orders that were paid in a period."""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from ..catalog.records import ProductRow
from ..context import Context
from ..orders.records import FulfillmentRow, OrderEventRow, OrderLineRow, OrderRow
from ..views import end_of, start_of
from .schemas import BestSellerView

QUANTITY = col(OrderLineRow.quantity)
GONE = col(OrderLineRow.cancelled) + col(OrderLineRow.returned)
PRICE = col(OrderLineRow.unit_price) * QUANTITY - col(OrderLineRow.discount) + col(OrderLineRow.tax)
OF_THE_GONE = (
    col(OrderLineRow.unit_price) * GONE
    - col(OrderLineRow.discount) * GONE // QUANTITY
    + col(OrderLineRow.tax) * GONE // QUANTITY
)
"""As `orders.rules.price_of` says."""


class Sales(NamedTuple):
    """Which sales: of orders paid from one day to another (UTC), of a merchant or of all."""

    since: date
    until: date
    merchant: str | None

    def paid(self) -> ColumnElement[bool]:
        return col(OrderRow.paid_at).between(start_of(self.since.isoformat()), end_of(self.until.isoformat()))

    def of_whom(self, column: Any) -> list[ColumnElement[bool]]:
        return [col(column) == self.merchant] if self.merchant else []


class Totals(NamedTuple):
    """Amounts in minor units."""

    orders: int
    units: int
    units_back: int
    gross: int
    refunded: int


async def totals(ctx: Context, sales: Sales) -> Totals:
    goods = (
        select(
            col(OrderLineRow.fulfillment),
            func.sum(QUANTITY).label("units"),
            func.sum(GONE).label("gone"),
            func.sum(PRICE).label("price"),
        )
        .join(OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number))
        .where(sales.paid(), *sales.of_whom(OrderLineRow.merchant))
        .group_by(col(OrderLineRow.fulfillment))
        .subquery()
    )
    sums = [
        func.count(func.distinct(col(FulfillmentRow.order_number))),
        func.sum(goods.c.units),
        func.sum(goods.c.gone),
        func.sum(goods.c.price + col(FulfillmentRow.price) + col(FulfillmentRow.tax)),
        func.sum(col(FulfillmentRow.given_back)),
        func.max(col(OrderRow.taken_off)),
    ]
    statement: Any = select(*(func.coalesce(found, 0) for found in sums)).select_from(FulfillmentRow)
    joined = statement.join(goods, goods.c.fulfillment == col(FulfillmentRow.id)).join(
        OrderRow, col(OrderRow.number) == col(FulfillmentRow.order_number)
    )
    [row] = await ctx.rows(joined)
    orders, units, gone, gross, given_back, taken_off = map(int, row)
    never_units, never = await _never_sold(ctx, sales) if taken_off else (0, 0)
    return Totals(orders, units - never_units, gone - never_units, gross - never, given_back - never)


async def _never_sold(ctx: Context, sales: Sales) -> tuple[int, int]:
    """Pieces, and what they cost, that were cancelled before their order was paid. Lines do not tell them from what was
    cancelled later, the history does: it begins with them, until all that was taken off the order's price is told."""
    history = (
        select(col(OrderRow.number), col(OrderRow.taken_off), col(OrderEventRow.facts))
        .join(OrderEventRow, col(OrderEventRow.order_number) == col(OrderRow.number))
        .where(sales.paid(), col(OrderRow.taken_off) > 0, col(OrderEventRow.type) == "line_cancelled")
        .order_by(col(OrderEventRow.id))
    )
    told: dict[str, int] = defaultdict(int)
    units = amount = 0
    for row in await ctx.rows(history):
        if told[row.number] >= row.taken_off:
            continue
        told[row.number] += row.facts["amount"]
        if sales.merchant in (None, row.facts["merchant"]):
            units += row.facts["quantity"]
            amount += row.facts["amount"]
    return units, amount


async def best_sellers(ctx: Context, sales: Sales, limit: int) -> list[BestSellerView]:
    """By what stayed sold, so that what was cancelled before or after the payment makes no difference."""
    units, amount = func.sum(QUANTITY - GONE), func.sum(PRICE - OF_THE_GONE)
    grouped = (
        select(col(OrderLineRow.product), col(OrderLineRow.merchant), units.label("units"), amount.label("amount"))
        .join(OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number))
        .where(sales.paid(), *sales.of_whom(OrderLineRow.merchant))
        .group_by(col(OrderLineRow.product), col(OrderLineRow.merchant))
        .having(units > 0)
        .order_by(units.desc(), amount.desc(), col(OrderLineRow.product))
        .limit(limit)
        .subquery()
    )
    same = and_(col(ProductRow.slug) == grouped.c.product, col(ProductRow.merchant) == grouped.c.merchant)
    named: Any = select(grouped, col(ProductRow.name), col(ProductRow.names)).outerjoin(ProductRow, same)
    rows = await ctx.rows(named.order_by(grouped.c.units.desc(), grouped.c.amount.desc(), grouped.c.product))
    return [
        BestSellerView(
            product=row.product,
            name=row.name or row.product,
            names=row.names or {},
            units=int(row.units),
            amount=ctx.money(int(row.amount)),
        )
        for row in rows
    ]
