"""Use cases of categories: the tree, and what admins do to it."""

from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlmodel import col

from ..catalog.goods import grave_for
from ..catalog.records import CategoryRow, ProductRow
from ..catalog.refusals import CategoryNotFound
from ..catalog.schemas import CategoryView
from ..context import Context
from ..listings.schemas import RemovedView
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import Nothing
from .reading import THERE, category_view, held_products, parents_of_all
from .refusals import CategoryExists, CategoryInUse, TooManyCategories
from .rules import MAX_CATEGORIES, depth_first, may_stand, path
from .schemas import CategoryNode, CategoryTree, CreateCategory, DeleteCategory, MoveCategory, UpdateCategory


@operation(Effect.READ, "GET /category-tree", who=Who.ANYONE, surfaces=REST_ONLY)
async def get_category_tree(ctx: Context, asked: Nothing) -> CategoryTree:
    """All categories, each followed by its parts; `products` counts what is in the parts too."""
    parents = await parents_of_all(ctx)
    products = await held_products(ctx, parents)
    rows = {row.slug: row for row in await ctx.rows(select(CategoryRow).where(THERE))}
    return CategoryTree(
        items=[
            CategoryNode(**dict(category_view(rows[slug], products)), depth=len(path(parents, slug)))
            for slug in depth_first(parents)
        ],
        next_cursor=None,
    )


@operation(Effect.WRITE, "POST /categories", who=Who.ADMIN, surfaces=REST_ONLY, creates=True)
async def create_category(ctx: Context, asked: CreateCategory) -> CategoryView:
    """Make a category, at the top or as a part of another one."""
    parents = await _locked_tree(ctx)
    if asked.category in parents:
        raise CategoryExists(asked.category)
    if len(parents) >= MAX_CATEGORIES:
        raise TooManyCategories(MAX_CATEGORIES)
    _place(parents, asked.category, asked.parent)
    await ctx.run(insert(CategoryRow).values(slug=asked.category, **asked.model_dump(exclude={"category"})))
    return await _view(ctx, asked.category)


@operation(Effect.WRITE, "PATCH /categories/{category}", who=Who.ADMIN, surfaces=REST_ONLY)
async def update_category(ctx: Context, asked: UpdateCategory) -> CategoryView:
    """Rename a category, or change what it is found by. What is left out stays as it is."""
    await _category(ctx, asked.category)
    changes = asked.model_dump(exclude={"category"}, exclude_none=True)
    if changes:
        stale = {"stale_at": ctx.now} if changes.keys() != {"position"} else {}
        await ctx.run(update(CategoryRow).where(col(CategoryRow.slug) == asked.category).values(**changes, **stale))
    return await _view(ctx, asked.category)


@operation(Effect.WRITE, "POST /categories/{category}/move", who=Who.ADMIN, surfaces=REST_ONLY)
async def move_category(ctx: Context, asked: MoveCategory) -> CategoryView:
    """Make a category, with all that is in it, a part of another one, or put it at the top."""
    parents = await _locked_tree(ctx)
    if asked.category not in parents:
        raise CategoryNotFound(asked.category)
    _place(parents, asked.category, asked.parent)
    await ctx.run(update(CategoryRow).where(col(CategoryRow.slug) == asked.category).values(parent=asked.parent))
    return await _view(ctx, asked.category)


@operation(Effect.WRITE, "DELETE /categories/{category}", who=Who.ADMIN, surfaces=REST_ONLY)
async def delete_category(ctx: Context, asked: DeleteCategory) -> RemovedView:
    """Delete a category that no product and no other category belongs to."""
    parents = await _locked_tree(ctx)
    row = await _category(ctx, asked.category)
    standing = col(ProductRow.category) == asked.category
    live = select(func.count()).where(standing, col(ProductRow.deleted_at).is_(None))
    products, parts = await ctx.value(live), list(parents.values()).count(asked.category)
    if products or parts:
        raise CategoryInUse(asked.category, products, parts)
    await _bury(ctx, row)
    return RemovedView(removed=asked.category)


async def _bury(ctx: Context, row: Row[Any]) -> None:
    """Deleted products still name it, so it stays for them, under another name."""
    grave = grave_for(ctx)
    await ctx.run(insert(CategoryRow).values(**dict(row._mapping) | {"slug": grave, "deleted_at": ctx.now}))
    await ctx.run(update(ProductRow).where(col(ProductRow.category) == row.slug).values(category=grave))
    await ctx.run(delete(CategoryRow).where(col(CategoryRow.slug) == row.slug))


async def _locked_tree(ctx: Context) -> dict[str, str | None]:
    """The parent of each category; nobody else changes the tree until this is written."""
    tree = select(col(CategoryRow.slug), col(CategoryRow.parent)).where(THERE).order_by(col(CategoryRow.slug))
    return {row.slug: row.parent for row in await ctx.rows(tree.with_for_update())}


def _place(parents: dict[str, str | None], category: str, parent: str | None) -> None:
    if parent is not None and parent not in parents:
        raise CategoryNotFound(parent)
    may_stand(parents, category, parent)


async def _category(ctx: Context, category: str) -> Row[Any]:
    row = await ctx.row(select(CategoryRow).where(col(CategoryRow.slug) == category, THERE).with_for_update())
    if row is None:
        raise CategoryNotFound(category)
    return row


async def _view(ctx: Context, category: str) -> CategoryView:
    return category_view(await _category(ctx, category), await held_products(ctx, await parents_of_all(ctx)))
