"""Use cases of addresses. An order keeps the address that it was placed with, whatever becomes of the saved one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, RowMapping, Select, bindparam, delete, func, insert, select, update
from sqlmodel import col

from ..context import Context
from ..operation import Effect, Who, operation
from ..views import ListView, Nothing
from .records import AccountRow, AddressRow
from .refusals import AddressNotFound, TooManyAddresses
from .schemas import AddAddress, AddressDeleted, AddressView, DeleteAddress, UpdateAddress

MAX_ADDRESSES = 50
MINE = select(AddressRow).where(col(AddressRow.account) == bindparam("account"))
MINE_NAMED = MINE.where(col(AddressRow.id) == bindparam("address"))
MY_DEFAULT = MINE.where(col(AddressRow.is_default).is_(True)).limit(1)
PLACE = col(AddressRow.id), col(AddressRow.country), col(AddressRow.region)
WHERE_NAMED, WHERE_DEFAULT = MINE_NAMED.with_only_columns(*PLACE), MY_DEFAULT.with_only_columns(*PLACE)


class Whereabouts(NamedTuple):
    """What delivery and tax depend on."""

    address: str
    country: str
    region: str


@operation(Effect.READ, "GET /account/addresses")
async def list_addresses(ctx: Context, asked: Nothing) -> ListView[AddressView]:
    """The shopper's saved addresses, the default one first."""
    rows = await ctx.rows(_mine(ctx).order_by(col(AddressRow.is_default).desc(), col(AddressRow.id)))
    return ListView(items=[address_view(row._mapping) for row in rows], next_cursor=None)


@operation(Effect.WRITE, "POST /account/addresses", who=Who.CUSTOMER, creates=True)
async def add_address(ctx: Context, asked: AddAddress) -> AddressView:
    """Save an address to deliver to. The first one becomes the default."""
    await _lock_mine(ctx)
    mine = col(AddressRow.account) == ctx.caller.account
    held = await ctx.value(select(func.count()).where(mine))
    if held >= MAX_ADDRESSES:
        raise TooManyAddresses(MAX_ADDRESSES)
    default = asked.default or held == 0
    if default:
        await ctx.run(update(AddressRow).where(mine).values(is_default=False))
    address = ctx.new_id("adr")
    row = asked.model_dump(exclude={"default"}) | {"id": address, "account": ctx.caller.account, "is_default": default}
    await ctx.run(insert(AddressRow).values(**row, created_at=ctx.now))
    return AddressView.model_validate(row | {"address": address, "default": default})


@operation(Effect.WRITE, "PATCH /account/addresses/{address}", who=Who.CUSTOMER)
async def update_address(ctx: Context, asked: UpdateAddress) -> AddressView:
    """Correct a saved address, or make it the default one. What is left out stays; placed orders keep theirs."""
    await _lock_mine(ctx)
    await _known(ctx, asked.address)
    changes = asked.model_dump(exclude={"address", "default"}, exclude_none=True)
    if asked.default:
        await _make_default(ctx, asked.address)
    if changes:
        await ctx.run(update(AddressRow).where(col(AddressRow.id) == asked.address).values(**changes))
    return address_view((await _known(ctx, asked.address))._mapping)


@operation(Effect.WRITE, "DELETE /account/addresses/{address}", who=Who.CUSTOMER)
async def delete_address(ctx: Context, asked: DeleteAddress) -> AddressDeleted:
    """Forget a saved address; placed orders keep theirs. If it was the default one, the newest of the others becomes it."""
    await _lock_mine(ctx)
    gone = await _known(ctx, asked.address)
    await ctx.run(delete(AddressRow).where(col(AddressRow.id) == asked.address))
    if gone.is_default:
        newest = _mine(ctx).order_by(col(AddressRow.id).desc()).limit(1)
        if heir := await ctx.row(newest):
            await _make_default(ctx, heir.id)
    default = await ctx.row(MY_DEFAULT, account=ctx.caller.account)
    return AddressDeleted(address=asked.address, default=default.id if default else None)


async def my_address(ctx: Context, address: str | None) -> AddressView | None:
    """The address named, or the default one; refuses one that is not the caller's."""
    if address is not None:
        return address_view((await _known(ctx, address))._mapping)
    row = await ctx.row(MY_DEFAULT, account=ctx.caller.account)
    return address_view(row._mapping) if row else None


async def whereabouts(ctx: Context, address: str | None) -> Whereabouts | None:
    """Of the address named, or of the default one; refuses one that is not the caller's."""
    asked = {"account": ctx.caller.account}
    if address is None:
        row = await ctx.row(WHERE_DEFAULT, **asked)
    elif (row := await ctx.row(WHERE_NAMED, **asked, address=address)) is None:
        raise AddressNotFound(address)
    return Whereabouts(row.id, row.country, row.region) if row else None


def address_view(row: RowMapping | Mapping[str, Any]) -> AddressView:
    return AddressView.model_validate(dict(row) | {"address": row["id"], "default": row["is_default"]})


def _mine(ctx: Context) -> Select[Any]:
    return select(AddressRow).where(col(AddressRow.account) == ctx.caller.account)


async def _known(ctx: Context, address: str) -> Row[Any]:
    row = await ctx.row(MINE_NAMED, account=ctx.caller.account, address=address)
    if row is None:
        raise AddressNotFound(address)
    return row


async def _make_default(ctx: Context, address: str) -> None:
    mine = update(AddressRow).where(col(AddressRow.account) == ctx.caller.account)
    await ctx.run(mine.values(is_default=col(AddressRow.id) == address))


async def _lock_mine(ctx: Context) -> None:
    """One change of a shopper's addresses at a time, so that exactly one is the default."""
    await ctx.row(select(col(AccountRow.id)).where(col(AccountRow.id) == ctx.caller.account).with_for_update())
