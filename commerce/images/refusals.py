"""Refusals of images."""

from dataclasses import dataclass

from ..errors import Conflict, Invalid, NotFound, Unavailable


@dataclass(eq=False)
class ImageUnreadable(Invalid):
    sentence = "This is not a whole JPEG, PNG or WebP image."
    hint = "Send the file itself, in one of these formats; what it is called does not matter."


@dataclass(eq=False)
class ImageTooWide(Invalid):
    width: int
    height: int
    limit: int
    sentence = "The image has {width} × {height} pixels; {limit} in all are the most."
    hint = "Make it smaller."


@dataclass(eq=False)
class ImageMoves(Invalid):
    sentence = "The image is animated."
    hint = "Send a still one."


@dataclass(eq=False)
class ImageNotFound(NotFound):
    product: str
    image: str
    sentence = "{product} has no image {image}."
    hint = "Look at the product to see its images."


@dataclass(eq=False)
class TooManyImages(Conflict):
    product: str
    limit: int
    sentence = "{product} can't have more than {limit} images."
    hint = "Delete one first."


@dataclass(eq=False)
class ImageStoreAway(Unavailable):
    sentence = "The place where images are kept can't be reached; nothing was changed."
    hint = "Try the same again in a moment."
    retry_after = 5
