"""Use cases of gift cards."""

from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..accounts.records import AccountRow
from ..confirmations.schemas import Terms
from ..context import Context
from ..errors import BadInput, IdempotencyKeyReused
from ..ledger.books import transfer
from ..ledger.records import TransferRow
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of, moment_of
from ..views import Nothing
from .balances import label_of, mine, my_gift_card, unusable
from .codes import code_for, hash_of
from .records import GiftCardRow
from .refusals import GiftCardCodeUnknown, TooManyGiftCards
from .schemas import (
    AddGiftCard,
    GiftCardList,
    GiftCardMovementList,
    GiftCardMovementView,
    GiftCardView,
    IssuedGiftCardView,
    IssueGiftCard,
    ListGiftCardMovements,
)

GUESSES = 10
"""Codes that an account may try in a minute."""
MAX_CARDS = 50


async def _issue_terms(ctx: Context, asked: IssueGiftCard) -> Terms:
    amount = ctx.money(asked.amount)
    return Terms(operation="issue_gift_card", summary=f"Issue a gift card of {amount}: {asked.reason}.")


@operation(
    Effect.COMMIT,
    "POST /gift-cards",
    who=Who.ADMIN,
    surfaces=REST_ONLY,
    creates=True,
    secret=True,
    terms=_issue_terms,
)
async def issue_gift_card(ctx: Context, asked: IssueGiftCard) -> IssuedGiftCardView:
    """Issue a gift card. Its code is told in this answer, and to a repeat with the same Idempotency-Key, and kept nowhere."""
    if asked.expires_at is not None and asked.expires_at <= ctx.now:
        raise BadInput([{"field": "expires_at", "problem": "must lie in the future"}])
    assert ctx.key is not None
    code = code_for(ctx.shop.secret, ctx.caller.account, ctx.key)
    known = await ctx.row(select(GiftCardRow).where(col(GiftCardRow.code_hash) == hash_of(code)))
    if known is None:
        await _issue(ctx, asked, code)
        known = await ctx.row(select(GiftCardRow).where(col(GiftCardRow.code_hash) == hash_of(code)))
    assert known is not None
    if (known.amount, known.reason, known.expires_at) != (asked.amount, asked.reason, asked.expires_at):
        raise IdempotencyKeyReused()
    return IssuedGiftCardView(**dict(_view(ctx, known)), code=code)


async def _issue(ctx: Context, asked: IssueGiftCard, code: str) -> None:
    card = ctx.new_id("gft")
    row = {"id": card, "code_hash": hash_of(code), "ending": code[-4:], "currency": ctx.shop.settings.currency}
    amounts = {"amount": asked.amount, "balance": asked.amount}
    times = {"created_at": ctx.now, "expires_at": asked.expires_at}
    by = {"issued_by": ctx.caller.account, "reason": asked.reason}
    await ctx.run(insert(GiftCardRow).values(**row, **amounts, **times, **by))
    about = {"gift_card": card, "reason": asked.reason, "made_by": ctx.caller.account}
    await transfer(ctx, card, "gift_card_issue", asked.amount, debit="promotions", credit="gift_cards", **about)


async def _count_guess(ctx: Context, asked: AddGiftCard) -> None:
    await ctx.shop.limits.take("gift_card", ctx.caller.account, GUESSES)


@operation(
    Effect.WRITE,
    "POST /account/gift-cards",
    who=Who.CUSTOMER,
    surfaces=REST_ONLY,
    creates=True,
    before=_count_guess,
)
async def add_gift_card(ctx: Context, asked: AddGiftCard) -> GiftCardView:
    """Add a gift card by its code; from then on only this account can pay with it. Few tries a minute."""
    await ctx.row(select(col(AccountRow.id)).where(col(AccountRow.id) == ctx.caller.account).with_for_update())
    full = mine(ctx).with_only_columns(func.count()).where(col(GiftCardRow.balance) > 0)
    if await ctx.value(full) >= MAX_CARDS:
        raise TooManyGiftCards(MAX_CARDS)
    by_code = col(GiftCardRow.code_hash) == hash_of(asked.code)
    free = col(GiftCardRow.account).is_(None) | (col(GiftCardRow.account) == ctx.caller.account)
    if not await ctx.run(update(GiftCardRow).where(by_code, free).values(account=ctx.caller.account)):
        raise GiftCardCodeUnknown()
    row = await ctx.row(mine(ctx).where(by_code))
    assert row is not None
    return _view(ctx, row)


@operation(Effect.READ, "GET /account/gift-cards", who=Who.CUSTOMER)
async def list_gift_cards(ctx: Context, asked: Nothing) -> GiftCardList:
    """The shopper's gift cards with what is left on them, newest first."""
    rows = await ctx.rows(mine(ctx).order_by(col(GiftCardRow.balance) == 0, col(GiftCardRow.id).desc()).limit(100))
    return GiftCardList(items=[_view(ctx, row) for row in rows], next_cursor=None)


@operation(Effect.READ, "GET /account/gift-cards/{gift_card}/movements", who=Who.CUSTOMER)
async def list_gift_card_movements(ctx: Context, asked: ListGiftCardMovements) -> GiftCardMovementList:
    """What came onto a gift card of the shopper and what was paid with it, newest first."""
    await my_gift_card(ctx, asked.gift_card)
    place = (col(TransferRow.at), col(TransferRow.id))
    statement = select(TransferRow).where(col(TransferRow.gift_card) == asked.gift_card)
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(*place) < sa_tuple(moment_of(key[0]), key[1]))
    rows = await ctx.rows(statement.order_by(*(column.desc() for column in place)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return GiftCardMovementList(
        items=[_movement(ctx, row) for row in page],
        next_cursor=cursor_after(asked, [page[-1].at.isoformat(), page[-1].id]) if more else None,
    )


def _movement(ctx: Context, row: Row[Any]) -> GiftCardMovementView:
    sign = -1 if row.type == "gift_card_use" else 1
    return GiftCardMovementView(type=row.type, amount=ctx.money(sign * row.amount), order=row.order_number, at=row.at)


def _view(ctx: Context, row: Row[Any]) -> GiftCardView:
    return GiftCardView(
        gift_card=row.id,
        label=label_of(row),
        balance=ctx.money(row.balance),
        amount=ctx.money(row.amount),
        expires_at=row.expires_at,
        usable=unusable(ctx, row) is None,
    )
