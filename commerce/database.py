"""The database: reads, writes, migrations; SQLite when embedded, MySQL or MariaDB for real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, String, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel, UTCDateTime

from .errors import Busy

T = TypeVar("T")
MYSQL_TRANSIENT = {1020, 1205, 1213, 2006, 2013, 4031}
"""Changed since read, lock wait, deadlock, gone away, lost, closed as idle."""
ATTEMPTS = 6
TABLE_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
"""Binary collation: an id is equal to itself and to nothing else, as on SQLite."""


class Moment(UTCDateTime):
    """An aware UTC time with microseconds; plain DATETIME on MySQL drops them."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            from sqlalchemy.dialects import mysql  # not loaded in embedded mode

            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return super().load_dialect_impl(dialect)


class Record(SQLModel):
    """A table. It defines the schema and does not validate: outside data enters through an Input."""

    __table_args__: Any = TABLE_OPTIONS


ID = String(64)
AMOUNT = BigInteger()
"""Minor units."""
JSON_VALUE = JSON(none_as_null=True)


class Database:
    """Hands out connections inside a transaction: `read()` to look, `write()` to change.

    SQLite gets two pools on one file: several readers, and one writer whose transactions BEGIN IMMEDIATE, so that
    writers of this process queue in order instead of failing as locked.
    """

    def __init__(self, url: str) -> None:
        self.embedded = url.startswith("sqlite")
        self.url = url
        if self.embedded:
            self._reader = _sqlite_engine(url, "BEGIN", pool_size=4, max_overflow=4)
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
        else:
            self._reader = self._writer = _mysql_engine(url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._begin(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Commits at the end of the block, rolls back when it is left by an exception."""
        async with self._begin(self._writer) as connection:
            yield connection

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except PoolTimeout as waited:
            raise Busy() from waited

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def _sqlite_engine(url: str, begin: str, pool_size: int, max_overflow: int) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=max_overflow, pool_timeout=30)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        cursor = connection.cursor()
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _mysql_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=16,
        max_overflow=16,
        pool_timeout=30,
        pool_pre_ping=True,
        pool_recycle=1800,
        isolation_level="READ COMMITTED",
        connect_args={"charset": "utf8mb4", "connect_timeout": 5, "init_command": "SET time_zone = '+00:00'"},
    )


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed when it is tried again from its start."""
    if isinstance(error, IntegrityError):
        return "unique" in str(error.orig).lower() or "duplicate" in str(error.orig).lower()
    code = error.orig.args[0] if error.orig and error.orig.args else None
    return code in MYSQL_TRANSIENT or error.connection_invalidated or "database is locked" in str(error.orig)


async def retrying(attempt: Callable[[], Awaitable[T]]) -> T:
    """Runs a whole transaction again when it lost a race that it can win: deadlock, lock wait, equal key, lost connection."""
    for turn in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except DBAPIError as failed:
            if not is_transient(failed):
                raise
            if turn == ATTEMPTS:
                raise Busy() from failed
            await asyncio.sleep(0.01 * 2**turn)
    raise AssertionError("unreachable")


def newest_revision(migrations: Path) -> str:
    """Revisions are named like their files: `0001_first.py` is `0001`."""
    return max(f.name.split("_")[0] for f in (migrations / "versions").glob("[0-9]*.py"))


async def revision(database: Database, version_table: str) -> str | None:
    """The schema's revision; None on an empty database."""
    try:
        async with database.read() as db:
            found = await db.execute(text(f"SELECT version_num FROM {version_table}"))  # noqa: S608 (a constant)
            return found.scalar_one_or_none()
    except DBAPIError as failed:
        if "no such table" in str(failed) or "doesn't exist" in str(failed):
            return None
        raise


async def migrate(database: Database, migrations: Path, version_table: str, target: str = "head") -> bool:
    """Brings the schema to `target`; costs one look when it is there already, and says whether it changed."""
    if target == "head" and await revision(database, version_table) == newest_revision(migrations):
        return False
    async with database.write() as db:
        if not database.embedded:
            await db.execute(text("SELECT GET_LOCK('domtok_migrate', 60)"))
        try:
            await db.run_sync(_run_alembic, migrations, version_table, target)
        finally:
            if not database.embedded:
                await db.execute(text("SELECT RELEASE_LOCK('domtok_migrate')"))
    return True


def _run_alembic(connection: Any, migrations: Path, version_table: str, target: str) -> None:
    from alembic import command  # heavy, and only needed when something changes
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes.update(connection=connection, version_table=version_table)
    (command.downgrade if target == "base" else command.upgrade)(config, target)
