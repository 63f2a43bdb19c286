"""What admins do with accounts: find them, give roles, look up what was done."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, not_, or_, select, update
from sqlmodel import col

from ..context import Caller, Context
from ..errors import AdminsOnly, BadInput
from ..merchants.operations import put_merchant
from ..merchants.records import MerchantRow
from ..merchants.refusals import MerchantNotFound
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from ..views import ListView
from . import history
from .records import AccountEventRow, AccountRow
from .refusals import AccountNotFound, GuestHasNoRole, NotOneself
from .schemas import (
    AccountEventView,
    BanView,
    ChangeRole,
    ListAccountEvents,
    ListAccounts,
    ManagedAccountView,
    NameAccount,
)

OPERATOR = Caller(account="operator", role="admin")
"""Whoever has the shop's command line. No session speaks for it."""


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
        banned = is_banned(ctx)
        wanted.append(banned if asked.banned else not_(banned))
    return wanted


def is_banned(ctx: Context) -> ColumnElement[bool]:
    lasts = or_(col(AccountRow.banned_until).is_(None), col(AccountRow.banned_until) > ctx.now)
    return and_(col(AccountRow.banned_at).is_not(None), lasts)


@operation(Effect.READ, "GET /accounts/{account}", who=Who.ADMIN, surfaces=REST_ONLY)
async def look_up_account(ctx: Context, asked: NameAccount) -> ManagedAccountView:
    """Anybody's account, with its role and ban."""
    return _view(ctx, await _known(ctx, select(AccountRow), asked.account))


@operation(Effect.READ, "GET /accounts/{account}/events", who=Who.ADMIN, surfaces=REST_ONLY)
async def list_account_events(ctx: Context, asked: ListAccountEvents) -> ListView[AccountEventView]:
    """What was done to an account and by whom, the newest first: roles, bans, passwords, addresses, its end."""
    await _known(ctx, select(col(AccountRow.id)), asked.account)
    statement = select(AccountEventRow).where(col(AccountEventRow.account) == asked.account)
    if key := key_of(asked, str):
        statement = statement.where(col(AccountEventRow.id) < key[0])
    rows = await ctx.rows(statement.order_by(col(AccountEventRow.id).desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None
    return ListView(items=[AccountEventView.model_validate(dict(row._mapping)) for row in page], next_cursor=more)


@operation(Effect.WRITE, "POST /accounts/{account}/role", who=Who.ADMIN, surfaces=REST_ONLY)
async def change_role(ctx: Context, asked: ChangeRole) -> ManagedAccountView:
    """Make somebody a merchant's person, an admin, or a customer again; it counts from their next request on.

    Nobody changes their own role, so that one admin always stays.
    """
    if (asked.role == "merchant") != (asked.merchant is not None):
        raise BadInput([{"field": "merchant", "problem": "goes with the role merchant, and only with it"}])
    row = await locked_for_admin(ctx, asked.account)
    if row.role == "guest":
        raise GuestHasNoRole(asked.account)
    await _check_merchant(ctx, asked)
    if (row.role, row.merchant) != (asked.role, asked.merchant):
        changed = update(AccountRow).where(col(AccountRow.id) == asked.account)
        await ctx.run(changed.values(role=asked.role, merchant=asked.merchant))
        facts = {"from": row.role, "to": asked.role} | ({"merchant": asked.merchant} if asked.merchant else {})
        await history.note(ctx, asked.account, "role_changed", **facts)
    return _view(ctx, await _known(ctx, select(AccountRow), asked.account))


async def _check_merchant(ctx: Context, asked: ChangeRole) -> None:
    if asked.merchant is None:
        return
    if asked.merchant_name is not None:
        await put_merchant(ctx, asked.merchant, asked.merchant_name, {})
    elif not await ctx.value(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == asked.merchant)):
        raise MerchantNotFound(asked.merchant)


async def locked_for_admin(ctx: Context, account: str) -> Row[Any]:
    """The account to change. It and the admin's own are locked in the order of their ids, and the admin must still be
    one: of two admins who demote each other at once, one comes too late."""
    if account == ctx.caller.account:
        raise NotOneself()
    both = col(AccountRow.id).in_([account, ctx.caller.account])
    rows = await ctx.rows(select(AccountRow).where(both).order_by(col(AccountRow.id)).with_for_update())
    found = {row.id: row for row in rows}
    if ctx.caller != OPERATOR and found[ctx.caller.account].role != "admin":
        raise AdminsOnly()
    if account not in found or found[account].closed_at:
        raise AccountNotFound(account)
    return found[account]


async def _known(ctx: Context, statement: Select[Any], account: str) -> Row[Any]:
    row = await ctx.row(statement.where(col(AccountRow.id) == account))
    if row is None:
        raise AccountNotFound(account)
    return row


def _view(ctx: Context, row: Row[Any]) -> ManagedAccountView:
    facts: dict[str, Any] = dict(row._mapping)
    lasts = row.banned_at and (row.banned_until is None or row.banned_until > ctx.now)
    ban = BanView(reason=row.ban_reason, since=row.banned_at, until=row.banned_until) if lasts else None
    return ManagedAccountView.model_validate(facts | {"account": row.id, "ban": ban})
