"""MySQL and MariaDB over the network."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable, NullPool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..connections import read_json
from ..slow import timed

T = TypeVar("T")
SESSION = "SET time_zone = '+00:00'"
READING = SESSION + " /*M!, optimizer_switch = 'exists_to_in=off' */"
"""MariaDB reads the whole table of an EXISTS before it looks at the first of the few rows of a page, unless it is told not to;
MySQL looks up what it needs, and does not know the switch."""


def mysql_engine(url: str, *, writes: bool) -> AsyncEngine:
    """Who only reads needs no transaction, and is spared the way to the server that ends one."""
    return create_async_engine(
        url,
        poolclass=NullPool,
        json_deserializer=read_json,
        isolation_level="READ COMMITTED" if writes else "AUTOCOMMIT",
        connect_args={"charset": "utf8mb4", "connect_timeout": 5, "init_command": SESSION if writes else READING},
    )


class MysqlConnection:
    """One connection of SQLAlchemy's, open for good; transactions begin with their first statement."""

    def __init__(self, connection: AsyncConnection, slow_ms: int) -> None:
        self._connection = connection
        self._slow_ms = slow_ms

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return await timed(self._connection.execute(statement, parameters), self._slow_ms)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return (await self.execute(statement, parameters)).scalar()

    async def run_sync(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._connection.run_sync(function, *arguments)

    @property
    def lost(self) -> bool:
        return self._connection.invalidated or self._connection.closed

    async def begin(self) -> None:
        """Nothing to do: the server begins with the first statement."""

    async def begin_snapshot(self) -> None:
        await self._connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await self._connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    async def commit(self) -> None:
        await self._connection.commit()

    async def rollback(self) -> None:
        await self._connection.rollback()

    async def answers(self) -> bool:
        try:
            await self._connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            return False
        await self._connection.rollback()
        return True

    async def close(self) -> None:
        await self._connection.close()


class MysqlReader(MysqlConnection):
    """A connection that only reads. A statement whose connection was cut is run again on a new one, once."""

    _in_snapshot = False

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        try:
            return await super().execute(statement, parameters)
        except DBAPIError:
            if self._in_snapshot or not self._connection.invalidated:
                raise
        await self._connection.rollback()
        return await super().execute(statement, parameters)

    async def begin_snapshot(self) -> None:
        self._in_snapshot = True
        await super().begin_snapshot()

    async def rollback(self) -> None:
        await super().rollback()
        self._in_snapshot = False
