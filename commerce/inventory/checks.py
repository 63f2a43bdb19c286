"""What must be true of the stock at any quiet moment; the audit asks."""

from sqlalchemy import exists, func, or_, select
from sqlmodel import col

from ..catalog.records import VariantRow
from ..connections import Connection, rows_of
from ..orders.records import OrderLineRow, OrderRow
from .records import StockMovementRow, StockRow


async def stock_agrees_with_its_movements(db: Connection) -> list[str]:
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
        for r in await rows_of(db, statement.where(wrong))
    ]


async def every_reservation_has_its_order(db: Connection) -> list[str]:
    waiting = (
        select(
            col(OrderLineRow.sku), func.sum(col(OrderLineRow.quantity) - col(OrderLineRow.cancelled)).label("wanted")
        )
        .join(OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number))
        .where(col(OrderRow.status) == "awaiting_payment")
        .group_by(col(OrderLineRow.sku))
        .subquery()
    )
    statement = select(StockRow, waiting.c.wanted).outerjoin(waiting, waiting.c.sku == col(StockRow.sku))
    wrong = func.coalesce(waiting.c.wanted, 0) != col(StockRow.reserved)
    return [
        f"stock of {r.sku}: {r.reserved} reserved, but unpaid orders hold {r.wanted or 0}"
        for r in await rows_of(db, statement.where(wrong))
    ]


async def every_variant_has_stock(db: Connection) -> list[str]:
    missing = select(VariantRow).where(~exists().where(col(StockRow.sku) == col(VariantRow.sku)))
    return [f"variant {r.sku} has no stock row" for r in await rows_of(db, missing)]


CHECKS = [
    stock_agrees_with_its_movements,
    every_reservation_has_its_order,
    every_variant_has_stock,
]
