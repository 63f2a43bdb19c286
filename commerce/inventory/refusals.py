"""Refusals of the stock."""

from dataclasses import dataclass

from ..errors import Conflict


@dataclass(eq=False)
class OutOfStock(Conflict):
    sku: str
    wanted: int
    available: int
    sentence = "Only {available} of {sku} are left; {wanted} asked."
    hint = "Offer the available quantity or another variant."


@dataclass(eq=False)
class StockPromised(Conflict):
    sku: str
    on_hand: int
    reserved: int
    sentence = "{reserved} of the {on_hand} pieces of {sku} are promised to orders and can't be taken away."
    hint = "Leave at least as many as are promised, or cancel orders first."


@dataclass(eq=False)
class StockMoved(Conflict):
    sku: str
    expected: int
    on_hand: int
    sentence = "There were {expected} of {sku} when you looked, and now there are {on_hand}."
    hint = "Look at the stock again, and count once more."


@dataclass(eq=False)
class TooMuchStock(Conflict):
    sku: str
    limit: int
    sentence = "There can't be more than {limit} of {sku}."
    hint = "Check the number."
