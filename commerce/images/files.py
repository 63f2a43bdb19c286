"""Files of images: written down, stored, held by a product, and removed when nobody shows them."""

from collections.abc import Iterable
from datetime import timedelta

from loguru import logger
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..context import Context
from ..errors import Busy
from .processing import Picture
from .records import ImageFileRow
from .refusals import ImageStoreAway

UNUSED = timedelta(hours=1)
"""After this long a file that no product took is given up."""
LATER = timedelta(minutes=10)
BATCH = 50


def names_of(file: str) -> tuple[str, str]:
    """Of the image and of its thumbnail."""
    return f"{file}.webp", f"{file}-small.webp"


async def store(ctx: Context, picture: Picture) -> str:
    """Outside any transaction. The file is nobody's until it is held, and given up if it never is."""
    file = ctx.new_id("file").partition("_")[2].lower()
    async with ctx.writing() as inside:
        await inside.run(insert(ImageFileRow).values(file=file, due_at=ctx.now + UNUSED))
    for name, content in zip(names_of(file), (picture.full, picture.small), strict=True):
        await ctx.shop.images.put(name, content)
    return file


async def hold(ctx: Context, file: str) -> None:
    """A product shows it from now on."""
    stored = col(ImageFileRow.file) == file, col(ImageFileRow.due_at) > ctx.now
    if not await ctx.run(update(ImageFileRow).where(*stored).values(due_at=None)):
        raise Busy()


async def release(ctx: Context, files: Iterable[str]) -> None:
    """No product shows them any more; the files go once this is committed."""
    await ctx.run(update(ImageFileRow).where(col(ImageFileRow.file).in_(sorted(files))).values(due_at=ctx.now))


async def remove_unused(ctx: Context) -> int:
    """The job: removes files whose time has come. Removing one twice does no harm."""
    due = col(ImageFileRow.due_at) <= ctx.now
    async with ctx.reading() as inside:
        rows = await inside.rows(
            select(col(ImageFileRow.file)).where(due).order_by(col(ImageFileRow.due_at)).limit(BATCH)
        )
    for row in rows:
        mine = col(ImageFileRow.file) == row.file, due
        try:
            for name in names_of(row.file):
                await ctx.shop.images.remove(name)
        except ImageStoreAway:
            logger.warning("image {} could not be removed and is tried again", row.file)
            async with ctx.writing() as inside:
                await inside.run(update(ImageFileRow).where(*mine).values(due_at=ctx.now + LATER))
            continue
        async with ctx.writing() as inside:
            await inside.run(delete(ImageFileRow).where(*mine))
    return len(rows)
