"""The books, and how a movement of money is written into two of them."""

from typing import Any, Literal

from sqlalchemy import insert

from ..context import Context
from .records import LedgerRow, TransferRow

TransferType = Literal["payment", "refund", "gift_card_issue", "gift_card_use", "gift_card_return", "fee", "adjustment"]
Book = Literal["gateway", "sales", "refunds", "gift_cards", "promotions", "fees", "adjustments"]
"""gateway: what the payment provider owes the shop. gift_cards: what the shop owes the holders of its cards.
promotions: what was given away. refunds: sales that were given back."""


WRITE_TRANSFER = insert(TransferRow)
WRITE_SIDES = insert(LedgerRow)


async def transfer(
    ctx: Context,
    id: str,
    type: TransferType,
    amount: int,
    *,
    debit: Book,
    credit: Book,
    **about: Any,
) -> None:
    """Moves `amount` minor units from the book `credit` to the book `debit`. `about`: order_number, gift_card, reason, made_by."""
    common = {"currency": ctx.shop.settings.currency, "at": ctx.now}
    await ctx.add(WRITE_TRANSFER, [common | about | {"id": id, "type": type, "amount": amount}])
    sides = [(debit, amount), (credit, -amount)]
    rows = [common | {"id": ctx.new_id("led"), "transfer": id, "book": book, "amount": a} for book, a in sides]
    await ctx.add(WRITE_SIDES, rows)
