"""Where tax rates come from: the shop's own table, or a service that is plugged in.

It is asked in the statement that reads all that a quote depends on, so whoever implements it answers from a table of its
own, which a job may fill from a service.
"""

from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select


class TaxRate(NamedTuple):
    """A rate of a country, of one of its regions, or of a category of goods there; what is empty does not narrow it."""

    region: str
    category: str
    basis_points: int
    on_delivery: bool


class Taxes(Protocol):
    def __hash__(self) -> int:
        """Equal ones have equal statements."""

    @property
    def rates(self) -> Select[Any]:
        """The rates of a place, with the columns of TaxRate; `country` and `region` (in capitals) are bound to it."""
