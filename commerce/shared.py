"""What processes share beside the database: Redis, or nothing where one process is all there is.

What is true is in the database; whatever is in Redis may be gone at any time. Commands stay within Redis 6.2, every key begins
with `domtok:` and has a time to live.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from .errors import RedisAway

T = TypeVar("T")
NAMESPACE = "domtok"


class Shared(Protocol):
    """Redis, as the shop asks it."""

    embedded: bool
    """There is none, and nobody to share with."""

    def __call__(self) -> Any:
        """A patient client, for reads that block."""

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """One quick question. Raises RedisAway, and at once while Redis was away a moment ago."""

    async def close(self) -> None: ...


class NoRedis:
    """In embedded mode."""

    embedded = True

    def __call__(self) -> Any:
        raise RedisAway("there is no Redis in embedded mode")

    async def ask(self, _question: Callable[[Any], Awaitable[T]]) -> T:
        raise RedisAway("there is no Redis in embedded mode")

    async def close(self) -> None:
        """Nothing was opened."""


def open_shared(url: str) -> Shared:
    if not url:
        return NoRedis()
    from .adapters.redis import LazyRedis  # 8 MB that embedded mode does without

    return LazyRedis(url)
