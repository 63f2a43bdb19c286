"""What orders hold: their lines, each with the part that it is shipped with."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select
from sqlmodel import col

from ..context import Context
from .records import FulfillmentRow, OrderLineRow

PART = [column.label(f"part_{column.name}") for column in FulfillmentRow.__table__.columns]  # type: ignore[attr-defined]
"""Columns of a part beside those of its line: `part_status`."""


CONTENTS = (
    select(OrderLineRow, *PART)
    .join(FulfillmentRow, col(FulfillmentRow.id) == col(OrderLineRow.fulfillment))
    .order_by(col(OrderLineRow.order_number), col(OrderLineRow.sku))
)
OF_ONE = CONTENTS.where(col(OrderLineRow.order_number) == bindparam("order"))


async def contents(ctx: Context, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Lines in the order of their SKUs, each with its part."""
    return await ctx.rows(CONTENTS.where(*where))


async def contents_of(ctx: Context, number: str) -> Sequence[Row[Any]]:
    return await ctx.rows(OF_ONE, order=number)


def parts_in(lines: Sequence[Row[Any]]) -> list[Row[Any]]:
    """One row for each part, in the order in which the parts were made."""
    return [found[1] for found in sorted({line.part_id: line for line in lines}.items())]


def left_of(line: Row[Any]) -> int:
    """Pieces that are neither cancelled nor returned."""
    return int(line.quantity - line.cancelled - line.returned)


def pieces_of(lines: Sequence[Row[Any]]) -> dict[str, int]:
    """How many are left, by SKU; lines of which nothing is left are not there."""
    return {line.sku: left_of(line) for line in lines if left_of(line)}
