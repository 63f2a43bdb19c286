"""Refusals of merchants."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class MerchantNotFound(NotFound):
    merchant: str
    sentence = "There is no merchant {merchant}."
    hint = "List the merchants to see which there are."


@dataclass(eq=False)
class MerchantTaken(Conflict):
    merchant: str
    sentence = "There is already a merchant {merchant}."
    hint = "Choose another short name, or use the one that is there."
