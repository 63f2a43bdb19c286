"""The shop's books at one time, table by table, and what has changed between two times."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from commerce.database import Database, Record

Row = dict[str, Any]
Books = dict[str, list[Row]]
"""The rows of each table of the shop, without the words by which products are searched."""

MONEY_AND_GOODS = {
    "coupon_use",
    "fulfillment",
    "gift_card",
    "ledger",
    "order_line",
    "orders",
    "payment",
    "refund_line",
    "refund_request",
    "sandbox_charge",
    "stock",
    "stock_movement",
    "transfer",
}
"""Tables that only change when money or goods move, or are promised to."""


@dataclass(frozen=True)
class Change:
    """Of a table: rows that are there now and were not, and the other way round. A row that changed is in both."""

    added: list[Row]
    gone: list[Row]


async def books_of(database: Database) -> Books:
    async with database.snapshot() as db:
        return {table.name: [dict(row._mapping) for row in await db.execute(select(table))] for table in _tables()}


def _tables() -> list[Table]:
    tables: list[Table] = [record.__table__ for record in Record.__subclasses__() if hasattr(record, "__table__")]
    return [table for table in tables if not table.name.startswith("search_")]


def changes(before: Books, after: Books) -> dict[str, Change]:
    """By table; those without a change are left out."""
    found = {name: _change(before.get(name, []), rows) for name, rows in after.items()}
    return {name: change for name, change in found.items() if change.added or change.gone}


def _change(before: list[Row], after: list[Row]) -> Change:
    return Change(_beyond(after, before), _beyond(before, after))


def _beyond(rows: list[Row], others: list[Row]) -> list[Row]:
    """Those of `rows` that are not among the others, as often as they are not."""
    known = Counter(map(repr, others))
    left: list[Row] = []
    for row in rows:
        if known[repr(row)]:
            known[repr(row)] -= 1
        else:
            left.append(row)
    return left
