"""The product index: FTS5 on SQLite, a table of tokens on MySQL; both hold the tokens of `catalog.tokens`.

It is written in the same transaction as the goods, and found in the next one. (InnoDB's FULLTEXT is not used: right after
a commit it now and then misses rows, and the MySQL-compatible clusters do not have it.) `Scope.OWN` looks at a product's
own words; `Scope.SHELF` also at what shoppers call the things of its category, which finds more and is less to the point.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    Integer,
    Select,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ..catalog.tokens import Word
from ..database import Database

WEIGHTS = {"name": 10, "words": 4, "body": 1, "shelf": 1}
"""What a token counts for, by where it stands."""


class Scope(Enum):
    OWN = ("name", "words", "body")
    SHELF = ("name", "words", "body", "shelf")


class Entry(NamedTuple):
    """One product's tokens, separated by spaces."""

    product: str
    name: str
    words: str
    body: str
    shelf: str


class ProductSearch(Protocol):
    async def put(self, db: AsyncConnection, entries: Sequence[Entry]) -> None:
        """Writes products' tokens, in place of those they had."""

    def matching(self, words: Sequence[Word], *, every: bool, scope: Scope = Scope.OWN) -> Select[Any]:
        """Products that hold every (or any) word, as `product` and `rank`: the lower, the better."""


FTS = table("product_search", *(column(name) for name in Entry._fields))


class SqliteSearch:
    """FTS5 with bm25."""

    async def put(self, db: AsyncConnection, entries: Sequence[Entry]) -> None:
        await db.execute(delete(FTS).where(FTS.c.product.in_([e.product for e in entries])))
        await db.execute(insert(FTS), [e._asdict() for e in entries])

    def matching(self, words: Sequence[Word], *, every: bool, scope: Scope = Scope.OWN) -> Select[Any]:
        each = (" OR ".join(f"({' AND '.join(tokens)})" for tokens in word) for word in words)
        wanted = (" AND " if every else " OR ").join(f"({alternatives})" for alternatives in each)
        rank = func.bm25(literal_column("product_search"), 0, *WEIGHTS.values())
        whole_rank = cast(func.round(rank * 10_000), Integer).label("rank")  # whole numbers compare alike in a cursor
        found = literal_column("product_search").op("MATCH")(f"{{{' '.join(scope.value)}}} : ({wanted})")
        return select(FTS.c.product, whole_rank).where(found)


TOKENS = table("product_search", column("token"), column("product"), column("own"), column("weight"))


class MysqlSearch:
    """One row a token and product; `own` is 0 where only the shelf has it."""

    async def put(self, db: AsyncConnection, entries: Sequence[Entry]) -> None:
        await db.execute(delete(TOKENS).where(TOKENS.c.product.in_([e.product for e in entries])))
        await db.execute(insert(TOKENS), [row for entry in entries for row in _rows(entry)])

    def matching(self, words: Sequence[Word], *, every: bool, scope: Scope = Scope.OWN) -> Select[Any]:
        t = TOKENS.c
        has = {token: func.max(t.token == token) > 0 for word in words for tokens in word for token in tokens}
        each = [or_(*(and_(*(has[token] for token in tokens)) for tokens in word)) for word in words]
        rows = select(t.product, (-func.sum(t.weight)).label("rank")).where(t.token.in_(list(has)))
        if scope is Scope.OWN:
            rows = rows.where(t.own > 0)
        return rows.group_by(t.product).having(and_(*each) if every else or_(*each))


def _rows(entry: Entry) -> list[dict[str, Any]]:
    weights: dict[str, int] = {}
    for place, weight in WEIGHTS.items():
        for token in set(getattr(entry, place).split()):
            weights[token] = weights.get(token, 0) + weight
    own = {token for place in Scope.OWN.value for token in getattr(entry, place).split()}
    return [{"token": t, "product": entry.product, "own": t in own, "weight": w} for t, w in weights.items()]


def search_for(database: Database) -> ProductSearch:
    return SqliteSearch() if database.embedded else MysqlSearch()
