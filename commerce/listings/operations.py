"""Use cases of listings: a merchant's products."""

from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..catalog.filters import below
from ..catalog.goods import LISTED, grave_for
from ..catalog.indexing import reindex
from ..catalog.records import ProductRow, VariantRow
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..images.files import release
from ..inventory.records import StockRow
from ..merchants.records import MerchantRow
from ..merchants.refusals import MerchantNotFound
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from .refusals import MerchantNotNamed, ProductExists
from .rules import slug_of
from .schemas import (
    CreateProduct,
    ListMyProducts,
    MyProduct,
    OnSale,
    OwnProductList,
    OwnProductView,
    RemovedView,
    UpdateProduct,
)
from .viewing import own_product, own_products
from .writing import add_variants, category_for_goods, insert_product, managed_product, my_product


@operation(Effect.WRITE, "POST /products", who=Who.MERCHANT, surfaces=REST_ONLY, creates=True)
async def create_product(ctx: Context, asked: CreateProduct) -> OwnProductView:
    """Put a new product on the merchant's list, with its variants or without; shoppers see it once a variant is on sale."""
    merchant = await merchant_for(ctx, asked.merchant)
    await category_for_goods(ctx, asked.category)
    slug = await _free_slug(ctx, asked)
    await insert_product(ctx, slug, merchant, asked.model_dump(exclude={"product", "merchant", "variants"}))
    await add_variants(ctx, await my_product(ctx, slug), asked.variants)
    await reindex(ctx, [slug])
    return await own_product(ctx, slug)


@operation(Effect.READ, "GET /merchant/products", who=Who.MERCHANT)
async def list_my_products(ctx: Context, asked: ListMyProducts) -> OwnProductList:
    """The merchant's own products, newest first, also those that are not on sale: prices, stock and what shoppers see."""
    newest_first = (col(ProductRow.created_at), col(ProductRow.slug))
    statement = select(ProductRow).where(*_wanted(ctx, asked))
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(*newest_first) < sa_tuple(moment_of(key[0]), key[1]))
    rows = await ctx.rows(statement.order_by(*(column.desc() for column in newest_first)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return OwnProductList(
        items=await own_products(ctx, page),
        next_cursor=cursor_after(asked, [page[-1].created_at.isoformat(), page[-1].slug]) if more else None,
    )


@operation(Effect.READ, "GET /merchant/products/{product}", who=Who.MERCHANT)
async def get_my_product(ctx: Context, asked: MyProduct) -> OwnProductView:
    """One of the merchant's own products, also one that is not on sale."""
    return (await own_products(ctx, [await managed_product(ctx, asked.product)]))[0]


@operation(Effect.WRITE, "PATCH /products/{product}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def update_product(ctx: Context, asked: UpdateProduct) -> OwnProductView:
    """Change what a product says of itself. What is left out stays as it is."""
    if asked.category:
        await category_for_goods(ctx, asked.category)
    await my_product(ctx, asked.product)
    return await _change(ctx, asked.product, asked.model_dump(exclude={"product"}, exclude_none=True))


@operation(Effect.WRITE, "POST /products/{product}/put-on-sale", who=Who.MERCHANT)
async def put_on_sale(ctx: Context, asked: OnSale) -> OwnProductView:
    """Let shoppers see and buy one of the merchant's products again, or one variant of it."""
    return await _sell(ctx, asked, on_sale=True)


@operation(Effect.WRITE, "POST /products/{product}/take-off-sale", who=Who.MERCHANT)
async def take_off_sale(ctx: Context, asked: OnSale) -> OwnProductView:
    """Hide one of the merchant's products from shoppers, or one variant of it; what was ordered before stays as it is."""
    return await _sell(ctx, asked, on_sale=False)


@operation(Effect.WRITE, "DELETE /products/{product}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def delete_product(ctx: Context, asked: MyProduct) -> RemovedView:
    """Delete a product and its images. Its short name is free again, its SKUs stay the merchant's to use again; orders keep
    what they hold."""
    row = await my_product(ctx, asked.product)
    grave = grave_for(ctx)
    kept = dict(row._mapping) | {"slug": grave, "deleted_at": ctx.now, "listed": False, "on_sale": False}
    await ctx.run(insert(ProductRow).values(**kept | {"gallery": None, "card": None}))
    variants = update(VariantRow).where(col(VariantRow.product) == asked.product)
    await ctx.run(variants.where(col(VariantRow.deleted_at).is_(None)).values(deleted_at=ctx.now))
    await ctx.run(variants.values(product=grave))
    await ctx.run(delete(ProductRow).where(col(ProductRow.slug) == asked.product))
    await release(ctx, [image["file"] for image in row.gallery or []])
    await reindex(ctx, [asked.product])
    return RemovedView(removed=asked.product)


async def merchant_for(ctx: Context, named: str | None) -> str:
    """For whom goods are made: the caller's merchant, or the one that an admin names."""
    merchant = named or ctx.caller.merchant
    if merchant is None:
        raise MerchantNotNamed()
    known = await ctx.value(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == merchant))
    if known is None or not ctx.caller.may_manage(merchant):
        raise MerchantNotFound(merchant)
    return merchant


async def _free_slug(ctx: Context, asked: CreateProduct) -> str:
    wanted = asked.product or slug_of(asked.name)
    taken = await ctx.value(select(col(ProductRow.slug)).where(col(ProductRow.slug) == wanted))
    if taken and asked.product:
        raise ProductExists(asked.product)
    if wanted and not taken:
        return wanted
    return f"{wanted or 'product'}-{ctx.new_id('slug')[-6:].lower()}"


async def _sell(ctx: Context, asked: OnSale, *, on_sale: bool) -> OwnProductView:
    await my_product(ctx, asked.product)
    if asked.sku is None:
        return await _change(ctx, asked.product, {"on_sale": on_sale})
    own = col(VariantRow.product) == asked.product, col(VariantRow.deleted_at).is_(None)
    named = col(VariantRow.sku) == asked.sku
    if await ctx.value(select(col(VariantRow.sku)).where(*own, named)) is None:
        raise VariantNotFound(asked.sku)
    await ctx.run(update(VariantRow).where(*own, named).values(on_sale=on_sale))
    return await _change(ctx, asked.product, {})


async def _change(ctx: Context, product: str, values: dict[str, Any]) -> OwnProductView:
    if values:
        await ctx.run(update(ProductRow).where(col(ProductRow.slug) == product).values(**values))
    await reindex(ctx, [product])
    return await own_product(ctx, product)


def _wanted(ctx: Context, asked: ListMyProducts) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(ProductRow.deleted_at).is_(None)]
    if ctx.caller.role != "admin":
        found.append(col(ProductRow.merchant) == ctx.caller.merchant)
    if asked.merchant:
        found.append(col(ProductRow.merchant) == asked.merchant)
    if asked.category:
        found.append(col(ProductRow.category).in_(below(asked.category)))
    if asked.on_sale is not None:
        found.append(LISTED if asked.on_sale else ~LISTED)
    if asked.low_stock:
        found.append(exists().where(*_low_variant()))
    return found


def _low_variant() -> list[ColumnElement[bool]]:
    return [
        col(VariantRow.product) == col(ProductRow.slug),
        col(VariantRow.deleted_at).is_(None),
        col(StockRow.sku) == col(VariantRow.sku),
        col(StockRow.on_hand) - col(StockRow.reserved) <= col(StockRow.low_stock_at),
    ]
