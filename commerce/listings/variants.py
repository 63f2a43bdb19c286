"""Use cases of listings: variants, their attributes, and the versions of their prices."""

from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from ..catalog.indexing import reindex
from ..catalog.records import ProductRow, VariantRow
from ..catalog.refusals import VariantNotFound
from ..confirmations.schemas import Terms
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from .records import PriceRow
from .rules import tell_apart
from .schemas import (
    AddVariant,
    ChangePrice,
    ListPrices,
    MyVariant,
    OwnProductView,
    PriceList,
    PriceView,
    RemovedView,
    SetAttributes,
    UpdateVariant,
)
from .viewing import own_product
from .writing import add_variants, my_product, my_variant, note_prices


@operation(Effect.WRITE, "POST /products/{product}/variants", who=Who.MERCHANT, surfaces=REST_ONLY, creates=True)
async def add_variant(ctx: Context, asked: AddVariant) -> OwnProductView:
    """Add a variant to a product. The SKU of a variant that was deleted can be used again, by its merchant alone."""
    await add_variants(ctx, await my_product(ctx, asked.product), [asked])
    await reindex(ctx, [asked.product])
    return await own_product(ctx, asked.product)


@operation(Effect.WRITE, "PATCH /variants/{sku}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def update_variant(ctx: Context, asked: UpdateVariant) -> OwnProductView:
    """Change a variant. What is left out stays as it is; a new price opens a new version."""
    row = await my_variant(ctx, asked.sku)
    values = asked.model_dump(exclude={"sku"}, exclude_none=True)
    if asked.attributes is not None:
        await put_attributes(ctx, row.product, {asked.sku: {"attributes": asked.attributes}})
    return await _change(ctx, row.product, asked.sku, values)


async def _price_terms(ctx: Context, asked: ChangePrice) -> Terms:
    row = await my_variant(ctx, asked.sku)
    product = await my_product(ctx, row.product)
    told = f"{ctx.money(asked.price)} instead of {ctx.money(row.price)}"
    if row.price:
        told += f" ({(asked.price - row.price) / row.price:+.1%})"
    return Terms(
        operation="change_price", summary=f"{product.name} ({asked.sku}) costs {told}, from now on and for everybody."
    )


@operation(Effect.COMMIT, "POST /variants/{sku}/prices", who=Who.MERCHANT, terms=_price_terms)
async def change_price(ctx: Context, asked: ChangePrice) -> OwnProductView:
    """Change the price of one of the merchant's variants; carts and quotes that show the old one are told so."""
    row = await my_variant(ctx, asked.sku)
    return await _change(ctx, row.product, asked.sku, {"price": asked.price})


@operation(Effect.READ, "GET /variants/{sku}/prices", who=Who.ANYONE)
async def list_prices(ctx: Context, asked: ListPrices) -> PriceList:
    """The prices that a variant has had, newest first."""
    sold = (
        select(col(VariantRow.sku), col(ProductRow.merchant))
        .join(ProductRow, col(ProductRow.slug) == col(VariantRow.product))
        .where(col(VariantRow.sku) == asked.sku, col(VariantRow.deleted_at).is_(None))
        .add_columns(col(ProductRow.listed), col(VariantRow.on_sale))
    )
    row = await ctx.row(sold)
    if row is None or not ((row.listed and row.on_sale) or ctx.caller.may_manage(row.merchant)):
        raise VariantNotFound(asked.sku)
    statement = select(PriceRow).where(col(PriceRow.sku) == asked.sku)
    if key := key_of(asked, int):
        statement = statement.where(col(PriceRow.version) < key[0])
    rows = await ctx.rows(statement.order_by(col(PriceRow.version).desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    return PriceList(
        items=[
            PriceView(
                version=r.version,
                price=ctx.money(r.price),
                previous=None if r.previous is None else ctx.money(r.previous),
                at=r.at,
            )
            for r in page
        ],
        next_cursor=cursor_after(asked, [page[-1].version]) if len(rows) > asked.limit else None,
    )


@operation(Effect.WRITE, "PATCH /products/{product}/attributes", who=Who.MERCHANT, surfaces=REST_ONLY)
async def set_attributes(ctx: Context, asked: SetAttributes) -> OwnProductView:
    """Set what the variants of a product are told apart by, several at once: so an attribute can be added or removed."""
    await my_product(ctx, asked.product)
    await put_attributes(ctx, asked.product, {v.sku: v.model_dump(exclude={"sku"}) for v in asked.variants})
    await reindex(ctx, [asked.product])
    return await own_product(ctx, asked.product)


@operation(Effect.WRITE, "DELETE /variants/{sku}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def delete_variant(ctx: Context, asked: MyVariant) -> RemovedView:
    """Delete a variant. Adding its SKU again brings it back; what was ordered stays ordered."""
    row = await my_variant(ctx, asked.sku)
    await ctx.run(update(VariantRow).where(col(VariantRow.sku) == asked.sku).values(deleted_at=ctx.now))
    await reindex(ctx, [row.product])
    return RemovedView(removed=asked.sku)


async def put_attributes(ctx: Context, product: str, changes: dict[str, dict[str, Any]]) -> None:
    """`changes`: columns by SKU. The product is locked; the whole family is judged as it will be."""
    own = col(VariantRow.product) == product, col(VariantRow.deleted_at).is_(None)
    held = {row.sku: row.attributes for row in await ctx.rows(select(VariantRow).where(*own))}
    for sku, change in changes.items():
        if sku not in held:
            raise VariantNotFound(sku)
        held[sku] = change["attributes"]
    tell_apart(product, held)
    for sku, change in changes.items():
        await ctx.run(update(VariantRow).where(col(VariantRow.sku) == sku).values(**change))


async def _change(ctx: Context, product: str, sku: str, values: dict[str, Any]) -> OwnProductView:
    if values:
        await ctx.run(update(VariantRow).where(col(VariantRow.sku) == sku).values(**values))
    if "price" in values:
        await note_prices(ctx, {sku: values["price"]})
    await reindex(ctx, [product])
    return await own_product(ctx, product)
