"""Use cases of the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlmodel import col

from ..adapters.search import Scope
from ..context import Context
from ..inventory.records import StockRow
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from ..views import Page
from .goods import product_views
from .records import CategoryRow, ProductRow, VariantRow
from .refusals import CategoryNotFound, ProductNotFound
from .schemas import CategoryList, CategoryView, GetProduct, ProductList, ProductView, SearchProducts
from .tokens import query_words


@operation(Effect.READ, "GET /categories", who=Who.ANYONE)
async def list_categories(ctx: Context, asked: Page) -> CategoryList:
    """The departments of the shop, with what shoppers call the things in them."""
    key = key_of(asked, int, str)
    count = select(func.count()).where(col(ProductRow.category) == col(CategoryRow.slug)).scalar_subquery()
    statement = select(CategoryRow, count.label("products")).order_by(col(CategoryRow.position), col(CategoryRow.slug))
    if key:
        statement = statement.where(
            _after(col(CategoryRow.position), key[0], col(CategoryRow.slug), key[1], descending=False)
        )
    rows = await ctx.rows(statement.limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return CategoryList(
        items=[
            CategoryView(category=r.slug, name=r.name, names=r.names, keywords=r.keywords, products=r.products)
            for r in page
        ],
        next_cursor=cursor_after(asked, [page[-1].position, page[-1].slug]) if more else None,
    )


@operation(Effect.READ, "GET /products", who=Who.ANYONE)
async def search_products(ctx: Context, asked: SearchProducts) -> ProductList:
    """Find products by words, category, price and stock. Prices are in minor units: 1500 is 15.00.

    When nothing holds every word, products that hold some of them come back and `matched` says so.
    """
    if asked.category and not await ctx.value(
        select(col(CategoryRow.slug)).where(col(CategoryRow.slug) == asked.category)
    ):
        raise CategoryNotFound(asked.category)
    words = query_words(asked.query)
    if not words:
        return await _page(ctx, asked, None)
    for scope in (Scope.OWN, Scope.SHELF):
        found = await _page(ctx, asked, ctx.shop.search.matching(words, every=True, scope=scope))
        if found.items:
            return found
    some = await _page(ctx, asked, ctx.shop.search.matching(words, every=False))
    return some.model_copy(update={"matched": "some_words" if some.items else "all_words"})


@operation(Effect.READ, "GET /products/{product}", who=Who.ANYONE)
async def get_product(ctx: Context, asked: GetProduct) -> ProductView:
    """One product with all its variants, their prices and how many of each can be bought."""
    row = await ctx.row(select(ProductRow).where(col(ProductRow.slug) == asked.product))
    if row is None:
        raise ProductNotFound(asked.product)
    return (await product_views(ctx, [row]))[0]


async def _page(ctx: Context, asked: SearchProducts, matches: Select[Any] | None) -> ProductList:
    statement = select(ProductRow).where(*_filters(asked))
    order: Any = col(ProductRow.lowest_price)
    if asked.sort == "newest":
        order = col(ProductRow.created_at)
    if asked.sort == "relevance":
        order = func.length("")
    if matches is not None:
        found = matches.subquery()
        statement = statement.join(found, found.c.product == col(ProductRow.slug))
        order = found.c.rank if asked.sort == "relevance" else order
    descending = asked.sort in {"price_desc", "newest"}
    statement = statement.add_columns(order.label("sort_key"))
    if key := key_of(asked, str if asked.sort == "newest" else int, str):
        statement = statement.where(
            _after(
                order,
                moment_of(key[0]) if asked.sort == "newest" else key[0],
                col(ProductRow.slug),
                key[1],
                descending=descending,
            )
        )
    rows = await ctx.rows(
        statement.order_by(order.desc() if descending else order, col(ProductRow.slug)).limit(asked.limit + 1)
    )
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return ProductList(
        items=await product_views(ctx, page),
        next_cursor=cursor_after(asked, [_plain(page[-1].sort_key), page[-1].slug]) if more else None,
    )


def _filters(asked: SearchProducts) -> list[ColumnElement[bool]]:
    """Price and stock speak of one and the same variant: red at 12.99 in stock, not red sold out and blue at 12.99."""
    fits: list[ColumnElement[bool]] = [col(VariantRow.product) == col(ProductRow.slug)]
    buyable = col(StockRow.on_hand) > col(StockRow.reserved)
    if asked.min_price is not None:
        fits.append(col(VariantRow.price) >= asked.min_price)
    if asked.max_price is not None:
        fits.append(col(VariantRow.price) <= asked.max_price)
    if asked.in_stock:
        fits += [col(StockRow.sku) == col(VariantRow.sku), buyable]
    found: list[ColumnElement[bool]] = [exists().where(*fits)] if len(fits) > 1 else []
    if asked.in_stock is False:
        left = exists().where(
            col(VariantRow.product) == col(ProductRow.slug), col(StockRow.sku) == col(VariantRow.sku), buyable
        )
        found.append(~left)
    if asked.category:
        found.append(col(ProductRow.category) == asked.category)
    return found


def _after(first: Any, first_key: Any, second: Any, second_key: Any, *, descending: bool) -> ColumnElement[bool]:
    beyond = first < first_key if descending else first > first_key
    return or_(beyond, and_(first == first_key, second > second_key))


def _plain(key: Any) -> str | int:
    return key.isoformat() if isinstance(key, datetime) else int(key)
