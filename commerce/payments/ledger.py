"""The ledger: every movement of money has two sides that cancel out."""

from sqlalchemy import insert

from ..context import Context
from .records import LedgerRow

GATEWAY = "gateway"
"""What the payment provider owes us."""
SALES = "sales"


async def record(ctx: Context, transfer: str, order: str, amount: int, *, debit: str, credit: str) -> None:
    """Moves `amount` minor units from the book `credit` to the book `debit`."""
    common = {"transfer": transfer, "order_number": order, "currency": ctx.shop.settings.currency, "at": ctx.now}
    sides = [(debit, amount), (credit, -amount)]
    await ctx.db.execute(
        insert(LedgerRow), [common | {"id": ctx.new_id("led"), "book": b, "amount": a} for b, a in sides]
    )
