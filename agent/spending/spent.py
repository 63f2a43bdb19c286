"""What models have cost, summed up for operators."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import col

from ..records import SpendRow
from ..store import Store


class SpentRow(NamedTuple):
    """`names` are the days, shoppers or models that were told apart, in the order asked for."""

    names: tuple[str, ...]
    currency: str
    calls: int
    unsettled: int
    """Calls that were cut off or are being made: they count at the most that they can cost."""
    input_tokens: int
    output_tokens: int
    nanos: int


async def spent_by(store: Store, columns: list[str], now: datetime, days: int) -> list[SpentRow]:
    """Of today and the days before."""
    since = (now - timedelta(days=days - 1)).date().isoformat()
    names = [col(getattr(SpendRow, name)) for name in columns]
    unsettled = func.sum(case((col(SpendRow.status) == "reserved", 1), else_=0))
    figures = [func.sum(column) for column in (SpendRow.input_tokens, SpendRow.output_tokens, SpendRow.nanos)]
    found = (
        select(*names, col(SpendRow.currency), func.count(), unsettled, *figures)
        .where(col(SpendRow.day) >= since)
        .group_by(*names, col(SpendRow.currency))
        .order_by(*names, col(SpendRow.currency))
    )
    async with store.read() as db:
        rows = (await db.execute(found)).all()
    known = len(names)
    return [SpentRow(tuple(row[:known]), row[known], *(int(figure) for figure in row[known + 1 :])) for row in rows]
