"""Use cases of merchants: anyone sees who sells here, admins say who does."""

from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import col

from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import ListView
from .records import MerchantRow
from .refusals import MerchantNotFound, MerchantTaken
from .schemas import CreateMerchant, GetMerchant, ListMerchants, MerchantView, UpdateMerchant


@operation(Effect.READ, "GET /merchants", who=Who.ANYONE)
async def list_merchants(ctx: Context, asked: ListMerchants) -> ListView[MerchantView]:
    """Who sells in this shop, in the order of their short names."""
    statement = select(MerchantRow).order_by(col(MerchantRow.slug)).limit(asked.limit + 1)
    if key := key_of(asked, str):
        statement = statement.where(col(MerchantRow.slug) > key[0])
    rows = await ctx.rows(statement)
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].slug]) if len(rows) > asked.limit else None
    return ListView(items=[_view(row) for row in page], next_cursor=more)


@operation(Effect.READ, "GET /merchants/{merchant}", who=Who.ANYONE)
async def get_merchant(ctx: Context, asked: GetMerchant) -> MerchantView:
    """One merchant of this shop, by its short name."""
    return await _known(ctx, asked.merchant)


@operation(Effect.WRITE, "POST /merchants", who=Who.ADMIN, surfaces=REST_ONLY, creates=True)
async def create_merchant(ctx: Context, asked: CreateMerchant) -> MerchantView:
    """Let a new merchant sell in this shop. Make an account its person with `change_role`."""
    await put_merchant(ctx, asked.merchant, asked.name, asked.names)
    return MerchantView(merchant=asked.merchant, name=asked.name, names=asked.names)


async def put_merchant(ctx: Context, slug: str, name: str, names: dict[str, str]) -> None:
    if await ctx.value(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == slug)):
        raise MerchantTaken(slug)
    await ctx.run(insert(MerchantRow).values(slug=slug, name=name, names=names, created_at=ctx.now))


@operation(Effect.WRITE, "PATCH /merchants/{merchant}", who=Who.ADMIN, surfaces=REST_ONLY)
async def update_merchant(ctx: Context, asked: UpdateMerchant) -> MerchantView:
    """Rename a merchant. What is left out stays; the short name is for good."""
    named = update(MerchantRow).where(col(MerchantRow.slug) == asked.merchant)
    changes = asked.model_dump(exclude={"merchant"}, exclude_none=True)
    if changes:
        await ctx.run(named.values(**changes))
    return await _known(ctx, asked.merchant)


async def _known(ctx: Context, slug: str) -> MerchantView:
    row = await ctx.row(select(MerchantRow).where(col(MerchantRow.slug) == slug))
    if row is None:
        raise MerchantNotFound(slug)
    return _view(row)


def _view(row: Row[Any]) -> MerchantView:
    return MerchantView(merchant=row.slug, name=row.name, names=row.names)
