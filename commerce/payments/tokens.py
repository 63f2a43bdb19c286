"""Payment tokens: the right to pay one order once, bound to the order, its person and what it costs.

A token is 256 random bits of which only the hash is kept. Nothing in it is trusted, so there is nothing to verify: what
it allows stands in its row, and is compared with what is true now when it is used.
"""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from ..context import Context
from .charges import open_charge, outstanding, payable
from .records import PaymentTokenRow
from .refusals import PaymentAmountChanged, PaymentTokenExpired, PaymentTokenNotFound, PaymentTokenUsed
from .schemas import PaymentTokenView

LIFE = timedelta(minutes=15)


async def create_token(ctx: Context, number: str) -> PaymentTokenView:
    """For the caller's order that can be paid now; it ends with the order's time to pay."""
    order = await payable(ctx, number)
    amount = await outstanding(ctx, order)
    token = secrets.token_urlsafe(32)
    ends = min(ctx.now + LIFE, order.pay_until)
    bound = {"order_number": number, "account": ctx.caller.account, "amount": amount}
    times = {"created_at": ctx.now, "expires_at": ends}
    await ctx.run(insert(PaymentTokenRow).values(token_hash=_hash(token), **bound, **times))
    return PaymentTokenView(payment_token=token, order=number, amount=ctx.money(amount), expires_at=ends)


async def pay_by_token(ctx: Context, number: str, token: str, payment_method: str) -> str:
    """Uses the token and opens the charge, both or neither. The charge's id."""
    order = await payable(ctx, number)
    row = await ctx.row(
        select(PaymentTokenRow).where(
            col(PaymentTokenRow.token_hash) == _hash(token),
            col(PaymentTokenRow.order_number) == number,
            col(PaymentTokenRow.account) == ctx.caller.account,
        )
    )
    if row is None:
        raise PaymentTokenNotFound(number)
    if row.expires_at <= ctx.now:
        raise PaymentTokenExpired(number)
    amount = await outstanding(ctx, order)
    if row.amount != amount:
        raise PaymentAmountChanged(number, str(ctx.money(row.amount)), str(ctx.money(amount)))
    unused = col(PaymentTokenRow.token_hash) == row.token_hash, col(PaymentTokenRow.used_at).is_(None)
    if not await ctx.run(update(PaymentTokenRow).where(*unused).values(used_at=ctx.now)):
        raise PaymentTokenUsed(number)
    payment = await open_charge(ctx, number, payment_method)
    mine = col(PaymentTokenRow.token_hash) == row.token_hash
    await ctx.run(update(PaymentTokenRow).where(mine).values(payment=payment))
    return payment


async def forget_old_tokens(ctx: Context) -> int:
    return await ctx.run(delete(PaymentTokenRow).where(col(PaymentTokenRow.expires_at) <= ctx.now - LIFE))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
