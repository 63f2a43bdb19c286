"""Use cases of one's own account: registering, name, e-mail address, password."""

from typing import NamedTuple

from pydantic import SecretStr
from sqlalchemy import insert, select, update
from sqlmodel import col

from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import Nothing
from . import attempts, history, passwords, sessions
from .records import AccountRow
from .refusals import EmailTaken, PasswordWeak, WrongPassword
from .schemas import AccountView, ChangeEmail, ChangeName, ChangePassword, CreateAccount, SessionsEnded
from .weak_passwords import weakness


async def strong_hash(ctx: Context, password: SecretStr, *context: str | None) -> str:
    """The hash of a new password; refuses one that is easily guessed, also by who knows the person or the shop."""
    text = password.get_secret_value()
    if reason := weakness(text, [ctx.shop.settings.name, *filter(None, context)]):
        raise PasswordWeak(reason)
    return await passwords.hashed(text)


async def _hash_password(ctx: Context, asked: CreateAccount) -> str:
    await attempts.admit(ctx, "register", ctx.shop.settings.new_accounts_per_minute)
    return await strong_hash(ctx, asked.password, asked.email, asked.name)


@operation(
    Effect.WRITE, "POST /accounts", who=Who.UNSEEN, surfaces=REST_ONLY, creates=True, secret=True, before=_hash_password
)
async def create_account(ctx: Context, asked: CreateAccount) -> AccountView:
    """Register a customer. Sign in afterwards to get a session."""
    await refuse_taken(ctx, asked.email)
    account = ctx.new_id("acc")
    row = {"id": account, "email": asked.email, "name": asked.name, "role": "customer", "created_at": ctx.now}
    await ctx.run(insert(AccountRow).values(**row, password_hash=ctx.prepared))
    return AccountView.model_validate(row | {"account": account})


async def refuse_taken(ctx: Context, email: str) -> None:
    """Of two who want the same address at once, the second comes here again and finds the first."""
    if await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.email) == email)):
        raise EmailTaken()


@operation(Effect.READ, "GET /account")
async def get_account(ctx: Context, asked: Nothing) -> AccountView:
    """Who is signed in: name, e-mail address and role."""
    return await my_account(ctx)


async def my_account(ctx: Context) -> AccountView:
    row = await ctx.row(select(AccountRow).where(col(AccountRow.id) == ctx.caller.account))
    assert row is not None
    return AccountView.model_validate(dict(row._mapping) | {"account": row.id})


@operation(Effect.WRITE, "PATCH /account", who=Who.CUSTOMER)
async def change_name(ctx: Context, asked: ChangeName) -> AccountView:
    """Change how the shop addresses the shopper."""
    await ctx.run(update(AccountRow).where(col(AccountRow.id) == ctx.caller.account).values(name=asked.name))
    return await my_account(ctx)


class Proven(NamedTuple):
    """What `before` found out about a current password, and the new one's hash."""

    known: str
    fresh: str | None = None


async def prove(ctx: Context, password: SecretStr) -> Proven:
    """Refuses unless it is the caller's current password; tries are counted as at sign-in."""
    async with ctx.reading() as inside:
        mine = select(col(AccountRow.email), col(AccountRow.password_hash)).where(
            col(AccountRow.id) == ctx.caller.account
        )
        row = await inside.row(mine)
    assert row is not None
    await attempts.count(ctx, row.email or ctx.caller.account)
    if not (await passwords.check(password.get_secret_value(), row.password_hash)).right:
        raise WrongPassword()
    return Proven(row.password_hash)


async def still_proven(ctx: Context, proven: Proven) -> str:
    """Locks the account and refuses if its password changed meanwhile; says whom its tries are counted for."""
    mine = select(col(AccountRow.email), col(AccountRow.password_hash)).where(col(AccountRow.id) == ctx.caller.account)
    row = await ctx.row(mine.with_for_update())
    if row is None or row.password_hash != proven.known:
        raise WrongPassword()
    await attempts.forgive(ctx, row.email or ctx.caller.account)
    return row.email or ctx.caller.account


async def _prove_and_hash(ctx: Context, asked: ChangePassword) -> Proven:
    proven = await prove(ctx, asked.current_password)
    async with ctx.reading() as inside:
        mine = await my_account(inside)
    return proven._replace(fresh=await strong_hash(ctx, asked.new_password, mine.email, mine.name))


@operation(
    Effect.WRITE,
    "POST /account/password",
    who=Who.CUSTOMER,
    surfaces=REST_ONLY,
    secret=True,
    before=_prove_and_hash,
)
async def change_password(ctx: Context, asked: ChangePassword) -> SessionsEnded:
    """Change the password; needs the current one. Every other session of the account ends."""
    await still_proven(ctx, ctx.prepared)
    mine = update(AccountRow).where(col(AccountRow.id) == ctx.caller.account)
    await ctx.run(mine.values(password_hash=ctx.prepared.fresh))
    await history.note(ctx, ctx.caller.account, "password_changed")
    return SessionsEnded(ended=await sessions.end_all(ctx, ctx.caller.account, but=ctx.caller.session))


async def _prove(ctx: Context, asked: ChangeEmail) -> Proven:
    return await prove(ctx, asked.password)


@operation(Effect.WRITE, "POST /account/email", who=Who.CUSTOMER, surfaces=REST_ONLY, secret=True, before=_prove)
async def change_email(ctx: Context, asked: ChangeEmail) -> AccountView:
    """Change the e-mail address that one signs in with; needs the password. Every other session ends."""
    if await still_proven(ctx, ctx.prepared) != asked.email:
        await refuse_taken(ctx, asked.email)
        await ctx.run(update(AccountRow).where(col(AccountRow.id) == ctx.caller.account).values(email=asked.email))
        await history.note(ctx, ctx.caller.account, "email_changed")
        await sessions.end_all(ctx, ctx.caller.account, but=ctx.caller.session)
    return await my_account(ctx)
