"""Tokens: a short-lived signed access token, and a refresh token that works once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from sqlalchemy import ColumnElement, Row, Select, Update, bindparam, delete, insert, not_, select, update
from sqlmodel import col

from ..context import ANONYMOUS, Caller, Context
from ..database import Moment
from ..errors import TokenInvalid
from ..shop import Shop
from .bans import BAN_COLUMNS, is_banned, refuse_banned
from .devices import device_of
from .records import AccountRow, SessionRow
from .refusals import RefreshRefused
from .schemas import Role, SessionView

ALGORITHM = "HS256"
ACCESS = "access"
"""What the token is for; whatever else the shop signs does not open it."""
MOST_SHOWN = 100
REFRESH_LENGTH = 43
"""Characters of 32 random bytes."""

THIS_ONE = col(SessionRow.id) == bindparam("sid"), col(AccountRow.id) == bindparam("sub")
OF_ACCOUNT = col(SessionRow.account) == col(AccountRow.id)
SIGNED_IN = (
    select(col(AccountRow.role), col(AccountRow.merchant))
    .join(SessionRow, OF_ACCOUNT)
    .where(*THIS_ONE, col(SessionRow.revoked_at).is_(None), not_(is_banned(bindparam("now", type_=Moment()))))
)
"""Every request asks for it, so it reads no column that only a refusal needs."""
BANNED = select(*BAN_COLUMNS).join(SessionRow, OF_ACCOUNT).where(*THIS_ONE)


async def caller_of(shop: Shop, token: str | None) -> Caller:
    """Whom an access token speaks for. Looks at the session each time, so signing out and bans work at once."""
    if token is None:
        return ANONYMOUS
    claims = _claims(shop, token)
    return await _found(shop, claims["sid"], claims["sub"])


async def still(shop: Shop, caller: Caller) -> Caller:
    """The caller as it is now: for what goes on longer than a request. Refuses whose session ended or who was banned."""
    return caller if caller == ANONYMOUS else await _found(shop, caller.session, caller.account)


async def _found(shop: Shop, session: str, account: str) -> Caller:
    mine, now = {"sid": session, "sub": account}, shop.clock()
    async with shop.database.read() as db:
        row = (await db.execute(SIGNED_IN, {**mine, "now": now})).one_or_none()
        if row is None:
            banned = (await db.execute(BANNED, mine)).one_or_none()
            if banned is not None:
                refuse_banned(banned, now)
            raise TokenInvalid()
    return Caller(account=account, role=row.role, session=session, merchant=row.merchant)


def end_of_token(shop: Shop, token: str) -> float:
    """When an access token ends, in seconds since 1970."""
    return float(_claims(shop, token)["exp"])


def _claims(shop: Shop, token: str) -> dict[str, Any]:
    claims = _signed_claims(token, shop.secret)
    if claims is None or claims["exp"] <= shop.clock().timestamp():
        raise TokenInvalid()
    return claims


@lru_cache(maxsize=4_096)
def _signed_claims(token: str, secret: str) -> dict[str, Any] | None:
    """What a token says, if we signed it, and as an access token. That never changes, so it is worked out once; its end is
    looked at each time."""
    options: Any = {"require": ["exp", "sub", "sid", "use"], "verify_exp": False, "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(token, secret, algorithms=[ALGORITHM], options=options)
        return claims | {"exp": float(claims["exp"])} if claims["use"] == ACCESS else None
    except (jwt.InvalidTokenError, ValueError, UnicodeError):
        return None


async def start(ctx: Context, account: str, role: Role) -> SessionView:
    """A new session of its own for each sign-in, so that each device can be signed out alone."""
    session, refresh = ctx.new_id("ses"), secrets.token_urlsafe(32)
    await ctx.run(
        insert(SessionRow).values(
            id=session,
            account=account,
            refresh_hash=_hashed(_joined(session, refresh)),
            device=device_of(ctx.user_agent),
            created_at=ctx.now,
            used_at=ctx.now,
            expires_at=ctx.now + timedelta(days=ctx.shop.settings.refresh_days),
        )
    )
    return _view(ctx, account, role, session, refresh)


async def check_refresh(shop: Shop, presented: str) -> None:
    """Refuses a refresh token that does not count. One that was used before is in two hands: its session ends."""
    ctx = Context(shop, ANONYMOUS)
    session = presented.partition(".")[0]
    async with ctx.reading() as inside:
        row = await inside.row(_alive(inside, session))
    if row is None:
        raise RefreshRefused()
    if row.refresh_hash != _hashed(presented):
        if len(presented.partition(".")[2]) == REFRESH_LENGTH:
            async with ctx.writing() as inside:
                await end(inside, session)
        raise RefreshRefused()


async def renew(ctx: Context, presented: str) -> SessionView:
    """Rotates the refresh token; of two renewals at once, one is refused."""
    session = presented.partition(".")[0]
    row = await ctx.row(_alive(ctx, session))
    refresh = secrets.token_urlsafe(32)
    rotated = update(SessionRow).where(
        col(SessionRow.id) == session, col(SessionRow.refresh_hash) == _hashed(presented)
    )
    ends = ctx.now + timedelta(days=ctx.shop.settings.refresh_days)
    hit = await ctx.run(
        rotated.values(refresh_hash=_hashed(_joined(session, refresh)), used_at=ctx.now, expires_at=ends)
    )
    if row is None or not hit:
        raise RefreshRefused()
    return _view(ctx, row.account, row.role, session, refresh)


def _alive(ctx: Context, session: str) -> Select[*tuple[Any, ...]]:
    columns = (col(SessionRow.account), col(SessionRow.refresh_hash), col(AccountRow.role))
    joined = select(*columns).join(AccountRow, col(AccountRow.id) == col(SessionRow.account))
    return joined.where(
        col(SessionRow.id) == session, col(SessionRow.revoked_at).is_(None), col(SessionRow.expires_at) > ctx.now
    )


async def open_sessions(ctx: Context) -> Sequence[Row[Any]]:
    """The caller's own, the last used first."""
    mine = col(SessionRow.account) == ctx.caller.account, col(SessionRow.revoked_at).is_(None)
    alive = select(SessionRow).where(*mine, col(SessionRow.expires_at) > ctx.now)
    return await ctx.rows(alive.order_by(col(SessionRow.used_at).desc(), col(SessionRow.id).desc()).limit(MOST_SHOWN))


async def end(ctx: Context, session: str) -> int:
    return await ctx.run(_ending(ctx, col(SessionRow.id) == session))


async def end_all(ctx: Context, account: str, *, but: str = "") -> int:
    """Ends every session of an account but the one named; says how many."""
    return await ctx.run(_ending(ctx, col(SessionRow.account) == account, col(SessionRow.id) != but))


def _ending(ctx: Context, *which: ColumnElement[bool]) -> Update:
    """The row stays while an access token of the session could still be shown, then `sweep` takes it."""
    over = ctx.now + timedelta(minutes=ctx.shop.settings.access_minutes)
    alive = col(SessionRow.revoked_at).is_(None), col(SessionRow.expires_at) > ctx.now
    return update(SessionRow).where(*which, *alive).values(revoked_at=ctx.now, expires_at=over)


async def sweep(ctx: Context) -> int:
    """Deletes what ended."""
    return await ctx.run(delete(SessionRow).where(col(SessionRow.expires_at) <= ctx.now))


def _view(ctx: Context, account: str, role: Role, session: str, refresh: str) -> SessionView:
    life = timedelta(minutes=ctx.shop.settings.access_minutes)
    access = jwt.encode(
        {"sub": account, "sid": session, "use": ACCESS, "exp": int((ctx.now + life).timestamp())},
        ctx.shop.secret,
        ALGORITHM,
    )
    return SessionView(
        access_token=access,
        refresh_token=_joined(session, refresh),
        expires_in=int(life.total_seconds()),
        account=account,
        role=role,
    )


def _joined(session: str, refresh: str) -> str:
    return f"{session}.{refresh}"


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
