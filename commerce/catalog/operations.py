"""Use cases of the catalogue."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlmodel import col

from ..categories.reading import THERE, category_view, held_products, parents_of_all
from ..context import Context
from ..operation import Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import Page
from .cards import CARD, SHOWN, product_views
from .records import CategoryRow, ProductRow
from .refusals import ProductNotFound
from .schemas import CategoryList, GetProduct, ProductList, ProductView, SearchProducts
from .searching import searched


@operation(Effect.READ, "GET /categories", who=Who.ANYONE)
async def list_categories(ctx: Context, asked: Page) -> CategoryList:
    """The departments of the shop, with what shoppers call the things in them."""
    key = key_of(asked, int, str)
    order = (col(CategoryRow.position), col(CategoryRow.slug))
    statement = select(CategoryRow).where(THERE)
    if key:
        statement = statement.where(_after(order[0], key[0], order[1], key[1]))
    rows = await ctx.rows(statement.order_by(*order).limit(asked.limit + 1))
    page = rows[: asked.limit]
    products = await held_products(ctx, await parents_of_all(ctx))
    return CategoryList(
        items=[category_view(row, products) for row in page],
        next_cursor=cursor_after(asked, [page[-1].position, page[-1].slug]) if len(rows) > asked.limit else None,
    )


@operation(Effect.READ, "GET /products", who=Who.ANYONE)
async def search_products(ctx: Context, asked: SearchProducts) -> ProductList:
    """Find products by words, category, merchant, price, attributes and stock. Prices are in minor units: 1500 is 15.00.

    When nothing holds every word, misspelt words are corrected (`corrected_query`), and if that does not help either,
    products that hold some of the words come back; `matched` says so. Of what shall be `without` something, what says
    that it is free of it comes alone; where nothing does, what does not mention it. `facets` counts what the results could be
    narrowed by.
    """
    return await searched(ctx, asked)


LISTED_PRODUCT = select(CARD).where(col(ProductRow.slug) == bindparam("product"), SHOWN)


@operation(Effect.READ, "GET /products/{product}", who=Who.ANYONE)
async def get_product(ctx: Context, asked: GetProduct) -> ProductView:
    """One product with all its variants, their prices and how many of each can be bought."""
    card = await ctx.value(LISTED_PRODUCT, product=asked.product)
    if card is None:
        raise ProductNotFound(asked.product)
    return product_views(ctx, [card])[0]


def _after(first: Any, first_key: Any, second: Any, second_key: Any) -> ColumnElement[bool]:
    return or_(first > first_key, and_(first == first_key, second > second_key))
