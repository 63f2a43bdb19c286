"""Finding products: by words, filters and order, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, literal, or_, select
from sqlmodel import col

from ..adapters.search import Form, How, ProductSearch, form_of
from ..context import Context
from ..paging import cursor_after, key_of, moment_of
from . import unwanted
from .cards import CARD, product_views
from .facets import Results, count_facets
from .filters import Filters, conditions, filters_of, values_of
from .records import LONGEST_NAME, CategoryRow, ProductRow
from .refusals import CategoryNotFound
from .rules import phrases_of
from .schemas import ProductList, SearchProducts
from .spelling import corrections
from .tokens import Word, latin_words, query_words, respelt
from .unwanted import Unwanted


class Order(NamedTuple):
    """What a page is sorted by; equal keys are told apart by the slug, in the same direction."""

    key: Any
    """None: by the slug alone."""
    descending: bool


class Shape(NamedTuple):
    """All that the statement of a page depends on; everything else is bound to it. A statement is built once for each."""

    filters: Filters
    sort: str
    goes_on: bool
    """It is not the first page."""
    how: How | None
    """None: whatever it is called."""
    form: Form
    unwanted: Unwanted


async def searched(ctx: Context, asked: SearchProducts) -> ProductList:
    found = await _found(ctx, asked)
    if not found.items and asked.category:
        await _refuse_unknown_category(ctx, asked.category)
    return found


async def _found(ctx: Context, asked: SearchProducts) -> ProductList:
    words = query_words(asked.query)
    if not words:
        return await _page(ctx, asked)
    found = await _holding_all(ctx, asked, words)
    if found.items:
        return found
    corrected = respelt(asked.query, fixes) if (fixes := await corrections(ctx, latin_words(asked.query))) else None
    if corrected and (found := await _holding_all(ctx, asked, query_words(corrected))).items:
        return found.model_copy(update={"corrected_query": corrected})
    some = await _page(ctx, asked, How.SOME, query_words(corrected or asked.query))
    told = {"matched": "some_words", "corrected_query": corrected} if some.items else {}
    return some.model_copy(update=told)


async def _holding_all(ctx: Context, asked: SearchProducts, words: Sequence[Word]) -> ProductList:
    """What holds every word itself; where nothing does, what its category is called counts too."""
    own = await _page(ctx, asked, How.ALL_OWN, words)
    return own if own.items else await _page(ctx, asked, How.ALL_SHELF, words)


async def _refuse_unknown_category(ctx: Context, category: str) -> None:
    if not await ctx.value(select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == category)):
        raise CategoryNotFound(category)


async def _page(ctx: Context, asked: SearchProducts, how: How | None = None, words: Sequence[Word] = ()) -> ProductList:
    """Of what shall be free of something, what says that it is comes alone; where nothing does, what does not mention it."""
    if not phrases_of(asked.without):
        return await _page_of(ctx, asked, how, words, Unwanted(), {})
    bound = await unwanted.values_of(ctx, asked.without)
    free = await _page_of(ctx, asked, how, words, unwanted.unwanted_of(asked.without, said=True), bound)
    if free.items:
        return free.model_copy(update={"without": "said"})
    others = await _page_of(ctx, asked, how, words, unwanted.unwanted_of(asked.without, said=False), bound)
    return others.model_copy(update={"without": "unmentioned"} if others.items else {})


async def _page_of(
    ctx: Context,
    asked: SearchProducts,
    how: How | None,
    words: Sequence[Word],
    left_out: Unwanted,
    bound: dict[str, Any],
) -> ProductList:
    """`bound`: what goes with `left_out`."""
    search, kind = ctx.shop.search, KINDS.get(asked.sort, int)
    after = key_of(asked, kind, str)
    shape = Shape(filters_of(asked), asked.sort, after is not None, how, form_of(words), left_out)
    values = values_of(asked) | (search.values(how, words) if how else {}) | bound
    rows = await ctx.rows(_statement(search, shape), most=asked.limit + 1, **values, **_bound_key(after, kind))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    items = product_views(ctx, [row.card for row in page])
    facets = None
    if asked.facets and rows:
        matches = search.matching(how, shape.form) if how else None
        facets = await count_facets(
            ctx, Results(shape.filters, matches, values, tuple(unwanted.conditions(search, left_out)))
        )
    return ProductList(
        items=items,
        next_cursor=cursor_after(asked, [_plain(page[-1].sort_key), items[-1].product]) if more else None,
        facets=facets,
    )


@lru_cache(maxsize=1_000)
def _statement(search: ProductSearch, shape: Shape) -> Select[Any]:
    """Finds the page first and reads its cards then: a card is looked up for what is shown, not for all that is found."""
    found = search.matching(shape.how, shape.form).subquery() if shape.how else None
    order, slug = _order(shape.sort, None if found is None else found.c.rank), col(ProductRow.slug)
    key: ColumnElement[Any] = literal(0) if order.key is None else order.key
    page = select(slug, key.label("sort_key")).where(*conditions(shape.filters))
    page = page.where(*unwanted.conditions(search, shape.unwanted))
    if found is not None:
        page = page.join(found, found.c.product == slug)
    columns = (slug,) if order.key is None else (order.key, slug)
    if shape.goes_on:
        last: list[Any] = [bindparam("last_key"), bindparam("last_slug")][-len(columns) :]
        page = page.where(_beyond(columns, last, order.descending))
    page = page.order_by(*_directed(columns, order.descending)).limit(bindparam("most", type_=Integer))
    shown = page.subquery()
    cards = select(CARD, shown.c.sort_key).join(shown, shown.c.slug == slug)
    return cards.order_by(*_directed((shown.c.sort_key, shown.c.slug), order.descending))


def _directed(columns: Sequence[Any], descending: bool) -> list[Any]:
    return [column.desc() if descending else column for column in columns]


KINDS: dict[str, type] = {"newest": str}
"""Of what is sorted by, as cursors hold it; the others are numbers."""


def _bound_key(after: list[Any] | None, kind: type) -> dict[str, Any]:
    if after is None:
        return {}
    return {"last_key": moment_of(after[0]) if kind is str else after[0], "last_slug": after[1]}


def _order(sort: str, rank: Any) -> Order:
    if sort == "newest":
        return Order(col(ProductRow.created_at), descending=True)
    if sort == "best_selling":
        return Order(col(ProductRow.sold), descending=True)
    if sort in {"price_asc", "price_desc"}:
        return Order(col(ProductRow.lowest_price), descending=sort == "price_desc")
    if rank is None:
        return Order(None, descending=False)
    return Order(rank * (LONGEST_NAME + 1) + col(ProductRow.name_length), descending=False)


def _beyond(columns: Sequence[Any], last: Sequence[Any], descending: bool) -> ColumnElement[bool]:
    """Rows after `last`, told by their first column, and by the next where that is equal."""
    column, value = columns[0], last[0]
    beyond: ColumnElement[bool] = column < value if descending else column > value
    return or_(beyond, and_(column == value, _beyond(columns[1:], last[1:], descending))) if columns[1:] else beyond


def _plain(key: Any) -> str | int:
    return key.isoformat() if isinstance(key, datetime) else int(key)
