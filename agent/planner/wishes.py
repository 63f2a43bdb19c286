"""A wish: what one clause of the shopper's message asks for, with everything it names."""

from dataclasses import dataclass
from decimal import Decimal

from .lexicon import Intent


@dataclass(frozen=True)
class Wish:
    """Prices are in major units, as they are spoken; ordinals count from 1, and -1 is the last.

    A quantity of -1 was said as a number that none can be.
    """

    intent: Intent
    text: str = ""
    words: tuple[str, ...] = ()
    quantity: int | None = None
    ordinals: tuple[int, ...] = ()
    first: int = 0
    pronoun: bool = False
    everything: bool = False
    comparison: str = ""
    sort: str = ""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    coupons: tuple[str, ...] = ()
    order: str = ""
    skus: tuple[str, ...] = ()
    product: str = ""
    """Id of a product, once a question has settled which."""
    address: str = ""
    delivery: str = ""
    payment: str = ""
    reason: str = ""

    @property
    def shares(self) -> bool:
        """ "Two each": a number for all that was named before."""
        named = self.words or self.ordinals or self.skus or self.comparison or self.sort
        return self.everything and self.quantity is not None and not named

    @property
    def filtered(self) -> bool:
        return bool(self.sort or self.comparison or self.min_price or self.max_price or self.in_stock is not None)

    @property
    def settles(self) -> bool:
        """Whether it says how a quote shall be made."""
        return bool(self.address or self.delivery or self.payment or self.coupons)

    @property
    def points(self) -> bool:
        """Whether it points at something already shown."""
        return bool(self.ordinals or self.first or self.pronoun or self.skus or self.product or self.everything)

    @property
    def names_something(self) -> bool:
        return bool(self.words or self.points or self.comparison or self.sort)
