"""Fresh worlds: a whole demo shop of one's own in milliseconds, with a clock that is set by hand.

The first world of a process is migrated and seeded; every other one is a copy of its file.
"""

import asyncio
import atexit
import random
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from commerce.accounts import sessions
from commerce.context import ANONYMOUS, Caller, Context
from commerce.database import migrate
from commerce.ids import Ids
from commerce.seeding import Seeds, read_seeds, seed
from commerce.settings import ShopSettings
from commerce.shop import Shop, open_shop
from commerce.shop import prepare as prepare_shop

AGENT_MIGRATIONS = Path(__file__).parent.parent / "agent" / "migrations"
AGENT_VERSION_TABLE = "agent_version"
TEMPLATE = 1 << 32
"""Seed of the ids that all worlds share; worlds have smaller ones."""
FILE = "domtok.sqlite"
EPOCH = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    now: datetime = EPOCH

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@lru_cache(1)
def seeds() -> Seeds:
    return read_seeds()


async def prepare(shop: Shop) -> None:
    """Both schemas."""
    await prepare_shop(shop)
    await migrate(shop.database, AGENT_MIGRATIONS, AGENT_VERSION_TABLE)


async def fresh_world(folder: Path, clock: HandClock, *, seed_number: int = 0) -> Shop:
    """A seeded shop in `folder`, on SQLite. The same number makes the same ids."""
    return await copied(await template(), folder, clock, seed_number)


async def copied(template: Path, folder: Path, clock: HandClock, seed_number: int) -> Shop:
    """A world like the one in this file."""
    await asyncio.to_thread(_copy, template, folder)
    settings = world_settings(folder)
    return open_shop(settings, clock=clock, ids=Ids(random.Random(seed_number)))  # noqa: S311 (ids that repeat are the point)


async def signed_in(shop: Shop, email: str) -> Caller:
    """A new session of this account. Without the password, whose check takes longer than most conversations."""
    async with Context(shop, ANONYMOUS).writing() as ctx:
        row = (await ctx.db.execute(text("SELECT id, role FROM account WHERE email = :email"), {"email": email})).one()
        session = await sessions.start(ctx, row.id, row.role)
    return await sessions.caller_of(shop, session.access_token)


def _copy(template: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template, folder / template.name)


def world_settings(folder: Path, database_url: str = "") -> ShopSettings:
    """Of a world: nothing from the environment, and a secret of its own."""
    return ShopSettings.model_validate(
        {
            "data": folder,
            "database_url": database_url,
            "secret": "a secret that only this world knows, of forty and more",
        }
    )


async def template() -> Path:
    """The file that worlds are copies of."""
    return await made_once("demo", lambda shop: seed(shop, seeds()))


async def made_once(name: str, fill: Callable[[Shop], Awaitable[Any]]) -> Path:
    """A file with both schemas, filled when there is none of this name. Several at once may make it; all are alike."""
    made = _workshop() / name / FILE
    if not made.exists():
        making = Path(tempfile.mkdtemp(dir=_workshop()))
        shop = open_shop(world_settings(making), clock=HandClock(), ids=Ids(random.Random(TEMPLATE)))  # noqa: S311
        await prepare(shop)
        await fill(shop)
        await shop.close()
        made.parent.mkdir(exist_ok=True)
        (making / FILE).rename(made)
    return made


@lru_cache(1)
def _workshop() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="domtok-worlds-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
