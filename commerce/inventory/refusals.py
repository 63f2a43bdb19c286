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
