"""Fresh copies of the foreign shop, each in a database of its own, and one to use again and again."""

from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from commerce.accounts import sessions
from commerce.context import ANONYMOUS, Caller, Context
from commerce.shop import Shop

from ..world import HandClock, copied, made_once
from .comparing import touched
from .data import database
from .importing import import_shop, rows_of
from .tables import ENTITIES, TOUCHED, key_of

STAFF = Caller("staff", "admin")
"""Whom τ's tools work for: they ask nobody who calls."""


async def template() -> Path:
    return await made_once("tau-retail", lambda shop: import_shop(shop, database()))


async def fresh_shop(folder: Path, *, seed_number: int = 0) -> Shop:
    return await copied(await template(), folder, HandClock(), seed_number)


async def signed_in(shop: Shop, user_id: str) -> Caller:
    """A session of this user's own."""
    async with Context(shop, ANONYMOUS).writing() as ctx:
        session = await sessions.start(ctx, user_id, "customer")
    return await sessions.caller_of(shop, session.access_token)


async def put_back(shop: Shop) -> None:
    """Every entity that was written, to what it was at first: much cheaper than another copy."""
    seen, first = await touched(shop.database), _first()
    async with shop.database.write() as db:
        for kind, ids in seen.items():
            whole, *parts = ENTITIES[kind]
            for table in parts:
                await db.execute(delete(table).where(table.c[key_of(kind)].in_(ids)))
            for table in (whole, *parts):
                if rows := [row for id in ids for row in first.get((table.name, id), [])]:
                    await db.execute(insert(table).prefix_with("OR REPLACE"), rows)
        await db.execute(delete(TOUCHED))


@lru_cache(1)
def _first() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """τ's rows, by table and entity."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    rows = rows_of(database())
    for kind, tables in ENTITIES.items():
        for table in tables:
            for row in rows.get(table, []):
                found[table.name, row[key_of(kind)]].append(row)
    return dict(found)
