"""Giving money back: never more than is held, each part exactly once.

What is given back comes first from an authorised charge that is not captured yet (less of it will be captured, nothing
moves), then from captured charges (a refund is opened; the worker, or `settle_order` in a follow-up, sends it), and last
from gift cards (whose balance rises in the same transaction): what was added last is given back first.
"""

from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..context import Context
from ..faults import reached
from ..gift_cards.balances import put_back
from ..orders.history import note
from .charges import ASK_AGAIN, write_payment
from .records import PaymentRow
from .refusals import RefundTooLarge

HELD = ("authorized", "capturing", "captured")
"""States in which a charge is, or will be, money of an order."""


async def give_back(ctx: Context, number: str, amount: int, purpose: str) -> None:
    """Gives back `amount` minor units of an order's money. Refuses more than is held and not on its way back already.

    Runs in the caller's transaction, which should hold the order's row. Any number of times for an order.
    """
    sources = await _held(ctx, number)
    left = sum(held_of(source) for source in sources)
    if amount > left:
        raise RefundTooLarge(number, str(ctx.money(amount)), str(ctx.money(left)))
    for source in sources:
        part = min(amount, held_of(source))
        if part:
            await _give_back_of(ctx, source, part, purpose)
        amount -= part


async def give_back_over(ctx: Context, number: str, price: int, purpose: str) -> None:
    """Gives back what is held for an order over its (lowered) price; nothing where less is held."""
    over = await held(ctx, number) - price
    if over > 0:
        await give_back(ctx, number, over, purpose)


async def give_back_all(ctx: Context, number: str, purpose: str) -> None:
    """For an order that is cancelled: all that is held goes back, and a charge that waits for its second step ends."""
    waiting = col(PaymentRow.order_number) == number, col(PaymentRow.status) == "requires_action"
    await ctx.run(update(PaymentRow).where(*waiting).values(status="voiding", attempts=0, ask_at=ctx.now))
    await give_back_over(ctx, number, 0, purpose)


async def held(ctx: Context, number: str) -> int:
    """What was taken or will be, less what is given back or on its way back."""
    return sum(held_of(source) for source in await _held(ctx, number))


def held_of(source: Row[Any]) -> int:
    if source.status == "authorized":
        return int(source.amount - source.released)
    return int(source.captured - source.refunded)


async def _held(ctx: Context, number: str) -> list[Row[Any]]:
    """Sources of an order's money in the order in which they are given back, locked where the database locks rows."""
    of_it = col(PaymentRow.order_number) == number, col(PaymentRow.kind) != "refund", col(PaymentRow.status).in_(HELD)
    rows = await ctx.rows(select(PaymentRow).where(*of_it).order_by(col(PaymentRow.id)).with_for_update())
    first = {"authorized": 0, "capturing": 1, "captured": 1}
    return sorted(rows, key=lambda row: (row.kind == "gift_card", first[row.status], row.id))


async def _give_back_of(ctx: Context, source: Row[Any], amount: int, purpose: str) -> None:
    if source.status == "authorized":
        await _release(ctx, source, amount)
        return
    await open_refund(ctx, source, amount, purpose)


async def _release(ctx: Context, source: Row[Any], amount: int) -> None:
    """Lowers what will be captured; a charge of which nothing is wanted any more is voided."""
    wanted = col(PaymentRow.id) == source.id, col(PaymentRow.status) == "authorized"
    enough = col(PaymentRow.amount) - col(PaymentRow.released) >= amount
    if not await ctx.run(update(PaymentRow).where(*wanted, enough).values(released=PaymentRow.released + amount)):
        raise RefundTooLarge(source.order_number, str(ctx.money(amount)), str(ctx.money(0)))
    nothing = col(PaymentRow.released) == col(PaymentRow.amount)
    await ctx.run(update(PaymentRow).where(*wanted, nothing).values(status="voiding", attempts=0, ask_at=ctx.now))


async def open_refund(ctx: Context, source: Row[Any], amount: int, purpose: str) -> str:
    """Compared and changed in one statement: of a charge never more goes back than was captured."""
    enough = col(PaymentRow.id) == source.id, col(PaymentRow.captured) - col(PaymentRow.refunded) >= amount
    if not await ctx.run(update(PaymentRow).where(*enough).values(refunded=PaymentRow.refunded + amount)):
        raise RefundTooLarge(source.order_number, str(ctx.money(amount)), str(ctx.money(0)))
    if source.kind == "gift_card":
        return await _put_back(ctx, source, amount, purpose)
    refund = await write_payment(
        ctx,
        source.order_number,
        kind="refund",
        amount=amount,
        gateway=source.gateway,
        token=source.token,
        label=source.label,
        status="refunding",
        charge=source.id,
        purpose=purpose,
        ask_at=ctx.now + ASK_AGAIN,
    )
    await reached("opened", "refunding")
    return refund


async def _put_back(ctx: Context, source: Row[Any], amount: int, purpose: str) -> str:
    number, facts = source.order_number, {"label": source.label, "gateway": "", "gift_card": source.gift_card}
    refund = await write_payment(
        ctx, number, kind="refund", amount=amount, status="refunded", charge=source.id, purpose=purpose, **facts
    )
    await put_back(ctx, refund, number, source.gift_card, amount, purpose)
    await note(ctx, number, "refunded", amount=amount)
    return refund
