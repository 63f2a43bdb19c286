"""The database: reads, writes, migrations; SQLite when embedded, MySQL or MariaDB for real."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import JSON, BigInteger, String, make_url, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel, UTCDateTime

from .adapters.mysql import MysqlConnection, MysqlReader, mysql_engine
from .adapters.sqlite import SqliteConnection, sqlite_engine
from .connections import Connection, OwnConnection, Pool
from .errors import Busy, DatabaseAway, OutcomeUnknown

T = TypeVar("T")
MYSQL_TRANSIENT = {1020, 1205, 1213, 2006, 2013, 4031}
"""Changed since read, lock wait, deadlock, gone away, lost, closed as idle."""
MYSQL_AWAY = {1040, 1053, 2002, 2003, 2006, 2013, 4031}
"""Too many connections, shutting down, can't connect (twice), gone away, lost, closed as idle."""
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
    """Lends connections: `read()` to look, `write()` to change in one transaction.

    Reading and writing have pools of their own. SQLite has one writer, so that the writers of this process queue in order
    instead of failing as locked.
    """

    def __init__(self, url: str, *, connections: int = 16, slow_ms: int = 0) -> None:
        self.embedded = url.startswith("sqlite")
        self.url = url
        server = _File(url, slow_ms) if self.embedded else _Server(url, slow_ms)
        self._server = server
        self._readers = Pool(connections, server.reader)
        self._writers = Pool(1 if self.embedded else connections, server.writer)

    def read(self) -> "Lent":
        """Each statement sees what was committed before it."""
        return Lent(self._readers)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """All statements see what was committed before the first: for sums that must agree."""
        async with self.read() as lent:
            connection = cast(OwnConnection, lent)
            await connection.begin_snapshot()
            try:
                yield connection
            finally:
                if not connection.lost:
                    await connection.rollback()

    def write(self) -> "Lent":
        """Commits at the end of the block, rolls back when it is left by an exception."""
        return Transaction(self._writers)

    def told(self) -> dict[str, dict[str, int]]:
        """For operators: how full the pools are."""
        return {"read": self._readers.told(), "write": self._writers.told()}

    async def close(self) -> None:
        await self._readers.close()
        await self._writers.close()
        await self._server.close()


class Lent:
    """A block with a connection of its own. A server that is not there is no bug of ours: whoever asked is told to come back.

    It and `Transaction` are classes because every request passes here, and a generator costs several times as much.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: OwnConnection | None = None

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._pool.take()
        except DBAPIError as failed:
            _tell_when_away(failed)
            raise
        return self._connection

    async def __aexit__(self, _kind: Any, failed: BaseException | None, _trace: Any) -> None:
        assert self._connection is not None
        await self._pool.give_back(self._connection)
        _tell_when_away(failed)


class Transaction(Lent):
    async def __aenter__(self) -> Connection:
        connection = await super().__aenter__()
        try:
            await cast(OwnConnection, connection).begin()
        except BaseException as failed:
            await super().__aexit__(type(failed), failed, None)
            raise
        return connection

    async def __aexit__(self, kind: Any, failed: BaseException | None, trace: Any) -> None:
        assert self._connection is not None
        try:
            await (self._commit(self._connection) if failed is None else _roll_back(self._connection))
        except DBAPIError as late:
            failed = failed or late
            raise
        finally:
            await super().__aexit__(kind, failed, trace)

    async def _commit(self, connection: OwnConnection) -> None:
        try:
            await connection.commit()
        except BaseException as failed:
            if connection.lost and isinstance(failed, DBAPIError):
                raise OutcomeUnknown() from failed
            await _roll_back(connection)
            raise


async def _roll_back(connection: OwnConnection) -> None:
    if not connection.lost:
        await connection.rollback()


def _tell_when_away(failed: BaseException | None) -> None:
    if isinstance(failed, DBAPIError) and (failed.connection_invalidated or _code(failed) in MYSQL_AWAY):
        raise DatabaseAway() from failed


class _File:
    """An SQLite file. Commits have a thread of their own: they wait for no long read."""

    def __init__(self, url: str, slow_ms: int) -> None:
        self._engine = sqlite_engine(make_url(url).database or "")
        self._reading = ThreadPoolExecutor(4, "sqlite-read")
        self._writing = ThreadPoolExecutor(1, "sqlite-write")
        self._slow_ms = slow_ms

    async def reader(self) -> OwnConnection:
        return SqliteConnection(self._engine, self._reading, self._slow_ms)

    async def writer(self) -> OwnConnection:
        return SqliteConnection(self._engine, self._writing, self._slow_ms)

    async def close(self) -> None:
        self._reading.shutdown(wait=False)
        self._writing.shutdown(wait=False)


class _Server:
    """A MySQL or MariaDB server."""

    def __init__(self, url: str, slow_ms: int) -> None:
        self._reading, self._writing = mysql_engine(url, writes=False), mysql_engine(url, writes=True)
        self._slow_ms = slow_ms

    async def reader(self) -> OwnConnection:
        return MysqlReader(await self._reading.connect(), self._slow_ms)

    async def writer(self) -> OwnConnection:
        return MysqlConnection(await self._writing.connect(), self._slow_ms)

    async def close(self) -> None:
        await self._reading.dispose()
        await self._writing.dispose()


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed when it is tried again from its start."""
    if isinstance(error, IntegrityError):
        return "unique" in str(error.orig).lower() or "duplicate" in str(error.orig).lower()
    return _code(error) in MYSQL_TRANSIENT or error.connection_invalidated or "database is locked" in str(error.orig)


def _code(error: DBAPIError) -> Any:
    return error.orig.args[0] if error.orig and error.orig.args else None


async def retrying(attempt: Callable[[], Awaitable[T]], *, repeatable: bool = True) -> T:
    """Runs a whole transaction again when it lost a race that it can win: deadlock, lock wait, equal key, lost connection.

    `repeatable`: running it again does no harm even if the time before was committed and only the word of it got lost.
    """
    for turn in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except (DatabaseAway, OutcomeUnknown) as away:
            if turn == ATTEMPTS or (isinstance(away, OutcomeUnknown) and not repeatable):
                raise
        except DBAPIError as failed:
            if not is_transient(failed):
                raise
            if turn == ATTEMPTS:
                raise Busy() from failed
        await asyncio.sleep(0.02 * 2**turn * random.random())  # noqa: S311 (those who lost together must not meet again)
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


async def migrate(database: Database, migrations: Path, version_table: str, target: str = "head") -> None:
    """Brings the schema up to `head`, or down to another revision or `base`; costs one look when it is up to date."""
    if target == "head" and await revision(database, version_table) == newest_revision(migrations):
        return
    async with database.write() as db:
        if not database.embedded:
            await db.execute(text("SELECT GET_LOCK(LEFT(CONCAT('domtok.', DATABASE()), 64), 60)"))
        try:
            await db.run_sync(_run_alembic, migrations, version_table, target)
        finally:
            if not database.embedded:
                await db.execute(text("SELECT RELEASE_LOCK(LEFT(CONCAT('domtok.', DATABASE()), 64))"))


def _run_alembic(connection: Any, migrations: Path, version_table: str, target: str) -> None:
    from alembic import command  # heavy, and only needed when something changes
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes.update(connection=connection, version_table=version_table)
    (command.upgrade if target == "head" else command.downgrade)(config, target)
