"""Refusals of the cart."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class TooManyOfOne(Conflict):
    sku: str
    limit: int
    sentence = "One order holds at most {limit} of {sku}."
    hint = "Ask for fewer."


@dataclass(eq=False)
class CartFull(Conflict):
    limit: int
    sentence = "A cart holds at most {limit} different variants."
    hint = "Check out or remove something first."


@dataclass(eq=False)
class NotInCart(NotFound):
    sku: str
    sentence = "{sku} is not in the cart."
    hint = "Look at the cart, or add it."


@dataclass(eq=False)
class SavedFull(Conflict):
    limit: int
    sentence = "At most {limit} different variants can be saved for later."
    hint = "Remove one of those that are saved first."


@dataclass(eq=False)
class NotSaved(NotFound):
    sku: str
    sentence = "{sku} is not saved for later."
    hint = "List the saved items to see which there are."


@dataclass(eq=False)
class CartEmpty(Conflict):
    sentence = "The cart is empty."
    hint = "Add something first."
