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
    before: tuple[str, ...] = ()
    """Words that it takes back: "two red yo-yos, no, green"."""
    quantity: int | None = None
    ordinals: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    """ "The last two"."""
    pronoun: bool = False
    one: bool = False
    """ "A blue one": a thing named before."""
    that_one: bool = False
    """ "The blue one": a thing that was shown."""
    definite: bool = False
    """ "The blue waffle blanket": a thing both know of."""
    wanted: bool = False
    """Said as wanting a thing, whether it is to be found or taken."""
    everything: bool = False
    comparison: str = ""
    sort: str = ""
    ordered: bool = False
    """ "Cheapest first": the list in another order, not one thing of it."""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    free_shipping: bool = False
    excluded: tuple[str, ...] = ()
    """Words that what is found shall not hold."""
    seller: str = ""
    """What may be the name of a merchant."""
    old: str = ""
    new: str = ""
    """The two sides of a swap, as typed."""
    coupons: tuple[str, ...] = ()
    order: str = ""
    skus: tuple[str, ...] = ()
    product: str = ""
    """Id of a product, once a question has settled which."""
    address: str = ""
    delivery: str = ""
    payment: str = ""
    gift_card: bool = False
    reason: str = ""
    carrier: str = ""
    tracking: str = ""

    @property
    def shares(self) -> bool:
        """ "Two each": a number for all that was named before."""
        named = self.words or self.ordinals or self.skus or self.comparison or self.sort
        return self.everything and self.quantity is not None and not named

    @property
    def latest(self) -> bool:
        """ "My last order"."""
        return self.ordinals == (-1,) or self.last == 1 or self.sort == "newest"

    @property
    def limited(self) -> bool:
        """Whether it says what goods must be like, besides their words."""
        priced = self.min_price or self.max_price
        return bool(priced or self.in_stock is not None or self.free_shipping or self.excluded or self.seller)

    @property
    def filtered(self) -> bool:
        return bool(self.sort or self.comparison or self.limited)

    @property
    def settles(self) -> bool:
        """Whether it says how a quote shall be made."""
        return bool(self.address or self.delivery or self.payment or self.coupons or self.gift_card)

    @property
    def points(self) -> bool:
        """Whether it points at something already shown."""
        pointed = self.ordinals or self.first or self.last or self.pronoun or self.that_one
        return bool(pointed or self.skus or self.product or self.everything)

    @property
    def names_something(self) -> bool:
        return bool(self.words or self.points or self.comparison or self.sort)
