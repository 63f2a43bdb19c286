"""Operators' commands: fill the shop, migrate it, examine it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from commerce.audit import audit
from commerce.database import revision
from commerce.errors import DatabaseAway
from commerce.seeding import DEMO, read_seeds, seed
from commerce.shop import VERSION_TABLE, Shop, open_shop

from .server import Settings, prepare_all
from .serving import running_url


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Shop]:
    shop = open_shop(settings.shop)
    try:
        yield shop
    finally:
        await shop.close()


async def seed_shop(settings: Settings, folder: Path | None) -> int:
    try:
        seeds = read_seeds(folder or DEMO)
    except (OSError, ValueError) as wrong:
        typer.echo(f"These files can't be used: {wrong}", err=True)
        return 1
    async with _opened(settings) as shop:
        await prepare_all(shop)
        made = await seed(shop, seeds)
    typer.echo("New: " + ", ".join(f"{count} {what}" for what, count in made.items()))
    return 0


async def migrate_shop(settings: Settings) -> int:
    async with _opened(settings) as shop:
        await prepare_all(shop)
        typer.echo(f"Schema: {await revision(shop.database, VERSION_TABLE)}")
    return 0


async def examine(settings: Settings) -> int:
    """Says what it found, line by line; 1 when something is wrong."""
    async with _opened(settings) as shop:
        lines = [f"database   {'SQLite in ' + str(settings.shop.data) if settings.shop.embedded else 'MySQL'}"]
        lines.append(f"model      {settings.agent.model}")
        lines.append(f"server     {running_url(settings.shop.data) or 'not running on this data folder'}")
        wrong = [*await _database(shop), *await _redis(shop), *_model(settings)]
    for line in lines:
        typer.echo(line)
    for finding in wrong:
        typer.echo(f"WRONG      {finding}", err=True)
    typer.echo("The books are clean." if not wrong else f"{len(wrong)} finding(s).")
    return 1 if wrong else 0


async def _database(shop: Shop) -> list[str]:
    try:
        if await revision(shop.database, VERSION_TABLE) is None:
            return ["the database has no schema yet: run `domtok migrate`"]
        return await audit(shop.database)
    except (DBAPIError, DatabaseAway, OSError) as failed:
        return [f"the database can't be reached: {failed.__cause__ or failed}"]


async def _redis(shop: Shop) -> list[str]:
    if not shop.settings.redis_url:
        return []
    try:
        await shop.redis().ping()
    except RedisError as failed:
        return [f"Redis can't be reached: {failed}"]
    return []


def _model(settings: Settings) -> list[str]:
    from agent.models import open_model

    try:
        open_model(settings.agent)
    except ValueError as wrong:
        return [str(wrong)]
    return []
