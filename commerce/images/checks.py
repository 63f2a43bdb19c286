"""What must be true of images at any quiet moment; the audit asks."""

from sqlalchemy import select
from sqlmodel import col

from ..catalog.records import ProductRow
from ..connections import Connection, rows_of
from .records import ImageFileRow


async def every_image_has_its_file_and_every_file_its_image(db: Connection) -> list[str]:
    shown = {
        image["file"]: r.slug
        for r in await rows_of(db, select(col(ProductRow.slug), col(ProductRow.gallery)))
        for image in r.gallery or []
    }
    held = {r.file for r in await rows_of(db, select(ImageFileRow).where(col(ImageFileRow.due_at).is_(None)))}
    missing = [f"an image of {shown[file]} has no file {file}" for file in sorted(shown.keys() - held)]
    return missing + [f"file {file} is held and no product shows it" for file in sorted(held - shown.keys())]


CHECKS = [
    every_image_has_its_file_and_every_file_its_image,
]
