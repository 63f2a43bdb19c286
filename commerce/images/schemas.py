"""Inputs of images."""

from typing import Annotated

from pydantic import Field

from ..ids import Id, Sku, Slug
from ..views import DIGESTED, Input, Line, Upload

MAX_BYTES = 12 * 2**20
ImageBytes = Annotated[
    bytes, Field(max_length=MAX_BYTES), Upload(MAX_BYTES, ("image/jpeg", "image/png", "image/webp")), DIGESTED
]
Alt = Annotated[Line, Field(max_length=300)]


class AddImage(Input):
    product: Slug = Field(description="One of the merchant's products.")
    content: ImageBytes = Field(description="A JPEG, PNG or WebP image, not animated.")
    alt: Alt = Field("", description="What it shows, for those who can't see it.")
    sku: Sku | None = Field(None, description="The variant that it shows; left out, it shows the whole product.")


class ReplaceImage(Input):
    product: Slug = Field(description="One of the merchant's products.")
    image: Id = Field(description="One of its images.")
    content: ImageBytes = Field(description="A JPEG, PNG or WebP image, not animated.")


class UpdateImage(Input):
    product: Slug = Field(description="One of the merchant's products.")
    image: Id = Field(description="One of its images.")
    alt: Alt | None = Field(None, description="What it shows, for those who can't see it.")
    sku: Sku | None = Field(None, description="The variant that it shows.")
    position: int | None = Field(None, ge=0, le=100, description="Its new place; 0 makes it the head image.")


class DeleteImage(Input):
    product: Slug = Field(description="One of the merchant's products.")
    image: Id = Field(description="One of its images.")
