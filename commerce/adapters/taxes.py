"""Where tax rates come from: the shop's own table, or a service that is plugged in.

It is asked inside the transaction that makes a quote, so whoever implements it answers from what it has at hand: a table,
or rates that a job fetched before.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..connections import Connection


class TaxRate(NamedTuple):
    """A rate of a country, of one of its regions, or of a category of goods there; what is empty does not narrow it."""

    region: str
    category: str
    basis_points: int
    on_delivery: bool


class Taxes(Protocol):
    async def at(self, db: Connection, country: str, region: str) -> Sequence[TaxRate]:
        """The rates that hold where goods are delivered to; none where nothing is taxed."""
