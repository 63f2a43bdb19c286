"""The product index: FTS5 on SQLite, a table of tokens on MySQL; both hold the tokens of `catalog.tokens`.

It is written in the same transaction as the goods, and found in the next one. (InnoDB's FULLTEXT is not used: right after
a commit it now and then misses rows, and the MySQL-compatible clusters do not have it.)

Both rank alike, and by a product's own words only, so that a product keeps its place in a list while others come and go: what
holds every word in its name comes first, then what holds them in its name and keywords, then anywhere. (bm25 weighs words by
how many products hold them: each new product would move all others.)
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
    union_all,
)

from ..catalog.tokens import Word
from ..connections import Connection
from ..database import Database

PLACES = ("name", "words", "body", "shelf")
"""Where a token can stand, the most telling place first. `shelf`: what shoppers call the things of its category."""


WORTH = (103, 101, 100)
"""What a word counts for by the first place where it stands, when not all can be had: one word more beats every place."""


class Scope(Enum):
    """How far to look, in places."""

    OWN = 3
    """At a product's own words."""
    SHELF = 4
    """Also at its shelf, which finds more and is less to the point."""


class Entry(NamedTuple):
    """One product's tokens, separated by spaces."""

    product: str
    name: str
    words: str
    body: str
    shelf: str


class ProductSearch(Protocol):
    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        """Writes products' tokens, in place of those they had."""

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        """Forgets products."""

    def holding_all(self, words: Sequence[Word], scope: Scope) -> Select[Any]:
        """Products that hold every word, as `product` and `rank`: how many places it took to find them."""

    def holding_some(self, words: Sequence[Word]) -> Select[Any]:
        """Products that hold any word of their own, as `product` and `rank`: the more words, and the more telling their places,
        the lower (`WORTH`)."""


FTS = table("product_search", *(column(name) for name in Entry._fields))


class SqliteSearch:
    """FTS5."""

    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        await self.drop(db, [e.product for e in entries])
        await db.execute(insert(FTS), [e._asdict() for e in entries])

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        await db.execute(delete(FTS).where(FTS.c.product.in_(products)))

    def holding_all(self, words: Sequence[Word], scope: Scope) -> Select[Any]:
        wanted = " AND ".join(f"({_fts(word)})" for word in words)
        found = union_all(*(_matches(places, wanted, places) for places in range(1, scope.value + 1))).subquery()
        return select(found.c.product, func.min(found.c.rank).label("rank")).group_by(found.c.product)

    def holding_some(self, words: Sequence[Word]) -> Select[Any]:
        further = zip(WORTH, (*WORTH[1:], 0), strict=True)
        steps = [(places, worth - next_worth) for places, (worth, next_worth) in enumerate(further, start=1)]
        parts = [_matches(places, _fts(word), -step) for word in words for places, step in steps]
        found = union_all(*parts).subquery()
        return select(found.c.product, func.sum(found.c.rank).label("rank")).group_by(found.c.product)


def _matches(places: int, wanted: str, rank: int) -> Select[Any]:
    """Products that match in the first `places` places."""
    query = literal_column("product_search").op("MATCH")(f"{{{' '.join(PLACES[:places])}}} : ({wanted})")
    return select(FTS.c.product, literal(rank).label("rank")).where(query)


def _fts(word: Word) -> str:
    readings = (" AND ".join(tokens) for tokens in word)
    return " OR ".join(f"({reading})" for reading in readings)


TOKENS = table("product_search", column("token"), column("product"), column("place"))


class MysqlSearch:
    """One row a token and product, with the first place where it stands."""

    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        await self.drop(db, [e.product for e in entries])
        await db.execute(insert(TOKENS), [row for entry in entries for row in _rows(entry)])

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        await db.execute(delete(TOKENS).where(TOKENS.c.product.in_(products)))

    def holding_all(self, words: Sequence[Word], scope: Scope) -> Select[Any]:
        levels = [(and_(*(_holds(word, places) for word in words)), places) for places in range(1, scope.value + 1)]
        return _grouped(words, scope).add_columns(case(*levels).label("rank")).having(levels[-1][0])

    def holding_some(self, words: Sequence[Word]) -> Select[Any]:
        held = [_holds(word, Scope.OWN.value) for word in words]
        rank: ColumnElement[int] = -sum((_worth(word) for word in words), start=literal(0))
        return _grouped(words, Scope.OWN).add_columns(rank.label("rank")).having(or_(*held))


def _worth(word: Word) -> ColumnElement[int]:
    return case(*((_holds(word, places), worth) for places, worth in enumerate(WORTH, start=1)), else_=0)


def _grouped(words: Sequence[Word], scope: Scope) -> Select[Any]:
    tokens = {token for word in words for reading in word for token in reading}
    rows = select(TOKENS.c.product).where(TOKENS.c.token.in_(sorted(tokens)), TOKENS.c.place <= scope.value)
    return rows.group_by(TOKENS.c.product)


def _holds(word: Word, places: int) -> ColumnElement[bool]:
    """Whether a group of a product's tokens has a reading of the word within the first `places` places."""
    return or_(*(and_(*(_has(token, places) for token in reading)) for reading in word))


def _has(token: str, places: int) -> ColumnElement[bool]:
    held: ColumnElement[int] = func.max(and_(TOKENS.c.token == token, TOKENS.c.place <= places))
    return held > 0


def _rows(entry: Entry) -> list[dict[str, Any]]:
    first: dict[str, int] = {}
    for number, place in enumerate(PLACES, start=1):
        for token in getattr(entry, place).split():
            first.setdefault(token, number)
    return [{"token": token, "product": entry.product, "place": place} for token, place in first.items()]


def search_for(database: Database) -> ProductSearch:
    return SqliteSearch() if database.embedded else MysqlSearch()
