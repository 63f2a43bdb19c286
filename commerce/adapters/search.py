"""The product index: FTS5 on SQLite, a table of tokens on MySQL; both hold the tokens of `catalog.tokens`.

It is written in the same transaction as the goods, and found in the next one. (InnoDB's FULLTEXT is not used: right after
a commit it now and then misses rows, and the MySQL-compatible clusters do not have it.)

Both rank alike, and by a product's own words only, so that a product keeps its place in a list while others come and go: what
holds every word in its name comes first, then what holds them in its name and keywords, then anywhere. (bm25 weighs words by
how many products hold them: each new product would move all others.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
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


class How(Enum):
    """What is looked for."""

    ALL_OWN = "products that hold every word themselves"
    ALL_SHELF = "products that hold every word, or whose shelf does; finds more and is less to the point"
    SOME = "products that hold any word themselves"

    @property
    def places(self) -> int:
        return 4 if self is How.ALL_SHELF else 3


Form = tuple[tuple[int, ...], ...]
"""How many tokens each reading of each word has. A statement depends on nothing else: the tokens are bound to it."""


def form_of(words: Sequence[Word]) -> Form:
    return tuple(tuple(len(reading) for reading in word) for word in words)


class Entry(NamedTuple):
    """One product's tokens, separated by spaces."""

    product: str
    name: str
    words: str
    body: str
    shelf: str


class ProductSearch(Protocol):
    def __hash__(self) -> int:
        """Equal ones make equal statements."""

    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        """Writes products' tokens, in place of those they had."""

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        """Forgets products."""

    def matching(self, how: How, form: Form) -> Select[Any]:
        """Products as `product` and `rank`, the lower the better. Where all words are wanted: how many places it took to find
        them. Where some are: the more of them, and the more telling their places, the lower (`WORTH`)."""

    def values(self, how: How, words: Sequence[Word]) -> dict[str, Any]:
        """What is to be bound to the statement."""

    def holding(self, form: Form, name: str) -> Select[Any]:
        """Products that hold every word themselves. `name`: what the names of what is bound begin with."""

    def held_values(self, words: Sequence[Word], name: str) -> dict[str, Any]:
        """What is to be bound to `holding`."""


FTS = table("product_search", *(column(name) for name in Entry._fields))


BoundWord = list[list[BindParameter[str]]]


def _bound(form: Form, name: str = "token") -> list[BoundWord]:
    numbers = count()
    return [[[bindparam(f"{name}_{next(numbers)}") for _ in range(tokens)] for tokens in word] for word in form]


def _tokens_of(words: Sequence[Word]) -> list[str]:
    return [token for word in words for reading in word for token in reading]


@dataclass(frozen=True)
class SqliteSearch:
    """FTS5."""

    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        await self.drop(db, [e.product for e in entries])
        await db.execute(insert(FTS), [e._asdict() for e in entries])

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        await db.execute(delete(FTS).where(FTS.c.product.in_(products)))

    def matching(self, how: How, form: Form) -> Select[Any]:
        """The index is asked once; where the words of what it finds stand is looked up in the tokens themselves."""
        words = _bound(form)
        rank: ColumnElement[int]
        if how is How.SOME:
            rank = -_total(_worth_of([_stands(word, places) for places in range(1, how.places + 1)]) for word in words)
        else:
            levels = [(and_(*(_stands(word, places) for word in words)), places) for places in range(1, how.places)]
            rank = case(*levels, else_=how.places)
        return select(FTS.c.product, rank.label("rank")).where(_matches("wanted"))

    def values(self, how: How, words: Sequence[Word]) -> dict[str, Any]:
        each = {f"token_{number}": f" {token} " for number, token in enumerate(_tokens_of(words))}
        return each | {"wanted": _wanted(how, words)}

    def holding(self, form: Form, name: str) -> Select[Any]:
        return select(FTS.c.product).where(_matches(name))

    def held_values(self, words: Sequence[Word], name: str) -> dict[str, Any]:
        return {name: _wanted(How.ALL_OWN, words)}


def _matches(name: str) -> ColumnElement[bool]:
    return literal_column("product_search").op("MATCH")(bindparam(name))


def _wanted(how: How, words: Sequence[Word]) -> str:
    wanted = (" OR " if how is How.SOME else " AND ").join(f"({_fts(word)})" for word in words)
    return f"{{{' '.join(PLACES[: how.places])}}} : ({wanted})"


NONE: ColumnElement[int] = literal_column("0")


def _stands(word: BoundWord, places: int) -> ColumnElement[bool]:
    """Whether a reading of the word stands in the first places, whose tokens have a space on either side."""
    text: ColumnElement[str] = literal_column(
        " || ' ' || ".join(["''", *(f"product_search.{place}" for place in PLACES[:places]), "''"])
    )
    return or_(*(and_(*(func.instr(text, token) > NONE for token in reading)) for reading in word))


def _fts(word: Word) -> str:
    readings = (" AND ".join(tokens) for tokens in word)
    return " OR ".join(f"({reading})" for reading in readings)


TOKENS = table("product_search", column("token"), column("product"), column("place"))


@dataclass(frozen=True)
class MysqlSearch:
    """One row a token and product, with the first place where it stands."""

    async def put(self, db: Connection, entries: Sequence[Entry]) -> None:
        await self.drop(db, [e.product for e in entries])
        await db.execute(insert(TOKENS), [row for entry in entries for row in _rows(entry)])

    async def drop(self, db: Connection, products: Sequence[str]) -> None:
        await db.execute(delete(TOKENS).where(TOKENS.c.product.in_(products)))

    def matching(self, how: How, form: Form) -> Select[Any]:
        words = _bound(form)
        return _some(words, how.places) if how is How.SOME else _all(words, how.places)

    def values(self, how: How, words: Sequence[Word]) -> dict[str, Any]:
        tokens = _tokens_of(words)
        each = {f"token_{number}": token for number, token in enumerate(tokens)}
        return each | {"tokens": sorted(set(tokens))} if how is How.SOME else each

    def holding(self, form: Form, name: str) -> Select[Any]:
        return select(_all(_bound(form, name), How.ALL_OWN.places).subquery().c.product)

    def held_values(self, words: Sequence[Word], name: str) -> dict[str, Any]:
        return {f"{name}_{number}": token for number, token in enumerate(_tokens_of(words))}


def _all(words: Sequence[BoundWord], places: int) -> Select[Any]:
    """Words joined with each other: the server begins with the rarest and looks up the others, where a group would read
    every product that holds any of them."""
    first, *others = (_word(word, places).subquery() for word in words)
    joined = select(first.c.product, _latest([first.c.rank, *(other.c.rank for other in others)]).label("rank"))
    for other in others:
        joined = joined.join(other, other.c.product == first.c.product)
    return joined


def _word(word: BoundWord, places: int) -> Select[Any]:
    readings = [_reading(tokens, places) for tokens in word]
    if len(readings) == 1:
        return readings[0]
    any_of = union_all(*readings).subquery()
    return select(any_of.c.product, func.min(any_of.c.rank).label("rank")).group_by(any_of.c.product)


def _reading(tokens: Sequence[BindParameter[str]], places: int) -> Select[Any]:
    """Products that hold all the tokens in their first places, and how many places that takes."""
    rows = [TOKENS.alias() for _ in tokens]
    held = select(rows[0].c.product, _latest([row.c.place for row in rows]).label("rank"))
    for row in rows[1:]:
        held = held.join(row, row.c.product == rows[0].c.product)
    return held.where(
        *(and_(row.c.token == token, row.c.place <= places) for row, token in zip(rows, tokens, strict=True))
    )


def _latest(places: Sequence[ColumnElement[int]]) -> ColumnElement[int]:
    return func.greatest(*places) if len(places) > 1 else places[0]


def _some(words: Sequence[BoundWord], places: int) -> Select[Any]:
    worth = _total(_worth_of([_holds(word, number) for number in range(1, places + 1)]) for word in words)
    rows = select(TOKENS.c.product, (-worth).label("rank")).where(
        TOKENS.c.token.in_(bindparam("tokens", expanding=True)), TOKENS.c.place <= places
    )
    return rows.group_by(TOKENS.c.product).having(or_(*(_holds(word, places) for word in words)))


def _worth_of(levels: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    """By the first level that is so."""
    return case(*zip(levels, WORTH, strict=True), else_=0)


def _total(worths: Iterable[ColumnElement[int]]) -> ColumnElement[int]:
    return sum(worths, start=literal(0))


def _holds(word: BoundWord, places: int) -> ColumnElement[bool]:
    """Whether a group of a product's tokens has a reading of the word within the first `places` places."""
    return or_(*(and_(*(_has(token, places) for token in reading)) for reading in word))


def _has(token: BindParameter[str], places: int) -> ColumnElement[bool]:
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
