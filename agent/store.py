"""What the agent needs of a database."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import CursorResult, Executable


class Connection(Protocol):
    """Runs one statement; its rows are all there when it returns."""

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]: ...


class Store(Protocol):
    """Connections inside a transaction: `write()` commits at the end of its block and rolls back on an exception."""

    embedded: bool
    """Whether this process is the only one that writes."""

    def read(self) -> AbstractAsyncContextManager[Connection]: ...

    def write(self) -> AbstractAsyncContextManager[Connection]: ...
