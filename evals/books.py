"""The shop's books at one time, table by table, and what has changed between two times."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, TextClause, text

from commerce.database import Database, Record

Row = dict[str, Any]
"""By column, as the database writes it: a time is text, and so is JSON."""
Books = dict[str, list[tuple[Any, ...]]]
"""The rows of each table of the shop, without the words by which products are searched. They are as the driver gives them: both
sides of a conversation are read, and of most rows nobody wants to know more than whether they are still the same."""

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
        return {
            name: [tuple(row) for row in await db.execute(everything)] for name, everything in _statements().items()
        }


@lru_cache(1)
def _statements() -> dict[str, TextClause]:
    return {name: text(f"SELECT {', '.join(columns)} FROM {name}") for name, columns in _tables().items()}  # noqa: S608 (names of ours)


@lru_cache(1)
def _tables() -> dict[str, list[str]]:
    """Each with its columns."""
    tables: list[Table] = [record.__table__ for record in Record.__subclasses__() if hasattr(record, "__table__")]
    return {table.name: [c.name for c in table.columns] for table in tables if not table.name.startswith("search_")}


def rows(books: Books, table: str) -> list[Row]:
    return [_by_column(table, row) for row in books.get(table, [])]


def _by_column(table: str, row: tuple[Any, ...]) -> Row:
    return dict(zip(_tables()[table], row, strict=True))


def changes(before: Books, after: Books) -> dict[str, Change]:
    """By table; those without a change are left out."""
    others = {name: found for name, found in after.items() if found != before.get(name)}
    found = {name: _change(name, before.get(name, []), rows_now) for name, rows_now in others.items()}
    return {name: change for name, change in found.items() if change.added or change.gone}


def _change(table: str, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> Change:
    then, now = Counter(before), Counter(after)
    added, gone = (now - then).elements(), (then - now).elements()
    return Change([_by_column(table, row) for row in added], [_by_column(table, row) for row in gone])


def same_goods(stock: Change) -> bool:
    """Whether as much is there, and as much of it promised, as before."""
    added, gone = (
        [(row["sku"], row["on_hand"], row["reserved"]) for row in rows] for rows in (stock.added, stock.gone)
    )
    return sorted(added) == sorted(gone)
