"""Use cases of what the shop remembers of a shopper: only what they asked for, shown and forgotten on request."""

from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlmodel import col

from ..accounts.records import AccountRow
from ..context import Context
from ..operation import Effect, Who, operation
from ..views import Nothing
from .records import PreferenceRow
from .refusals import PreferenceNotFound, TooManyPreferences
from .schemas import ForgetPreference, PreferenceList, PreferenceView, RememberPreference

MAX_PREFERENCES = 20
ONLY_ONE = {"budget", "address"}


@operation(Effect.WRITE, "POST /preferences", who=Who.SHOPPER, creates=True)
async def remember_preference(ctx: Context, asked: RememberPreference) -> PreferenceList:
    """Remember a size, a like, a dislike, a budget, the address to use, or the like, for later conversations too. Only what the
    shopper asks to be remembered, in their own words. Asking twice is asking once. Returns all that is remembered."""
    await _lock(ctx, ctx.caller.account)
    if asked.kind in ONLY_ONE:
        await ctx.run(delete(PreferenceRow).where(_mine(ctx), col(PreferenceRow.kind) == asked.kind))
    held = await _list(ctx)
    if any((item.kind, item.said) == (asked.kind, asked.said) for item in held.items):
        return held
    if len(held.items) >= MAX_PREFERENCES:
        raise TooManyPreferences(MAX_PREFERENCES)
    row = {"id": ctx.new_id("prf"), "account": ctx.caller.account, "kind": asked.kind, "said": asked.said}
    await ctx.run(insert(PreferenceRow).values(**row, created_at=ctx.now))
    return await _list(ctx)


@operation(Effect.READ, "GET /preferences", who=Who.SHOPPER)
async def list_preferences(ctx: Context, asked: Nothing) -> PreferenceList:
    """What the shop remembers of the shopper, because they asked for it."""
    return await _list(ctx)


@operation(Effect.WRITE, "DELETE /preferences/{preference}", who=Who.SHOPPER)
async def forget_preference(ctx: Context, asked: ForgetPreference) -> PreferenceList:
    """Forget one thing that is remembered of the shopper, and return the rest."""
    if not await ctx.run(delete(PreferenceRow).where(_mine(ctx), col(PreferenceRow.id) == asked.preference)):
        raise PreferenceNotFound(asked.preference)
    return await _list(ctx)


@operation(Effect.WRITE, "DELETE /preferences", who=Who.SHOPPER)
async def forget_all_preferences(ctx: Context, asked: Nothing) -> PreferenceList:
    """Forget everything that is remembered of the shopper."""
    await ctx.run(delete(PreferenceRow).where(_mine(ctx)))
    return await _list(ctx)


async def merge_preferences(ctx: Context, guest: str, account: str) -> None:
    """A guest signed in: what was remembered comes along, as far as there is room. Of budgets and addresses, and of the same
    words, the account's own stay."""
    await _lock(ctx, account)
    held = await _rows(ctx, account)
    known = {(row.kind, row.kind if row.kind in ONLY_ONE else row.said) for row in held}
    room = MAX_PREFERENCES - len(held)
    theirs = await _rows(ctx, guest)
    fresh = [row.id for row in theirs if (row.kind, row.kind if row.kind in ONLY_ONE else row.said) not in known]
    moved = update(PreferenceRow).where(col(PreferenceRow.id).in_(fresh[: max(room, 0)]))
    await ctx.run(moved.values(account=account))
    await ctx.run(delete(PreferenceRow).where(col(PreferenceRow.account) == guest))


def _mine(ctx: Context) -> ColumnElement[bool]:
    return col(PreferenceRow.account) == ctx.caller.account


async def _lock(ctx: Context, account: str) -> None:
    """Two at once are counted one after the other."""
    await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.id) == account).with_for_update())


async def _list(ctx: Context) -> PreferenceList:
    rows = await _rows(ctx, ctx.caller.account)
    return PreferenceList(
        items=[PreferenceView.model_validate(dict(row._mapping) | {"preference": row.id}) for row in rows]
    )


async def _rows(ctx: Context, account: str) -> Any:
    mine = select(PreferenceRow).where(col(PreferenceRow.account) == account)
    return await ctx.rows(mine.order_by(col(PreferenceRow.created_at).desc(), col(PreferenceRow.id).desc()))
