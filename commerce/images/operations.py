"""Use cases of images: a product's gallery, in the order that shoppers see it in."""

from typing import Any, NamedTuple

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..catalog.indexing import refresh_cards
from ..catalog.records import ProductRow, VariantRow
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..listings.schemas import OwnProductView
from ..listings.viewing import own_product
from ..listings.writing import managed_product, my_product
from ..operation import REST_ONLY, Effect, Who, operation
from .files import hold, release, store
from .processing import processed
from .refusals import ImageNotFound, TooManyImages
from .schemas import AddImage, DeleteImage, ReplaceImage, UpdateImage

MAX_IMAGES = 20
Gallery = list[dict[str, Any]]


class Stored(NamedTuple):
    """What an upload became."""

    file: str
    width: int
    height: int


async def _take_in(ctx: Context, asked: AddImage | ReplaceImage) -> Stored:
    """Slow, so before the transaction; only for who may."""
    async with ctx.reading() as inside:
        row = await managed_product(inside, asked.product)
    if isinstance(asked, ReplaceImage):
        _find(row, asked.image)
    picture = await processed(asked.content)
    return Stored(await store(ctx, picture), picture.width, picture.height)


@operation(
    Effect.WRITE, "POST /products/{product}/images", who=Who.MERCHANT, surfaces=REST_ONLY, creates=True, before=_take_in
)
async def add_image(ctx: Context, asked: AddImage) -> OwnProductView:
    """Add an image to a product, after those it has; the first one is its head image.

    It is told by its content and not by its name, turned upright, scaled down to 1,600 pixels, and loses all that is not
    a pixel, such as where it was taken.
    """
    row = await my_product(ctx, asked.product)
    gallery = _gallery(row)
    if len(gallery) >= MAX_IMAGES:
        raise TooManyImages(asked.product, MAX_IMAGES)
    await _check_variant(ctx, asked.product, asked.sku)
    await hold(ctx, ctx.prepared.file)
    shown = {"image": ctx.new_id("img"), "alt": asked.alt, "sku": asked.sku}
    return await _write(ctx, asked.product, [*gallery, shown | ctx.prepared._asdict()])


@operation(
    Effect.WRITE, "PUT /products/{product}/images/{image}", who=Who.MERCHANT, surfaces=REST_ONLY, before=_take_in
)
async def replace_image(ctx: Context, asked: ReplaceImage) -> OwnProductView:
    """Put another picture in the place of an image of a product."""
    row = await my_product(ctx, asked.product)
    at, gallery = _find(row, asked.image), _gallery(row)
    await hold(ctx, ctx.prepared.file)
    await release(ctx, [gallery[at]["file"]])
    gallery[at] = gallery[at] | ctx.prepared._asdict()
    return await _write(ctx, asked.product, gallery)


@operation(Effect.WRITE, "PATCH /products/{product}/images/{image}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def update_image(ctx: Context, asked: UpdateImage) -> OwnProductView:
    """Change what is said of an image, which variant it shows, or its place. What is left out stays as it is."""
    row = await my_product(ctx, asked.product)
    at, gallery = _find(row, asked.image), _gallery(row)
    await _check_variant(ctx, asked.product, asked.sku)
    kept = gallery.pop(at) | asked.model_dump(include={"alt", "sku"}, exclude_none=True)
    gallery.insert(at if asked.position is None else asked.position, kept)
    return await _write(ctx, asked.product, gallery)


@operation(Effect.WRITE, "DELETE /products/{product}/images/{image}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def delete_image(ctx: Context, asked: DeleteImage) -> OwnProductView:
    """Delete an image of a product, and return what is left."""
    row = await my_product(ctx, asked.product)
    at, gallery = _find(row, asked.image), _gallery(row)
    await release(ctx, [gallery.pop(at)["file"]])
    return await _write(ctx, asked.product, gallery)


def _gallery(row: Row[Any]) -> Gallery:
    return list(row.gallery or [])


def _find(row: Row[Any], image: str) -> int:
    for at, kept in enumerate(_gallery(row)):
        if kept["image"] == image:
            return at
    raise ImageNotFound(row.slug, image)


async def _check_variant(ctx: Context, product: str, sku: str | None) -> None:
    own = col(VariantRow.sku) == sku, col(VariantRow.product) == product, col(VariantRow.deleted_at).is_(None)
    if sku is not None and await ctx.value(select(col(VariantRow.sku)).where(*own)) is None:
        raise VariantNotFound(sku)


async def _write(ctx: Context, product: str, gallery: Gallery) -> OwnProductView:
    await ctx.run(update(ProductRow).where(col(ProductRow.slug) == product).values(gallery=gallery))
    await refresh_cards(ctx, [product])
    return await own_product(ctx, product)
