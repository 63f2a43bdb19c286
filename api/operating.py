"""Operators' commands: fill the shop, migrate it, examine it."""

from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from agent.models.choices import choices
from agent.prompting import systems_of
from commerce.audit import audit
from commerce.backlog import counted
from commerce.database import revision
from commerce.errors import DatabaseAway
from commerce.seeding import DEMO, read_seeds, seed
from commerce.shop import VERSION_TABLE, Shop
from commerce.worker import last_seen
from tools import facts_of

from .health import redis_state
from .server import Settings, prepare_all
from .serving import running_url
from .working import opened


async def seed_shop(settings: Settings, folder: Path | None) -> int:
    try:
        seeds = read_seeds(folder or DEMO)
    except (OSError, ValueError) as wrong:
        typer.echo(f"These files can't be used: {wrong}", err=True)
        return 1
    async with opened(settings) as shop:
        await prepare_all(shop)
        made = await seed(shop, seeds)
    typer.echo("New: " + ", ".join(f"{count} {what}" for what, count in made.items()))
    return 0


async def migrate_shop(settings: Settings) -> int:
    async with opened(settings) as shop:
        await prepare_all(shop)
        typer.echo(f"Schema: {await revision(shop.database, VERSION_TABLE)}")
    return 0


async def examine(settings: Settings) -> int:
    """Says what it found, line by line; 1 when something is wrong."""
    async with opened(settings) as shop:
        lines = [f"database   {'SQLite in ' + str(settings.shop.data) if settings.shop.embedded else 'MySQL'}"]
        lines.append(f"model      {settings.agent.model}")
        lines.append(f"server     {running_url(settings.shop.data) or 'not running on this data folder'}")
        wrong = [*await _database(shop), *await _redis(shop), *_model(settings)]
        lines += await _work(shop) if not wrong else []
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
    return ["Redis can't be reached (SHOP_REDIS_URL)"] if await redis_state(shop) == "away" else []


async def _work(shop: Shop) -> list[str]:
    """What happens behind the scenes."""
    seen, waiting = await last_seen(shop), await counted(shop)
    age = f"last heard of {(shop.clock() - seen).total_seconds():.0f} s ago" if seen else "never heard of"
    told = f"{waiting['jobs_due']} due, {waiting['jobs_dead']} dead, {waiting['webhook_deliveries_dead']} dead webhook messages"
    return [f"worker     {age}", f"events     {waiting['events_waiting']} waiting", f"jobs       {told}"]


def _model(settings: Settings) -> list[str]:
    try:
        choices(settings.agent)
        systems_of(settings.agent, facts_of(settings.shop))
    except ValueError as wrong:
        return [str(wrong)]
    return []
