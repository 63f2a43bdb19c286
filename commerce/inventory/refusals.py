"""Refusals of the stock."""

from dataclasses import dataclass

from ..errors import Conflict, Limited, NotFound


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


@dataclass(eq=False)
class StillInStock(Conflict):
    sku: str
    available: int
    sentence = "{sku} is not sold out: {available} can be bought now."
    hint = "Put it into the cart."


@dataclass(eq=False)
class StockAlertNotFound(NotFound):
    sku: str
    sentence = "Nobody waits for {sku} here."
    hint = "List the alerts to see which there are."


@dataclass(eq=False)
class TooManyStockAlerts(Limited):
    limit: int
    sentence = "A shopper can wait for {limit} things at most."
    hint = "Give up waiting for something else first."
