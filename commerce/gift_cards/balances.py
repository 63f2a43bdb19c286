"""What a gift card pays: taken in the transaction that places the order, given back in the one that gives it up."""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select, update
from sqlmodel import col

from ..context import Context
from ..faults import reached
from ..ledger.books import transfer
from ..views import Message
from .records import GiftCardRow
from .refusals import GiftCardNotFound, GiftCardUnusable
from .schemas import GiftCardPart

USABLE_AGAIN = timedelta(days=30)
"""So long a card can be used at least after something came back to it."""


class Part(NamedTuple):
    """What a card would pay of a quote, and what the shopper should know."""

    pays: GiftCardPart | None
    messages: list[Message]


async def part_of(ctx: Context, gift_card: str | None, total: int, *, lenient: bool) -> Part:
    """What the card would pay of `total` now. Refuses one that can't; `lenient` leaves it out with a message instead."""
    if gift_card is None or total <= 0:
        return Part(None, [])
    try:
        card = await must_pay(ctx, gift_card)
    except (GiftCardNotFound, GiftCardUnusable) as refused:
        if not lenient:
            raise
        gone = Message(type="warning", code="gift_card_removed", content=str(refused), severity="requires_buyer_review")
        return Part(None, [gone])
    pays = ctx.money(min(card.balance, total))
    return Part(GiftCardPart(gift_card=card.id, label=label_of(card), amount=pays), [])


async def must_pay(ctx: Context, gift_card: str) -> Row[Any]:
    """The caller's card; refuses one that can't pay anything now."""
    card = await my_gift_card(ctx, gift_card)
    if why := unusable(ctx, card):
        raise GiftCardUnusable(gift_card, why)
    return card


async def my_gift_card(ctx: Context, gift_card: str) -> Row[Any]:
    row = await ctx.row(mine(ctx).where(col(GiftCardRow.id) == gift_card))
    if row is None:
        raise GiftCardNotFound(gift_card)
    return row


def mine(ctx: Context) -> Select[Any]:
    return select(GiftCardRow).where(col(GiftCardRow.account) == ctx.caller.account)


def unusable(ctx: Context, card: Row[Any]) -> str | None:
    if card.expires_at is not None and card.expires_at <= ctx.now:
        return "it has expired"
    return None if card.balance > 0 else "nothing is left on it"


def label_of(card: Row[Any]) -> str:
    return f"Gift card •••• {card.ending}"


async def take(ctx: Context, payment: str, order: str, pays: GiftCardPart) -> None:
    """Takes an order's part off the caller's card, compared and changed in one statement, as the transfer `payment`."""
    usable = col(GiftCardRow.expires_at).is_(None) | (col(GiftCardRow.expires_at) > ctx.now)
    taken = update(GiftCardRow).where(
        col(GiftCardRow.id) == pays.gift_card,
        col(GiftCardRow.account) == ctx.caller.account,
        col(GiftCardRow.balance) >= pays.amount.amount,
        usable,
    )
    if not await ctx.run(taken.values(balance=GiftCardRow.balance - pays.amount.amount)):
        raise GiftCardUnusable(pays.gift_card, f"it does not hold {pays.amount} any more")
    about = {"order_number": order, "gift_card": pays.gift_card}
    await transfer(ctx, payment, "gift_card_use", pays.amount.amount, debit="gift_cards", credit="sales", **about)
    await reached("taken", "gift_cards")


async def put_back(ctx: Context, payment: str, order: str, gift_card: str, amount: int, reason: str) -> None:
    """Gives an order's part, or some of it, back to the card; one that has expired meanwhile can be used for a while."""
    card = update(GiftCardRow).where(col(GiftCardRow.id) == gift_card)
    await ctx.run(card.values(balance=GiftCardRow.balance + amount))
    expired = col(GiftCardRow.expires_at) <= ctx.now
    await ctx.run(card.where(expired).values(expires_at=ctx.now + USABLE_AGAIN))
    about = {"order_number": order, "gift_card": gift_card, "reason": reason}
    await transfer(ctx, payment, "gift_card_return", amount, debit="refunds", credit="gift_cards", **about)
    await reached("put_back", "gift_card_returns")
