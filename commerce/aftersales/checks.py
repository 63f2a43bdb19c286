"""What must be true of refund requests at any quiet moment; the audit asks."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from ..connections import Connection
from ..orders.records import FulfillmentRow, OrderLineRow
from .records import RefundLineRow, RefundRequestRow


async def what_came_back_was_approved(db: Connection) -> list[str]:
    """Pieces are returned by approved requests alone, and each counts once."""
    mine = (
        select(func.coalesce(func.sum(col(RefundLineRow.returned)), 0))
        .join(RefundRequestRow, col(RefundRequestRow.id) == col(RefundLineRow.refund_request))
        .where(
            col(RefundRequestRow.order_number) == col(OrderLineRow.order_number),
            col(RefundLineRow.sku) == col(OrderLineRow.sku),
            col(RefundRequestRow.status) == "approved",
        )
        .scalar_subquery()
    )
    statement: Any = select(OrderLineRow, mine.label("approved")).where(mine != col(OrderLineRow.returned))
    return [
        f"order {r.order_number}, {r.sku}: {r.returned} returned, {r.approved} approved"
        for r in (await db.execute(statement)).all()
    ]


async def parts_gave_back_what_was_approved(db: Connection) -> list[str]:
    given = (
        select(func.coalesce(func.sum(col(RefundRequestRow.given)), 0))
        .where(col(RefundRequestRow.fulfillment) == col(FulfillmentRow.id))
        .scalar_subquery()
    )
    statement: Any = select(FulfillmentRow, given.label("approved")).where(given > col(FulfillmentRow.given_back))
    return [
        f"part {r.id} gave {r.given_back} back, {r.approved} were approved" for r in (await db.execute(statement)).all()
    ]


async def only_pending_requests_are_open(db: Connection) -> list[str]:
    pending, is_open = col(RefundRequestRow.status) == "pending", col(RefundRequestRow.open_for).is_not(None)
    wrong = or_(pending & ~is_open, ~pending & is_open)
    rows = await db.execute(select(col(RefundRequestRow.id), col(RefundRequestRow.status)).where(wrong))
    return [f"refund request {r.id} is {r.status}, and open or not as it should not be" for r in rows.all()]


CHECKS = [what_came_back_was_approved, parts_gave_back_what_was_approved, only_pending_requests_are_open]
