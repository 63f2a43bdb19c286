"""Tables of images."""

from datetime import datetime

from sqlmodel import Field

from ..database import ID, Moment, Record


class ImageFileRow(Record, table=True):
    """A file in the image store. It is written down before it is stored, so that none is ever forgotten there."""

    __tablename__ = "image_file"

    file: str = Field(primary_key=True, sa_type=ID)
    due_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    """When it is to be removed; None while a product shows it."""
