"""Use cases of accounts, sessions and addresses."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlmodel import col

from ..cart.merging import merge_carts
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import ListView, Nothing
from . import passwords, sessions
from .records import AccountRow, AddressRow, FailedSignIn
from .refusals import AddressNotFound, EmailTaken, TooManyAddresses, TooManyAttempts, WrongCredentials
from .schemas import (
    AccountView,
    AddAddress,
    AddressView,
    CreateAccount,
    RefreshSession,
    SessionView,
    SignedOut,
    SignIn,
)

MAX_ADDRESSES = 50
ATTEMPTS = 10
WINDOW = timedelta(minutes=1)


async def _hash_password(_ctx: Context, asked: CreateAccount) -> str:
    return await passwords.hashed(asked.password.get_secret_value())


@operation(
    Effect.WRITE, "POST /accounts", who=Who.UNSEEN, surfaces=REST_ONLY, creates=True, secret=True, before=_hash_password
)
async def create_account(ctx: Context, asked: CreateAccount) -> AccountView:
    """Register a customer. Sign in afterwards to get a session."""
    if await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.email) == asked.email)):
        raise EmailTaken()
    account = ctx.new_id("acc")
    row = {"id": account, "email": asked.email, "name": asked.name, "role": "customer", "created_at": ctx.now}
    await ctx.run(insert(AccountRow).values(**row, password_hash=ctx.prepared))
    return AccountView.model_validate(row | {"account": account})


async def _check_password(ctx: Context, asked: SignIn) -> Row[Any]:
    """The account, if the password is its own. Counts failures by address, known or not."""
    email_hash = hashlib.sha256(asked.email.encode()).hexdigest()
    async with ctx.reading() as inside:
        recent = col(FailedSignIn.email_hash) == email_hash, col(FailedSignIn.window_ends) > ctx.now
        if (await inside.value(select(col(FailedSignIn.failures)).where(*recent)) or 0) >= ATTEMPTS:
            raise TooManyAttempts()
        row = await inside.row(select(AccountRow).where(col(AccountRow.email) == asked.email))
    if not await passwords.matches(asked.password.get_secret_value(), row.password_hash if row else None):
        await _count_failure(ctx, email_hash)
        raise WrongCredentials()
    assert row is not None
    return row


async def _count_failure(ctx: Context, email_hash: str) -> None:
    async with ctx.writing() as inside:
        await inside.run(delete(FailedSignIn).where(col(FailedSignIn.window_ends) <= ctx.now))
        counted = update(FailedSignIn).where(col(FailedSignIn.email_hash) == email_hash)
        if not await inside.run(counted.values(failures=FailedSignIn.failures + 1)):
            await inside.run(
                insert(FailedSignIn).values(email_hash=email_hash, failures=1, window_ends=ctx.now + WINDOW)
            )


@operation(
    Effect.WRITE,
    "POST /sessions",
    who=Who.ANYONE,
    surfaces=REST_ONLY,
    creates=True,
    secret=True,
    before=_check_password,
)
async def sign_in(ctx: Context, asked: SignIn) -> SessionView:
    """Sign in. Sent with the access token of a guest session, the guest's cart and conversations come along."""
    account = ctx.prepared
    if ctx.caller.role == "guest":
        await _take_over_guest(ctx, account.id)
    return await sessions.start(ctx, account.id, account.role)


async def _take_over_guest(ctx: Context, account: str) -> None:
    guest = ctx.caller.account
    await merge_carts(ctx, guest, account)
    await ctx.run(update(AccountRow).where(col(AccountRow.id) == guest).values(merged_into=account))
    await sessions.end(ctx, ctx.caller.session)
    ctx.emit("guest.signed_in", guest=guest, account=account)


@operation(Effect.WRITE, "POST /sessions/guest", who=Who.UNSEEN, surfaces=REST_ONLY, creates=True, secret=True)
async def start_guest_session(ctx: Context, asked: Nothing) -> SessionView:
    """Start shopping without an account."""
    account = ctx.new_id("acc")
    await ctx.run(insert(AccountRow).values(id=account, name="Guest", role="guest", created_at=ctx.now))
    return await sessions.start(ctx, account, "guest")


async def _check_refresh(ctx: Context, asked: RefreshSession) -> None:
    await sessions.check_refresh(ctx.shop, asked.refresh_token.get_secret_value())


@operation(
    Effect.WRITE, "POST /sessions/refresh", who=Who.UNSEEN, surfaces=REST_ONLY, secret=True, before=_check_refresh
)
async def refresh_session(ctx: Context, asked: RefreshSession) -> SessionView:
    """Get new tokens for a session. A refresh token works once; presenting a used one ends the session."""
    return await sessions.renew(ctx, asked.refresh_token.get_secret_value())


@operation(Effect.WRITE, "DELETE /sessions/current", surfaces=REST_ONLY, secret=True)
async def sign_out(ctx: Context, asked: Nothing) -> SignedOut:
    """End this session; its access and refresh tokens stop working at once."""
    await sessions.end(ctx, ctx.caller.session)
    return SignedOut()


@operation(Effect.READ, "GET /account")
async def get_account(ctx: Context, asked: Nothing) -> AccountView:
    """Who is signed in: name, e-mail address and role."""
    row = await ctx.row(select(AccountRow).where(col(AccountRow.id) == ctx.caller.account))
    assert row is not None
    return AccountView.model_validate(dict(row._mapping) | {"account": row.id})


@operation(Effect.READ, "GET /account/addresses")
async def list_addresses(ctx: Context, asked: Nothing) -> ListView[AddressView]:
    """The shopper's saved addresses, the default one first."""
    mine = select(AddressRow).where(col(AddressRow.account) == ctx.caller.account)
    rows = await ctx.rows(mine.order_by(col(AddressRow.is_default).desc(), col(AddressRow.id)))
    return ListView(items=[address_view(row) for row in rows], next_cursor=None)


@operation(Effect.WRITE, "POST /account/addresses", who=Who.CUSTOMER, creates=True)
async def add_address(ctx: Context, asked: AddAddress) -> AddressView:
    """Save an address to deliver to. The first one becomes the default."""
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


async def my_address(ctx: Context, address: str | None) -> AddressView | None:
    """The address named, or the default one; refuses one that is not the caller's."""
    mine: Select[Any] = select(AddressRow).where(col(AddressRow.account) == ctx.caller.account)
    wanted = col(AddressRow.is_default).is_(True) if address is None else col(AddressRow.id) == address
    row = await ctx.row(mine.where(wanted).limit(1))
    if row is None and address is not None:
        raise AddressNotFound(address)
    return address_view(row) if row else None


def address_view(row: Row[Any]) -> AddressView:
    return AddressView.model_validate(dict(row._mapping) | {"address": row.id, "default": row.is_default})
