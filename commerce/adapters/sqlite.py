"""SQLite in this process: short statements run where they are asked for, long ones and commits in a thread.

Handing a statement to a thread and back costs ten times what a short statement costs, so a read is given a moment here.
One that takes longer is stopped and begun again in a thread, where it may take as long as it likes: reads can be repeated.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Engine, Executable, NullPool, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import LRUCache

from ..connections import read_json
from ..slow import timed

T = TypeVar("T")
MOMENT = 0.002
"""Seconds of work that a read may keep everybody else waiting for."""
GLANCE = 1_000
"""Steps of SQLite's machine between two looks at the time."""
FEW = 30
"""Rows that are written in a moment."""
LOCK_PATIENCE = 10.0
"""Seconds to wait for another process that writes to the same file."""
COMPILED: LRUCache[Any, Any] = LRUCache(1_000)
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0")
"""Nobody waits inside SQLite, because everybody would wait along; who finds a lock comes again."""


class WholeCursor(sqlite3.Cursor):
    """Reads all rows at once, so that nothing is left to do after `execute`."""

    _rows: list[Any]

    def execute(self, *asked: Any) -> "WholeCursor":
        super().execute(*asked)
        self._rows = super().fetchall() if self.description else []
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = self.arraysize if size is None else size
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken

    def fetchall(self) -> list[Any]:
        taken, self._rows = self._rows, []
        return taken


class File(sqlite3.Connection):
    """A connection of the driver's, whose statements can be told to be brief."""

    brief = False
    _since: float | None = None

    def cursor(self, *_factory: Any) -> Any:
        return super().cursor(WholeCursor)

    def prepare(self) -> "File":
        for pragma in PRAGMAS:
            self.execute(f"PRAGMA {pragma}").close()
        self.set_progress_handler(self._is_late, GLANCE)
        return self

    def be_brief(self, brief: bool) -> None:
        self.brief, self._since = brief, None

    def _is_late(self) -> bool:
        """Asked at every glance; the time runs from the first, so that short statements never look at a clock."""
        if not self.brief:
            return False
        now = time.thread_time()
        self._since = self._since or now
        return now - self._since > MOMENT


def sqlite_engine(file: str) -> Engine:
    """Transactions begin where we say, not where the driver guesses; threads take turns on a connection."""

    def connect() -> File:
        opened: File = sqlite3.connect(
            file, factory=File, isolation_level=None, check_same_thread=False, timeout=LOCK_PATIENCE
        )
        return opened.prepare()

    one = _any_engine()
    return Engine(NullPool(cast(Any, connect)), one.dialect, one.url, execution_options={"compiled_cache": COMPILED})


@lru_cache(1)
def _any_engine() -> Engine:
    """Files share its dialect, so that a statement is compiled once in a process: worlds of tests and evals are many."""
    engine = create_engine("sqlite://", json_deserializer=read_json)
    engine.connect().close()  # the dialect looks at what it speaks with
    engine.dispose()
    return engine


class SqliteConnection:
    """One connection of SQLAlchemy's, open for good; each statement is its own transaction unless one was begun."""

    lost = False

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor, slow_ms: int) -> None:
        self._connection = engine.connect()
        file = self._connection.connection.dbapi_connection
        assert isinstance(file, File)
        self._file: File = file
        self._threads: ThreadPoolExecutor = threads
        self._slow_ms: int = slow_ms

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return await timed(self._execute(statement, parameters), self._slow_ms)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return (await self.execute(statement, parameters)).scalar()

    async def run_sync(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._in_thread(function, self._connection, *arguments)

    async def begin(self) -> None:
        """Takes the lock to write at once; a transaction that reads first and writes later could not get it any more."""
        waited_out = time.perf_counter() + LOCK_PATIENCE
        while True:
            try:
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as failed:
                if not is_locked(failed) or time.perf_counter() > waited_out:
                    raise
            await asyncio.sleep(0.005)

    async def begin_snapshot(self) -> None:
        self._connection.exec_driver_sql("BEGIN")

    async def commit(self) -> None:
        """In a thread, because it waits for the disk."""
        await self._in_thread(self._connection.commit)

    async def rollback(self) -> None:
        self._connection.rollback()

    async def answers(self) -> bool:
        return True

    async def close(self) -> None:
        self._connection.close()

    async def _execute(self, statement: Executable, parameters: Any) -> CursorResult[Any]:
        if statement.is_select:
            return await self._read(statement, parameters)
        if statement.is_dml and (not isinstance(parameters, list) or len(parameters) <= FEW):
            return self._connection.execute(statement, parameters)
        return await self._in_thread(self._connection.execute, statement, parameters)

    async def _read(self, statement: Executable, parameters: Any) -> CursorResult[Any]:
        self._file.be_brief(True)
        try:
            return self._connection.execute(statement, parameters)
        except OperationalError as failed:
            if not _is_interrupted(failed):
                raise
        finally:
            self._file.be_brief(False)
        return await self._in_thread(self._connection.execute, statement, parameters)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """The connection is in use until it is done, so whoever is cancelled meanwhile waits for it all the same, however
        often: two threads on one connection are more than the driver bears."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, function, *arguments)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            raise


def is_locked(failed: OperationalError) -> bool:
    return "database is locked" in str(failed.orig)


def _is_interrupted(failed: OperationalError) -> bool:
    return str(failed.orig) == "interrupted"
