"""Use cases of sessions: signing in, as a guest too, going on, looking at them, and signing out here or everywhere."""

from sqlalchemy import insert, select, update
from sqlmodel import col

from ..cart.merging import merge_carts
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..preferences.operations import merge_preferences
from ..views import ListView, Nothing
from . import attempts, passwords, sessions
from .bans import refuse_banned
from .records import AccountRow
from .refusals import SessionNotFound, WrongCredentials
from .schemas import (
    EndSession,
    EndSessions,
    OpenSessionView,
    RefreshSession,
    SessionsEnded,
    SessionView,
    SignedOut,
    SignIn,
)


async def _check_password(ctx: Context, asked: SignIn) -> tuple[str, str | None]:
    """The hash that the password fits, and a better one if there is."""
    await attempts.admit(ctx, "sign_in", ctx.shop.settings.sign_ins_per_minute)
    await attempts.count(ctx, asked.email)
    async with ctx.reading() as inside:
        known = await inside.value(select(col(AccountRow.password_hash)).where(col(AccountRow.email) == asked.email))
    checked = await passwords.check(asked.password.get_secret_value(), known)
    if not checked.right:
        raise WrongCredentials()
    return known, checked.renewed


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
    known, renewed = ctx.prepared
    row = await ctx.row(select(AccountRow).where(col(AccountRow.email) == asked.email).with_for_update())
    if row is None or row.password_hash != known:
        raise WrongCredentials()  # changed while it was checked
    refuse_banned(row, ctx.now)
    await attempts.forgive(ctx, asked.email)
    if renewed:
        await ctx.run(update(AccountRow).where(col(AccountRow.id) == row.id).values(password_hash=renewed))
    if ctx.caller.role == "guest":
        await _take_over_guest(ctx, row.id)
    return await sessions.start(ctx, row.id, row.role)


async def _take_over_guest(ctx: Context, account: str) -> None:
    guest = ctx.caller.account
    await merge_carts(ctx, guest, account)
    await merge_preferences(ctx, guest, account)
    await ctx.run(update(AccountRow).where(col(AccountRow.id) == guest).values(merged_into=account))
    await sessions.end(ctx, ctx.caller.session)
    ctx.emit("guest.signed_in", guest=guest, account=account)


async def _count_guest(ctx: Context, _asked: Nothing) -> None:
    await attempts.admit(ctx, "guest", ctx.shop.settings.new_accounts_per_minute)


@operation(
    Effect.WRITE,
    "POST /sessions/guest",
    who=Who.UNSEEN,
    surfaces=REST_ONLY,
    creates=True,
    secret=True,
    before=_count_guest,
)
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


@operation(Effect.READ, "GET /sessions", surfaces=REST_ONLY)
async def list_sessions(ctx: Context, asked: Nothing) -> ListView[OpenSessionView]:
    """Where the account is signed in: each device with when it was last used."""
    rows = await sessions.open_sessions(ctx)
    items = [
        OpenSessionView(
            session=row.id,
            device=row.device,
            created_at=row.created_at,
            used_at=row.used_at,
            current=row.id == ctx.caller.session,
        )
        for row in rows
    ]
    return ListView(items=items, next_cursor=None)


@operation(Effect.WRITE, "DELETE /sessions/current", surfaces=REST_ONLY, secret=True)
async def sign_out(ctx: Context, asked: Nothing) -> SignedOut:
    """End this session and no other; its access and refresh tokens stop working at once."""
    await sessions.end(ctx, ctx.caller.session)
    return SignedOut()


@operation(Effect.WRITE, "DELETE /sessions/{session}", surfaces=REST_ONLY)
async def end_session(ctx: Context, asked: EndSession) -> SignedOut:
    """Sign out one of the account's own devices; its tokens stop working at once."""
    if asked.session not in {row.id for row in await sessions.open_sessions(ctx)}:
        raise SessionNotFound(asked.session)
    await sessions.end(ctx, asked.session)
    return SignedOut()


@operation(Effect.WRITE, "DELETE /sessions", surfaces=REST_ONLY, secret=True)
async def end_sessions(ctx: Context, asked: EndSessions) -> SessionsEnded:
    """Sign out everywhere at once; with `others_only`, everywhere but here."""
    kept = ctx.caller.session if asked.others_only else ""
    return SessionsEnded(ended=await sessions.end_all(ctx, ctx.caller.account, but=kept))
