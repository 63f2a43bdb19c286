"""What admins do to accounts: give roles, ban, lift."""

from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..context import Caller, Context
from ..errors import AdminsOnly, BadInput
from ..merchants.operations import put_merchant
from ..merchants.records import MerchantRow
from ..merchants.refusals import MerchantNotFound
from ..operation import REST_ONLY, Effect, Who, operation
from . import history, sessions
from .bans import ban_lasts, refuse_banned
from .directory import managed
from .records import AccountRow
from .refusals import AccountNotFound, AdminsAreNotBanned, AlreadyBanned, GuestHasNoRole, NotBanned, NotOneself
from .schemas import BanAccount, ChangeRole, ManagedAccountView, NameAccount

OPERATOR = Caller(account="operator", role="admin")
"""Whoever has the shop's command line. No session speaks for it."""


@operation(Effect.WRITE, "POST /accounts/{account}/role", who=Who.ADMIN, surfaces=REST_ONLY)
async def change_role(ctx: Context, asked: ChangeRole) -> ManagedAccountView:
    """Make somebody a merchant's person, an admin, or a customer again; it counts from their next request on.

    Nobody changes their own role, so that one admin always stays.
    """
    if (asked.role == "merchant") != (asked.merchant is not None):
        raise BadInput([{"field": "merchant", "problem": "goes with the role merchant, and only with it"}])
    row = await _locked(ctx, asked.account)
    if row.role == "guest":
        raise GuestHasNoRole(asked.account)
    if asked.role == "admin":
        refuse_banned(row, ctx.now)
    await _check_merchant(ctx, asked)
    if (row.role, row.merchant) != (asked.role, asked.merchant):
        await _change(ctx, asked.account, role=asked.role, merchant=asked.merchant)
        facts = {"from": row.role, "to": asked.role} | ({"merchant": asked.merchant} if asked.merchant else {})
        await history.note(ctx, asked.account, "role_changed", **facts)
    return await managed(ctx, asked.account)


async def _check_merchant(ctx: Context, asked: ChangeRole) -> None:
    if asked.merchant is None:
        return
    if asked.merchant_name is not None:
        await put_merchant(ctx, asked.merchant, asked.merchant_name, {})
    elif not await ctx.value(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == asked.merchant)):
        raise MerchantNotFound(asked.merchant)


@operation(Effect.WRITE, "POST /accounts/{account}/ban", who=Who.ADMIN, surfaces=REST_ONLY)
async def ban_account(ctx: Context, asked: BanAccount) -> ManagedAccountView:
    """Ban somebody, with a reason that they are told, for good or until a time. All their sessions end at once.

    Refuses to ban oneself, an admin (take the role away first), and who is banned already.
    """
    if asked.until is not None and asked.until <= ctx.now:
        raise BadInput([{"field": "until", "problem": "must be in the future"}])
    row = await _locked(ctx, asked.account)
    if row.role == "admin":
        raise AdminsAreNotBanned(asked.account)
    if ban_lasts(row, ctx.now):
        raise AlreadyBanned(asked.account, row.ban_reason, row.banned_until.isoformat() if row.banned_until else None)
    await _change(ctx, asked.account, banned_at=ctx.now, banned_until=asked.until, ban_reason=asked.reason)
    await sessions.end_all(ctx, asked.account)
    until = {"until": asked.until.isoformat()} if asked.until else {}
    await history.note(ctx, asked.account, "banned", reason=asked.reason, **until)
    return await managed(ctx, asked.account)


@operation(Effect.WRITE, "DELETE /accounts/{account}/ban", who=Who.ADMIN, surfaces=REST_ONLY)
async def lift_ban(ctx: Context, asked: NameAccount) -> ManagedAccountView:
    """Let somebody in again who was banned. They sign in anew."""
    row = await _locked(ctx, asked.account)
    if not ban_lasts(row, ctx.now):
        raise NotBanned(asked.account)
    await _change(ctx, asked.account, banned_at=None, banned_until=None, ban_reason=None)
    await history.note(ctx, asked.account, "ban_lifted")
    return await managed(ctx, asked.account)


async def _locked(ctx: Context, account: str) -> Row[Any]:
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


async def _change(ctx: Context, account: str, **values: Any) -> None:
    await ctx.run(update(AccountRow).where(col(AccountRow.id) == account).values(**values))
