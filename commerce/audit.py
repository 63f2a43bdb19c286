"""The audit: what must be true of a shop's books at any quiet moment, for tests, evals and operators."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from .adapters.sandbox import SandboxCharge
from .catalog.records import VariantRow
from .confirmations.records import ConfirmationRow
from .coupons.records import CouponRow, CouponUseRow
from .database import Database
from .inventory.records import StockMovementRow, StockRow
from .orders.records import FulfillmentRow, OrderLineRow, OrderRow
from .payments.records import LedgerRow, PaymentRow

Check = Callable[[AsyncConnection], Awaitable[list[str]]]
CHECKS: list[Check] = []


async def audit(database: Database) -> list[str]:
    """One sentence for each thing that is wrong; empty when the books are clean."""
    async with database.read() as db:
        return [finding for check in CHECKS for finding in await check(db)]


def _check(check: Check) -> Check:
    CHECKS.append(check)
    return check


async def _rows(db: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> list[Any]:
    return list((await db.execute(statement)).all())


@_check
async def stock_agrees_with_its_movements(db: AsyncConnection) -> list[str]:
    moved = (
        select(
            col(StockMovementRow.sku),
            func.sum(col(StockMovementRow.on_hand)).label("on_hand"),
            func.sum(col(StockMovementRow.reserved)).label("reserved"),
        )
        .group_by(col(StockMovementRow.sku))
        .subquery()
    )
    statement = select(StockRow, moved.c.on_hand.label("moved"), moved.c.reserved.label("promised")).outerjoin(
        moved, moved.c.sku == col(StockRow.sku)
    )
    wrong = or_(
        func.coalesce(moved.c.on_hand, 0) != col(StockRow.on_hand),
        func.coalesce(moved.c.reserved, 0) != col(StockRow.reserved),
        col(StockRow.reserved) < 0,
        col(StockRow.on_hand) < col(StockRow.reserved),
    )
    return [
        f"stock of {r.sku}: {r.on_hand} on hand and {r.reserved} reserved, but its movements say {r.moved} and {r.promised}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def orders_add_up(db: AsyncConnection) -> list[str]:
    """What an order costs is what its lines cost less their coupons, the deliveries of its parts, and the taxes on both."""
    goods = (
        select(
            col(OrderLineRow.order_number),
            func.sum(
                col(OrderLineRow.quantity) * col(OrderLineRow.unit_price)
                - col(OrderLineRow.discount)
                + col(OrderLineRow.tax)
            ).label("goods"),
        )
        .group_by(col(OrderLineRow.order_number))
        .subquery()
    )
    deliveries = (
        select(
            col(FulfillmentRow.order_number),
            func.sum(col(FulfillmentRow.price) + col(FulfillmentRow.tax)).label("deliveries"),
        )
        .group_by(col(FulfillmentRow.order_number))
        .subquery()
    )
    statement = (
        select(col(OrderRow.number), col(OrderRow.total), goods.c.goods, deliveries.c.deliveries)
        .outerjoin(goods, goods.c.order_number == col(OrderRow.number))
        .outerjoin(deliveries, deliveries.c.order_number == col(OrderRow.number))
    )
    wrong = func.coalesce(goods.c.goods, 0) + func.coalesce(deliveries.c.deliveries, 0) != col(OrderRow.total)
    return [
        f"order {r.number}: {r.total} in all, but its goods cost {r.goods} and its deliveries {r.deliveries}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def every_reservation_has_its_order(db: AsyncConnection) -> list[str]:
    waiting = (
        select(col(OrderLineRow.sku), func.sum(col(OrderLineRow.quantity)).label("wanted"))
        .join(OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number))
        .where(col(OrderRow.status) == "awaiting_payment")
        .group_by(col(OrderLineRow.sku))
        .subquery()
    )
    statement = select(StockRow, waiting.c.wanted).outerjoin(waiting, waiting.c.sku == col(StockRow.sku))
    wrong = func.coalesce(waiting.c.wanted, 0) != col(StockRow.reserved)
    return [
        f"stock of {r.sku}: {r.reserved} reserved, but unpaid orders hold {r.wanted or 0}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def every_variant_has_stock(db: AsyncConnection) -> list[str]:
    missing = select(VariantRow).where(~exists().where(col(StockRow.sku) == col(VariantRow.sku)))
    return [f"variant {r.sku} has no stock row" for r in await _rows(db, missing)]


@_check
async def the_ledger_balances(db: AsyncConnection) -> list[str]:
    statement = select(col(LedgerRow.transfer), func.sum(col(LedgerRow.amount)).label("rest")).group_by(
        col(LedgerRow.transfer)
    )
    return [
        f"transfer {r.transfer} is out of balance by {r.rest}"
        for r in await _rows(db, statement.having(func.sum(col(LedgerRow.amount)) != 0))
    ]


@_check
async def money_follows_the_orders(db: AsyncConnection) -> list[str]:
    """Paid orders were charged once and in full; cancelled ones hold no money unless a refund is under way."""
    findings = []
    sums = (
        select(col(LedgerRow.order_number), func.sum(col(LedgerRow.amount)).label("held"))
        .where(col(LedgerRow.book) == "gateway")
        .group_by(col(LedgerRow.order_number))
        .subquery()
    )
    refunds = select(func.count()).where(
        col(PaymentRow.order_number) == col(OrderRow.number), col(PaymentRow.status) == "refunding"
    )
    statement = select(
        OrderRow, func.coalesce(sums.c.held, 0).label("held"), refunds.scalar_subquery().label("open_refunds")
    )
    for r in await _rows(db, statement.outerjoin(sums, sums.c.order_number == col(OrderRow.number))):
        due = r.total if r.status in {"paid", "shipped", "delivered"} or r.open_refunds else 0
        if r.held != due:
            findings.append(f"order {r.number} is {r.status}: {r.held} held, {due} due")
    return findings


@_check
async def coupon_uses_add_up(db: AsyncConnection) -> list[str]:
    open_uses = (
        select(col(CouponUseRow.coupon), func.count().label("uses"))
        .where(col(CouponUseRow.returned_at).is_(None))
        .group_by(col(CouponUseRow.coupon))
        .subquery()
    )
    statement = select(CouponRow, open_uses.c.uses.label("counted")).outerjoin(
        open_uses, open_uses.c.coupon == col(CouponRow.code)
    )
    wrong = func.coalesce(open_uses.c.uses, 0) != col(CouponRow.used)
    return [f"coupon {r.code}: {r.used} uses, {r.counted or 0} rows" for r in await _rows(db, statement.where(wrong))]


@_check
async def no_coupon_of_a_cancelled_order_is_kept(db: AsyncConnection) -> list[str]:
    statement = (
        select(CouponUseRow)
        .join(OrderRow, col(OrderRow.number) == col(CouponUseRow.order_number))
        .where(col(OrderRow.status) == "cancelled", col(CouponUseRow.returned_at).is_(None))
    )
    return [f"order {r.order_number} is cancelled and still holds {r.coupon}" for r in await _rows(db, statement)]


@_check
async def the_sandbox_tells_the_same(db: AsyncConnection) -> list[str]:
    """What the provider took and gave back is what the shop wrote down, unless the outcome is still open."""
    told = {
        r.key: r
        for r in await _rows(db, select(SandboxCharge).where(col(SandboxCharge.status).in_(("captured", "refunded"))))
    }
    wrote = {r.id: r for r in await _rows(db, select(PaymentRow))}
    findings = [f"the gateway holds {key}, the shop does not" for key in told.keys() - wrote.keys()]
    for key, row in wrote.items():
        done = row.status in {"captured", "refunded"}
        still_open = row.status in {"processing", "requires_action", "voiding", "refunding"}
        if done != (key in told) and not still_open:
            findings.append(
                f"payment {key} is {row.status}, the gateway says {told[key].status if key in told else 'nothing'}"
            )
        if key in told and told[key].amount != row.amount:
            findings.append(f"payment {key}: {row.amount} wanted, {told[key].amount} moved")
    return findings


@_check
async def no_order_was_made_twice_from_a_checkout(db: AsyncConnection) -> list[str]:
    statement = (
        select(col(OrderRow.checkout), func.count().label("orders"))
        .group_by(col(OrderRow.checkout))
        .having(func.count() > 1)
    )
    return [f"checkout {r.checkout} became {r.orders} orders" for r in await _rows(db, statement)]


@_check
async def used_confirmations_were_approved(db: AsyncConnection) -> list[str]:
    wrong = col(ConfirmationRow.status) == "used", col(ConfirmationRow.decided_at).is_(None)
    return [
        f"confirmation {r.id} was used without an answer"
        for r in await _rows(db, select(ConfirmationRow).where(*wrong))
    ]
