"""What nothing can be faster than: the same product read with the bare driver."""

import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiomysql
from sqlalchemy.engine import make_url

from tests.bench.goods import slug_of

READ = "SELECT slug, name, names, description, descriptions, brand, category, lowest_price FROM product WHERE slug = "


async def point_read(folder: Path, database_url: str, size: int, rounds: int = 2_000) -> float:
    """CPU milliseconds of this process for one read by key."""
    if database_url:
        url = make_url(database_url)
        db = await aiomysql.connect(url.host, url.username, url.password or "", url.database, url.port or 3306)
        async with db.cursor() as cursor:
            spent = await _each(lambda slug: _read_mysql(cursor, slug), size, rounds)
        await db.ensure_closed()
        return spent
    with closing(sqlite3.connect(folder / "domtok.sqlite")) as file:
        return await _each(lambda slug: _read_sqlite(file, slug), size, rounds)


async def _each(read: Callable[[str], Awaitable[Any]], size: int, rounds: int) -> float:
    started = time.process_time()
    for i in range(rounds):
        await read(slug_of(i * 7_919 % size))
    return (time.process_time() - started) / rounds * 1000


async def _read_mysql(cursor: Any, slug: str) -> Any:
    await cursor.execute(READ + "%s", (slug,))
    return await cursor.fetchone()


async def _read_sqlite(db: sqlite3.Connection, slug: str) -> Any:
    return db.execute(READ + "?", (slug,)).fetchone()
