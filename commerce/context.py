"""What an operation knows besides its input: who asks, through which door, when, and the transaction it runs in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable, Insert, Row

from .accounts.schemas import Role
from .connections import Connection
from .money import Money

if TYPE_CHECKING:
    from .shop import Shop


class Surface(StrEnum):
    REST = "rest"
    AGENT = "agent"


@dataclass(frozen=True)
class Caller:
    """Who asks, as the shop itself found out from the session; never an argument."""

    account: str
    role: Role | None
    session: str = ""
    merchant: str | None = None
    """The merchant that the account works for."""

    def may_manage(self, merchant: str) -> bool:
        """Whether what belongs to this merchant is the caller's to see and change: its own people, and admins."""
        return self.role == "admin" or (self.role == "merchant" and self.merchant == merchant)


ANONYMOUS = Caller(account="", role=None)


@dataclass(frozen=True)
class Event:
    """Something that happened, written to the outbox in the transaction that made it happen."""

    type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Context:
    """One call of one operation."""

    shop: "Shop"
    caller: Caller
    surface: Surface = Surface.REST
    now: datetime = field(default=None)  # type: ignore[assignment]  # filled from the shop's clock
    address: str = ""
    """Network address of who asks, where the surface saw one."""
    user_agent: str = ""
    """What the client calls itself, where the surface heard it."""
    key: str | None = None
    """Idempotency key: equal keys mean one intended effect."""
    confirmation: str | None = None
    """The approved question, where an agent runs a COMMIT operation."""
    prepared: Any = None
    """What the operation's `before` found out."""
    events: list[Event] = field(default_factory=list)
    transaction: Connection | None = None

    def __post_init__(self) -> None:
        if self.now is None:
            object.__setattr__(self, "now", self.shop.clock())

    @property
    def db(self) -> Connection:
        assert self.transaction is not None, "outside a transaction"
        return self.transaction

    def within(self, transaction: Connection) -> "Context":
        return replace(self, transaction=transaction, events=[])

    def reading(self) -> "Reading":
        """A short transaction of its own, to look."""
        return Reading(self)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Context"]:
        """A short transaction of its own, to change; its events are written with it."""
        async with self.shop.database.write() as connection:
            inside = self.within(connection)
            yield inside
            await self.shop.outbox.write(inside)
        if inside.events:
            self.shop.outbox.wake()

    async def row(self, statement: Executable, **values: Any) -> Row[Any] | None:
        """`values`: of the statement's `bindparam`s. A statement that is built once, at import, costs half."""
        return (await self.db.execute(statement, values)).one_or_none()

    async def rows(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        return (await self.db.execute(statement, values)).all()

    async def value(self, statement: Executable, **values: Any) -> Any:
        return (await self.db.execute(statement, values)).scalar_one_or_none()

    async def run(self, statement: Executable, **values: Any) -> int:
        """Executes a write and says how many rows it hit."""
        return (await self.db.execute(statement, values)).rowcount

    async def add(self, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows of the same columns; none is nothing to do."""
        if rows:
            await self.db.execute(statement, dict(rows[0]) if len(rows) == 1 else list(rows))

    def emit(self, type: str, **data: Any) -> None:
        self.events.append(Event(type, data))

    def new_id(self, prefix: str) -> str:
        return self.shop.ids.make(prefix, self.now)

    def money(self, amount: int) -> Money:
        return Money(amount=amount, currency=self.shop.settings.currency)


class Reading:
    """A block in which a context looks at the database. A class for the same reason as `database.Lent`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lent = ctx.shop.database.read()

    async def __aenter__(self) -> Context:
        return self._ctx.within(await self._lent.__aenter__())

    async def __aexit__(self, kind: Any, failed: BaseException | None, trace: Any) -> None:
        await self._lent.__aexit__(kind, failed, trace)
