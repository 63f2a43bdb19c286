"""Finding products: by words, filters and order, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select
from sqlmodel import col

from ..adapters.search import Scope
from ..context import Context
from ..paging import cursor_after, key_of, moment_of
from .facets import count_facets
from .filters import filters
from .goods import SHOWN, product_views
from .records import LONGEST_NAME, CategoryRow, ProductRow
from .refusals import CategoryNotFound
from .schemas import ProductList, SearchProducts
from .spelling import corrections
from .tokens import latin_words, query_words, respelt


class Order(NamedTuple):
    """What a page is sorted by; equal keys are told apart by the slug, in the same direction."""

    key: Any
    """None: by the slug alone."""
    descending: bool
    kind: type


async def searched(ctx: Context, asked: SearchProducts) -> ProductList:
    found = await _found(ctx, asked)
    if not found.items and asked.category:
        await _refuse_unknown_category(ctx, asked.category)
    return found


async def _found(ctx: Context, asked: SearchProducts) -> ProductList:
    words = query_words(asked.query)
    if not words:
        return await _page(ctx, asked, None)
    found = await _holding_all(ctx, asked, asked.query)
    if found.items:
        return found
    corrected = respelt(asked.query, fixes) if (fixes := await corrections(ctx, latin_words(asked.query))) else None
    if corrected and (found := await _holding_all(ctx, asked, corrected)).items:
        return found.model_copy(update={"corrected_query": corrected})
    some = await _page(ctx, asked, ctx.shop.search.holding_some(query_words(corrected or asked.query)))
    told = {"matched": "some_words", "corrected_query": corrected} if some.items else {}
    return some.model_copy(update=told)


async def _holding_all(ctx: Context, asked: SearchProducts, query: str) -> ProductList:
    """What holds every word itself; where nothing does, what its category is called counts too."""
    words = query_words(query)
    own = await _page(ctx, asked, ctx.shop.search.holding_all(words, Scope.OWN))
    return own if own.items else await _page(ctx, asked, ctx.shop.search.holding_all(words, Scope.SHELF))


async def _refuse_unknown_category(ctx: Context, category: str) -> None:
    if not await ctx.value(select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == category)):
        raise CategoryNotFound(category)


async def _page(ctx: Context, asked: SearchProducts, matches: Select[Any] | None) -> ProductList:
    statement = select(*SHOWN).where(*filters(asked))
    found = matches.subquery() if matches is not None else None
    if found is not None:
        statement = statement.join(found, found.c.product == col(ProductRow.slug))
    order = _order(asked, found.c.rank if found is not None else None)
    rows = await ctx.rows(_ordered(statement, order, key_of(asked, order.kind, str)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return ProductList(
        items=await product_views(ctx, page),
        next_cursor=cursor_after(asked, [_plain(page[-1].sort_key), page[-1].slug]) if more else None,
        facets=await count_facets(ctx, asked, matches) if asked.facets and rows else None,
    )


def _order(asked: SearchProducts, rank: Any) -> Order:
    if asked.sort == "newest":
        return Order(col(ProductRow.created_at), True, str)
    if asked.sort == "best_selling":
        return Order(col(ProductRow.sold), True, int)
    if asked.sort in {"price_asc", "price_desc"}:
        return Order(col(ProductRow.lowest_price), asked.sort == "price_desc", int)
    if rank is None:
        return Order(None, False, int)
    return Order(rank * (LONGEST_NAME + 1) + col(ProductRow.name_length), False, int)


def _ordered(statement: Select[Any], order: Order, after: list[Any] | None) -> Select[Any]:
    slug = col(ProductRow.slug)
    columns = (slug,) if order.key is None else (order.key, slug)
    if after:
        last = (moment_of(after[0]) if order.kind is str else after[0], after[1])[-len(columns) :]
        statement = statement.where(_beyond(columns, last, order.descending))
    statement = statement.add_columns((literal(0) if order.key is None else order.key).label("sort_key"))
    return statement.order_by(*(c.desc() if order.descending else c for c in columns))


def _beyond(columns: Sequence[Any], last: Sequence[Any], descending: bool) -> ColumnElement[bool]:
    """Rows after `last`, told by their first column, and by the next where that is equal."""
    column, value = columns[0], last[0]
    beyond: ColumnElement[bool] = column < value if descending else column > value
    return or_(beyond, and_(column == value, _beyond(columns[1:], last[1:], descending))) if columns[1:] else beyond


def _plain(key: Any) -> str | int:
    return key.isoformat() if isinstance(key, datetime) else int(key)
