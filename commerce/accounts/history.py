"""What was done to an account and by whom: rows that are only added."""

from typing import Any

from sqlalchemy import insert

from ..context import Context
from .records import AccountEventRow


async def note(ctx: Context, account: str, type: str, **data: Any) -> None:
    """In the transaction that does it. `data` holds nothing personal: it outlives the account."""
    await ctx.run(
        insert(AccountEventRow).values(
            id=ctx.new_id("aev"), account=account, actor=ctx.caller.account, type=type, data=data, at=ctx.now
        )
    )
