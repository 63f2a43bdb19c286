"""What must be true of the catalogue at any quiet moment; the audit asks."""

from sqlalchemy import select

from ..connections import Connection
from .cards import card_of
from .goods import LISTED, ON_SALE
from .indexing import by_product, in_order
from .records import ProductRow, VariantRow


async def cards_show_what_is_true(db: Connection) -> list[str]:
    """Every product that shoppers see has a card, and it says what product and variants say."""
    variants = by_product((await db.execute(in_order(select(VariantRow).where(*ON_SALE)))).all())
    products = (await db.execute(select(ProductRow).where(LISTED))).all()
    stale = [row.slug for row in products if row.card != card_of(row, variants[row.slug])]
    return [f"the card of {slug} is not what its product and variants say" for slug in stale]


CHECKS = [cards_show_what_is_true]
