"""What admins look up: accounts, and what was done to them."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, not_, select
from sqlmodel import col

from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import ListView
from .bans import ban_lasts, is_banned
from .records import AccountEventRow, AccountRow
from .refusals import AccountNotFound
from .schemas import AccountEventView, BanView, ListAccountEvents, ListAccounts, ManagedAccountView, NameAccount


@operation(Effect.READ, "GET /accounts", who=Who.ADMIN, surfaces=REST_ONLY)
async def list_accounts(ctx: Context, asked: ListAccounts) -> ListView[ManagedAccountView]:
    """Accounts, the newest first; by the start of the e-mail address, by role, banned or not."""
    statement = select(AccountRow).where(*_wanted(ctx, asked)).order_by(col(AccountRow.id).desc())
    if key := key_of(asked, str):
        statement = statement.where(col(AccountRow.id) < key[0])
    rows = await ctx.rows(statement.limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None
    return ListView(items=[_view(ctx, row) for row in page], next_cursor=more)


def _wanted(ctx: Context, asked: ListAccounts) -> list[ColumnElement[bool]]:
    wanted = [col(AccountRow.role) == asked.role if asked.role else col(AccountRow.role) != "guest"]
    if asked.email is not None:
        wanted.append(col(AccountRow.email).startswith(asked.email.casefold(), autoescape=True))
    if asked.banned is not None:
        wanted.append(is_banned(ctx.now) if asked.banned else not_(is_banned(ctx.now)))
    return wanted


@operation(Effect.READ, "GET /accounts/{account}", who=Who.ADMIN, surfaces=REST_ONLY)
async def look_up_account(ctx: Context, asked: NameAccount) -> ManagedAccountView:
    """Anybody's account, with its role and ban."""
    return await managed(ctx, asked.account)


@operation(Effect.READ, "GET /accounts/{account}/events", who=Who.ADMIN, surfaces=REST_ONLY)
async def list_account_events(ctx: Context, asked: ListAccountEvents) -> ListView[AccountEventView]:
    """What was done to an account and by whom, the newest first: roles, bans, passwords, e-mail, its end."""
    await _known(ctx, select(col(AccountRow.id)), asked.account)
    statement = select(AccountEventRow).where(col(AccountEventRow.account) == asked.account)
    if key := key_of(asked, str):
        statement = statement.where(col(AccountEventRow.id) < key[0])
    rows = await ctx.rows(statement.order_by(col(AccountEventRow.id).desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None
    return ListView(items=[AccountEventView.model_validate(dict(row._mapping)) for row in page], next_cursor=more)


async def managed(ctx: Context, account: str) -> ManagedAccountView:
    return _view(ctx, await _known(ctx, select(AccountRow), account))


async def _known(ctx: Context, statement: Select[Any], account: str) -> Row[Any]:
    row = await ctx.row(statement.where(col(AccountRow.id) == account))
    if row is None:
        raise AccountNotFound(account)
    return row


def _view(ctx: Context, row: Row[Any]) -> ManagedAccountView:
    facts: dict[str, Any] = dict(row._mapping)
    lasts = ban_lasts(row, ctx.now)
    ban = BanView(reason=row.ban_reason, since=row.banned_at, until=row.banned_until) if lasts else None
    return ManagedAccountView.model_validate(facts | {"account": row.id, "ban": ban})
