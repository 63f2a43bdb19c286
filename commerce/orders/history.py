"""What happened to an order, as rows and as events for the outside."""

from typing import Any

from sqlalchemy import insert

from ..context import Context
from .records import OrderEventRow

WRITE = insert(OrderEventRow)
PRIVATE = {"address"}
"""Facts that stay with the order; listeners outside are not told."""


async def note(ctx: Context, number: str, type: str, **facts: Any) -> dict[str, Any]:
    """`facts` are JSON: which part, which lines, amounts in minor units, why. What is None is left out. Returns the row."""
    told = {name: value for name, value in facts.items() if value is not None}
    row = {"id": ctx.new_id("oev"), "order_number": number, "type": type, "facts": told or None, "at": ctx.now}
    await ctx.add(WRITE, [row])
    ctx.emit(f"order.{type}", order=number, **{name: told[name] for name in told.keys() - PRIVATE})
    return row
