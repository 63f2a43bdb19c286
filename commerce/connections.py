"""Connections to the database: kept open, lent to one task at a time, thrown away when they are lost."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic_core import from_json
from sqlalchemy import CursorResult, Executable, Select

from .errors import Busy

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds that a task waits for its turn."""
FRESH = 1.0
"""A connection that has rested longer than so many seconds is asked whether it is still there."""


def read_json(text: str | bytes) -> Any:
    """What a JSON column holds. Pydantic's parser is many times as fast as Python's, but takes no lone surrogate, which a
    model's words may hold."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


class Connection(Protocol):
    """What statements are run on, one after the other."""

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Runs one statement; its rows are all there when it returns."""

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        """The first column of the first row; None without a row."""

    async def run_sync(self, function: Callable[..., T], *arguments: Any) -> T:
        """Hands SQLAlchemy's own connection to a function that knows nothing of asyncio."""


async def rows_of(db: Connection, statement: Select[*tuple[Any, ...]]) -> list[Any]:
    return list((await db.execute(statement)).all())


class OwnConnection(Connection, Protocol):
    """A connection, with what only its pool and its database may do to it."""

    @property
    def lost(self) -> bool:
        """Whether it can't be used any more."""

    async def begin(self) -> None: ...

    async def begin_snapshot(self) -> None:
        """For reading: whatever others commit, all statements see the same."""

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...

    async def answers(self) -> bool: ...

    async def close(self) -> None: ...


@dataclass
class Pool:
    """At most `size` connections. Who finds none free waits in line; the one used last is lent first."""

    size: int
    connect: Callable[[], Awaitable[OwnConnection]]
    idle: list[tuple[OwnConnection, float]] = field(default_factory=list)
    in_use: int = 0
    waiting: int = 0
    _closed: bool = False

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.size)

    async def take(self) -> OwnConnection:
        """One to be used alone, and to be given back."""
        await self._wait()
        self.in_use += 1
        try:
            return await self._open_one()
        except BaseException:
            self._set_free()
            raise

    async def give_back(self, connection: OwnConnection) -> None:
        try:
            await self._keep(connection)
        finally:
            self._set_free()

    async def close(self) -> None:
        """Closes what is idle now, and later what is lent when it comes back."""
        self._closed = True
        await self._close_idle()

    def told(self) -> dict[str, int]:
        """For operators: how full it is."""
        return {"size": self.size, "open": self.in_use + len(self.idle), "in_use": self.in_use, "waiting": self.waiting}

    async def _wait(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            raise Busy() from None
        finally:
            self.waiting -= 1

    def _set_free(self) -> None:
        self.in_use -= 1
        self._free.release()

    async def _open_one(self) -> OwnConnection:
        while self.idle:
            connection, since = self.idle.pop()
            if time.monotonic() - since < FRESH or await connection.answers():
                return connection
            await connection.close()
        return await self.connect()

    async def _keep(self, connection: OwnConnection) -> None:
        if connection.lost or self._closed:
            await connection.close()
        if connection.lost:
            await self._close_idle()  # what cut this one has most likely cut them all
        elif not self._closed:
            self.idle.append((connection, time.monotonic()))

    async def _close_idle(self) -> None:
        while self.idle:
            connection, _ = self.idle.pop()
            await connection.close()
