"""What happened to an order, as rows and as events for the outside."""

from sqlalchemy import insert

from ..context import Context
from .records import OrderEventRow


async def note(ctx: Context, number: str, type: str) -> None:
    await ctx.run(insert(OrderEventRow).values(id=ctx.new_id("oev"), order_number=number, type=type, at=ctx.now))
    ctx.emit(f"order.{type}", order=number)
