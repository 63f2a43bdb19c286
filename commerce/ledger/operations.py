"""Use cases of the ledger, for admins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy import tuple_ as sa_tuple
from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..errors import BadInput
from ..operation import REST_ONLY, Effect, Who, operation
from ..orders.records import OrderRow
from ..orders.refusals import OrderNotFound
from ..paging import cursor_after, key_of, moment_of
from .books import transfer
from .records import LedgerRow, TransferRow
from .schemas import ListTransfers, PostAdjustment, TransferList, TransferView


@operation(Effect.READ, "GET /ledger", who=Who.ADMIN, surfaces=REST_ONLY)
async def list_transfers(ctx: Context, asked: ListTransfers) -> TransferList:
    """Every movement of money, newest first."""
    place = (col(TransferRow.at), col(TransferRow.id))
    statement = _filtered(asked)
    if key := key_of(asked, str, str):
        statement = statement.where(sa_tuple(*place) < sa_tuple(moment_of(key[0]), key[1]))
    rows = await ctx.rows(statement.order_by(*(column.desc() for column in place)).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return TransferList(
        items=await _views(ctx, page),
        next_cursor=cursor_after(asked, [page[-1].at.isoformat(), page[-1].id]) if more else None,
    )


def _filtered(asked: ListTransfers) -> Select[Any]:
    found = select(TransferRow)
    if asked.order is not None:
        found = found.where(col(TransferRow.order_number) == asked.order)
    if asked.type is not None:
        found = found.where(col(TransferRow.type) == asked.type)
    if asked.since is not None:
        found = found.where(col(TransferRow.at) >= asked.since)
    if asked.until is not None:
        found = found.where(col(TransferRow.at) < asked.until)
    return found


async def _adjustment_terms(ctx: Context, asked: PostAdjustment) -> Terms:
    amount = ctx.money(asked.amount)
    return Terms(
        operation="post_adjustment",
        summary=f"Move {amount} from {asked.credit} to {asked.debit}: {asked.reason}.",
        order=asked.order,
    )


@operation(
    Effect.COMMIT,
    "POST /ledger/adjustments",
    who=Who.ADMIN,
    surfaces=REST_ONLY,
    creates=True,
    terms=_adjustment_terms,
)
async def post_adjustment(ctx: Context, asked: PostAdjustment) -> TransferView:
    """Write a movement by hand, with its reason. It stays; what was wrong is put right by another one."""
    if asked.debit == asked.credit:
        raise BadInput([{"field": "credit", "problem": "must be another book than debit"}])
    if asked.order and not await ctx.value(select(col(OrderRow.number)).where(col(OrderRow.number) == asked.order)):
        raise OrderNotFound(asked.order)
    made = ctx.new_id("trf")
    about = {"order_number": asked.order, "reason": asked.reason, "made_by": ctx.caller.account}
    await transfer(ctx, made, asked.type, asked.amount, debit=asked.debit, credit=asked.credit, **about)
    return (await _views(ctx, await ctx.rows(select(TransferRow).where(col(TransferRow.id) == made))))[0]


async def _views(ctx: Context, rows: Sequence[Row[Any]]) -> list[TransferView]:
    of_them = select(LedgerRow).where(col(LedgerRow.transfer).in_([row.id for row in rows]))
    books: dict[str, dict[bool, str]] = {}
    for side in await ctx.rows(of_them) if rows else []:
        books.setdefault(side.transfer, {})[side.amount > 0] = side.book
    return [
        TransferView(
            transfer=row.id,
            type=row.type,
            amount=ctx.money(row.amount),
            debit=books[row.id][True],
            credit=books[row.id][False],
            order=row.order_number,
            gift_card=row.gift_card,
            reason=row.reason,
            made_by=row.made_by,
            at=row.at,
        )
        for row in rows
    ]
