"""Asking for money back: what can be sent back, what it is worth, and how often one may ask."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select, update
from sqlmodel import col

from ..accounts.records import AccountRow
from ..context import Context
from ..database import retrying
from ..orders.cancelling import left_to_give
from ..orders.contents import contents_of, left_of
from ..orders.history import note
from ..orders.refusals import NotInOrder
from ..orders.rules import worth
from ..payments.charges import my_order
from .records import RefundLineRow, RefundRequestRow
from .refusals import (
    NothingToReturn,
    NotYetReturnable,
    RefundAlreadyRequested,
    ReturnWindowOver,
    TooManyRefundRequests,
)
from .schemas import Pieces, RequestRefund

PER_MINUTE = 3
SENT = ("shipped", "delivered")


class Return(NamedTuple):
    """What is asked of one merchant."""

    part: Row[Any]
    lines: list[Row[Any]]
    """All lines of the part."""
    pieces: dict[str, int]
    """By SKU."""

    @property
    def amount(self) -> int:
        return worth_of(self.lines, self.pieces)


def worth_of(lines: Sequence[Row[Any]], pieces: dict[str, int]) -> int:
    """Of pieces of a part: what they cost with their share of discount and tax, and never more than is left of the part."""
    goods = sum(worth(line, line.quantity - left_of(line), pieces.get(line.sku, 0)) for line in lines)
    return min(goods, left_to_give(lines))


async def returns(ctx: Context, asked: RequestRefund) -> list[Return]:
    """What the request comes to, by part; refuses what can't be sent back (any more)."""
    order = await my_order(ctx, asked.order)
    lines = await contents_of(ctx, asked.order)
    pieces = _named(order, lines, asked.lines) if asked.lines else _all(order, lines)
    parts = [_return(part, lines, pieces) for part in sorted({line.part_id for line in lines if line.sku in pieces})]
    for wanted in parts:
        _check_window(ctx, order, wanted)
        await _check_open(ctx, asked.order, wanted)
    return parts


def _named(order: Row[Any], lines: Sequence[Row[Any]], asked: Iterable[Pieces]) -> dict[str, int]:
    pieces: Counter[str] = Counter()
    for wanted in asked:
        pieces[wanted.sku] += wanted.quantity
    by_sku = {line.sku: line for line in lines}
    for sku, quantity in pieces.items():
        if sku not in by_sku:
            raise NotInOrder(order.number, sku)
        if order.paid_at is None or by_sku[sku].part_status not in SENT:
            raise NotYetReturnable(order.number, order.status)
        if quantity > left_of(by_sku[sku]):
            raise NothingToReturn(order.number, sku, left_of(by_sku[sku]))
    return dict(pieces)


def _all(order: Row[Any], lines: Sequence[Row[Any]]) -> dict[str, int]:
    sent = [line for line in lines if line.part_status in SENT]
    if order.paid_at is None or not sent:
        raise NotYetReturnable(order.number, order.status)
    pieces = {line.sku: left_of(line) for line in sent if left_of(line)}
    if not pieces:
        raise NothingToReturn(order.number, sent[0].sku, 0)
    return pieces


def _return(part: str, lines: Sequence[Row[Any]], pieces: dict[str, int]) -> Return:
    mine = [line for line in lines if line.part_id == part]
    return Return(mine[0], mine, {line.sku: pieces[line.sku] for line in mine if line.sku in pieces})


def _check_window(ctx: Context, order: Row[Any], wanted: Return) -> None:
    """It opens when the part is shipped, and ends so many days after it has arrived."""
    days = ctx.shop.settings.return_days
    arrived = wanted.part.part_delivered_at
    if arrived is not None and arrived + timedelta(days=days) <= ctx.now:
        raise ReturnWindowOver(order.number, days)


async def _check_open(ctx: Context, number: str, wanted: Return) -> None:
    """One that nobody reviewed in time stands in nobody's way."""
    await end_unreviewed(ctx, col(RefundRequestRow.fulfillment) == wanted.part.part_id)
    pending = select(col(RefundRequestRow.id)).where(col(RefundRequestRow.open_for) == wanted.part.part_id)
    if (known := await ctx.value(pending)) is not None:
        raise RefundAlreadyRequested(number, known)


async def end_unreviewed(ctx: Context, *where: Any) -> int:
    late = select(RefundRequestRow).where(
        col(RefundRequestRow.status) == "pending", col(RefundRequestRow.expires_at) <= ctx.now, *where
    )
    rows = await ctx.rows(late.order_by(col(RefundRequestRow.id)).limit(50))
    ended = 0
    for row in rows:
        if await move(ctx, row.id, "expired"):
            await note_of(ctx, row, "refund_expired")
            ended += 1
    return ended


async def expire_requests(ctx: Context) -> int:
    """For the worker: ends what nobody reviewed in time, so that it can be asked anew."""
    late = col(RefundRequestRow.status) == "pending", col(RefundRequestRow.expires_at) <= ctx.now
    async with ctx.reading() as inside:
        if not await inside.rows(select(col(RefundRequestRow.id)).where(*late).limit(1)):
            return 0
    return await retrying(lambda: _expire(ctx))


async def _expire(ctx: Context) -> int:
    async with ctx.writing() as inside:
        return await end_unreviewed(inside)


async def move(ctx: Context, refund_request: str, status: str, **facts: Any) -> bool:
    """Out of pending, once: of two who review at the same time, one is told that it is over."""
    pending = col(RefundRequestRow.id) == refund_request, col(RefundRequestRow.status) == "pending"
    return await ctx.run(update(RefundRequestRow).where(*pending).values(status=status, open_for=None, **facts)) > 0


async def note_of(ctx: Context, row: Any, type: str, **facts: Any) -> None:
    about = {"refund_request": row.id, "fulfillment": row.fulfillment, "merchant": row.merchant}
    await note(ctx, row.order_number, type, **about, **facts)


async def check_pace(ctx: Context) -> None:
    """The account is locked, so that requests for several orders at once are counted one after the other."""
    await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.id) == ctx.caller.account).with_for_update())
    lately = col(RefundRequestRow.created_at) > ctx.now - timedelta(minutes=1)
    mine = col(RefundRequestRow.account) == ctx.caller.account, col(RefundRequestRow.kind) == "return", lately
    if await ctx.value(select(func.count(col(RefundRequestRow.ask).distinct())).where(*mine)) >= PER_MINUTE:
        raise TooManyRefundRequests(PER_MINUTE)


async def write_request(ctx: Context, asked: RequestRefund, wanted: Return, ask: str) -> str:
    request = ctx.new_id("rfr")
    row = {
        "id": request,
        "ask": ask,
        "kind": "return",
        "order_number": asked.order,
        "fulfillment": wanted.part.part_id,
        "merchant": wanted.part.part_merchant,
        "account": ctx.caller.account,
        "reason": asked.reason,
        "status": "pending",
        "open_for": wanted.part.part_id,
        "amount": wanted.amount,
        "delivery": False,
        "created_at": ctx.now,
        "expires_at": ctx.now + timedelta(days=ctx.shop.settings.review_days),
    }
    await ctx.run(insert(RefundRequestRow).values(**row))
    lines = [{"refund_request": request, "sku": s, "quantity": q, "returned": 0} for s, q in wanted.pieces.items()]
    await ctx.db.execute(insert(RefundLineRow), lines)
    about = {"refund_request": request, "fulfillment": row["fulfillment"], "merchant": row["merchant"]}
    facts = {"quantity": sum(wanted.pieces.values()), "amount": wanted.amount, "reason": asked.reason}
    await note(ctx, asked.order, "refund_requested", **about, **facts)
    return request
