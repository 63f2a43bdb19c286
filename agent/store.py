"""What the agent needs of a database."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection


class Store(Protocol):
    """Connections inside a transaction: `write()` commits at the end of its block and rolls back on an exception."""

    embedded: bool
    """Whether this process is the only one that writes."""

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]: ...

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]: ...
