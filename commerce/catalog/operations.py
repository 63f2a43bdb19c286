"""Use cases of the catalogue."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import Page
from .goods import LISTED, product_views
from .records import CategoryRow, ProductRow
from .refusals import ProductNotFound
from .schemas import CategoryList, CategoryView, GetProduct, ProductList, ProductView, SearchProducts
from .searching import searched


@operation(Effect.READ, "GET /categories", who=Who.ANYONE)
async def list_categories(ctx: Context, asked: Page) -> CategoryList:
    """The departments of the shop, with what shoppers call the things in them."""
    key = key_of(asked, int, str)
    shown = col(ProductRow.category) == col(CategoryRow.slug), LISTED
    count = select(func.count()).where(*shown).scalar_subquery()
    statement = select(CategoryRow, count.label("products")).order_by(col(CategoryRow.position), col(CategoryRow.slug))
    if key:
        statement = statement.where(_after(col(CategoryRow.position), key[0], col(CategoryRow.slug), key[1]))
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
    """Find products by words, category, merchant, price, attributes and stock. Prices are in minor units: 1500 is 15.00.

    When nothing holds every word, misspelt words are corrected (`corrected_query`), and if that does not help either,
    products that hold some of the words come back; `matched` says so. `facets` counts what the results could be
    narrowed by.
    """
    return await searched(ctx, asked)


@operation(Effect.READ, "GET /products/{product}", who=Who.ANYONE)
async def get_product(ctx: Context, asked: GetProduct) -> ProductView:
    """One product with all its variants, their prices and how many of each can be bought."""
    row = await ctx.row(select(ProductRow).where(col(ProductRow.slug) == asked.product, LISTED))
    if row is None:
        raise ProductNotFound(asked.product)
    return (await product_views(ctx, [row]))[0]


def _after(first: Any, first_key: Any, second: Any, second_key: Any) -> ColumnElement[bool]:
    return or_(first > first_key, and_(first == first_key, second > second_key))
