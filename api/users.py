"""Operators' commands about people: make the first admin, give roles, ban, lift, list."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import typer
from sqlalchemy import select
from sqlmodel import col

from commerce.accounts.administration import OPERATOR
from commerce.accounts.records import AccountRow
from commerce.accounts.rules import normal_email
from commerce.context import Context
from commerce.errors import Refusal
from commerce.operations import CATALOG
from commerce.shop import Shop

from .server import Settings, prepare_all
from .working import opened

Work = Callable[[Shop], Awaitable[str]]


def run(settings: Settings, work: Work) -> int:
    """Says what was done, or why it was not."""
    try:
        typer.echo(asyncio.run(_within(settings, work)))
    except (Refusal, ValueError) as refused:
        typer.echo(f"{refused} {refused.advice if isinstance(refused, Refusal) else ''}".strip(), err=True)
        return 1
    return 0


async def _within(settings: Settings, work: Work) -> str:
    async with opened(settings) as shop:
        await prepare_all(shop)
        return await work(shop)


def add(email: str, name: str, role: str, merchant: str | None) -> Work:
    password = _read_password()

    async def work(shop: Shop) -> str:
        made = await _do(shop, "create_account", email=email, name=name or email.partition("@")[0], password=password)
        if role != "customer":
            await _do(shop, "change_role", **_role(made.account, role, merchant))
        return f"Made {made.email}, {role}."

    return work


def give_role(email: str, role: str, merchant: str | None) -> Work:
    async def work(shop: Shop) -> str:
        view = await _do(shop, "change_role", **_role(await _account(shop, email), role, merchant))
        return f"{view.email} is {view.role} now" + (f" of {view.merchant}." if view.merchant else ".")

    return work


def ban(email: str, reason: str, until: datetime | None) -> Work:
    async def work(shop: Shop) -> str:
        end = {"until": until.astimezone().isoformat()} if until else {}
        view = await _do(shop, "ban_account", account=await _account(shop, email), reason=reason, **end)
        return f"{view.email} is banned " + (f"until {view.ban.until:%Y-%m-%d %H:%M} UTC." if until else "for good.")

    return work


def lift(email: str) -> Work:
    async def work(shop: Shop) -> str:
        return f"{(await _do(shop, 'lift_ban', account=await _account(shop, email))).email} may come in again."

    return work


def listed(role: str | None, banned: bool) -> Work:
    async def work(shop: Shop) -> str:
        filters = ({"role": role} if role else {}) | ({"banned": True} if banned else {})
        lines, cursor = [], None
        while True:
            page = await _do(shop, "list_accounts", limit=100, **filters, **({"cursor": cursor} if cursor else {}))
            lines += [_line(view) for view in page.items]
            cursor = page.next_cursor
            if not cursor:
                return "\n".join(lines) or "Nobody."

    return work


def _line(view: Any) -> str:
    role = f"{view.role} of {view.merchant}" if view.merchant else view.role
    ban = f"  BANNED: {view.ban.reason}" if view.ban else ""
    return f"{view.account}  {view.email or '(closed)':<32} {role}{ban}"


def _role(account: str, role: str, merchant: str | None) -> dict[str, str]:
    return {"account": account, "role": role} | ({"merchant": merchant} if merchant else {})


async def _do(shop: Shop, operation: str, **arguments: Any) -> Any:
    """Through the one door, as an operator."""
    return await CATALOG[operation](Context(shop, OPERATOR), CATALOG[operation].parse(arguments))


async def _account(shop: Shop, email: str) -> str:
    async with Context(shop, OPERATOR).reading() as ctx:
        found = await ctx.value(select(col(AccountRow.id)).where(col(AccountRow.email) == normal_email(email)))
    if found is None:
        raise ValueError(f"There is no account with the e-mail address {email}.")
    return str(found)


def _read_password() -> str:
    """From the terminal, unseen; else the first line that is piped in. Never an argument: those are seen by others."""
    if sys.stdin.isatty():
        return getpass.getpass("Password (15 characters or more): ")
    return sys.stdin.readline().rstrip("\n")
