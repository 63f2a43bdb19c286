"""The ledger of spend: a paid call is written down at the most it can cost before it is made, and at what it did cost after.

The sums (of a turn, a thread, a shopper's day, the shop's day) are compared and raised in one statement, so two processes can't
both have the last cent. A call whose process died stays reserved: it counts in full, as the provider may have answered it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from loguru import logger
from sqlalchemy import and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from commerce.errors import Unavailable

from ..records import SpendRow, SpendSumRow
from ..store import Connection, Store
from .limits import SPENDING, Limit, LimitReached, Spend

ATTEMPTS = 5
"""Equal inserts and deadlocks are tried again."""
KEPT_DAYS = 400


SCOPE = col(SpendSumRow.scope)
SUMS = {name: col(getattr(SpendSumRow, name)) for name in Spend._fields}
MORE = {sum_: sum_ + bindparam(f"more_{name}") for name, sum_ in SUMS.items()}


def _fits(limit: Limit, name: str) -> Any:
    ceiling: Any = bindparam(f"{limit}_{name}")
    return or_(ceiling == 0, SUMS[name] + bindparam(f"more_{name}") <= ceiling)


OURS = SCOPE.in_([bindparam(f"{limit}_scope") for limit in SPENDING])
TAKE = (
    update(SpendSumRow)
    .where(
        OURS, or_(*(and_(bindparam(f"{limit}_scope") == SCOPE, *(_fits(limit, n) for n in SUMS)) for limit in SPENDING))
    )
    .values(MORE)
)
"""Compares and raises all sums at once; those that would be too much are left."""
ADD = update(SpendSumRow).where(OURS).values(MORE)
EMPTY: dict[str, Any] = dict.fromkeys(Spend._fields, 0)
OPEN = insert(SpendSumRow).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")
WRITE = insert(SpendRow)
SETTLE = (
    update(SpendRow)
    .where(col(SpendRow.id) == bindparam("spend"), col(SpendRow.status) == "reserved")
    .values(status=bindparam("new_status"), **{name: bindparam(f"new_{name}") for name in Spend._fields})
)


@dataclass(frozen=True)
class Account:
    """Whose call it is."""

    turn: str
    thread: str
    shopper: str

    def scopes(self, day: str) -> dict[Limit, str]:
        """The sums that a call of this day counts for."""
        return {
            Limit.TURN: f"turn:{self.turn}",
            Limit.THREAD: f"thread:{self.thread}",
            Limit.SHOPPER_DAY: f"shopper:{self.shopper}:{day}",
            Limit.SHOP_DAY: f"shop:{day}",
        }


@dataclass(frozen=True)
class Reservation:
    id: str
    account: Account
    day: str
    most: Spend


@dataclass(frozen=True)
class Settlement:
    """What a call did cost. `reported`: by the provider, and not estimated."""

    held: Reservation
    spent: Spend
    reported: bool

    @property
    def difference(self) -> Spend:
        return Spend(*(now - before for now, before in zip(self.spent, self.held.most, strict=True)))


class Ledger:
    def __init__(
        self, store: Store, clock: Callable[[], datetime], make_id: Callable[[str], str], currency: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._make_id = make_id
        self.currency = currency

    async def reserve(
        self,
        account: Account,
        model: str,
        most: Spend,
        allowed: dict[Limit, Spend],
        settling: Settlement | None = None,
    ) -> Reservation:
        """Raises LimitReached when it would be too much, or when it can't be written. `settling`: the account's call before
        this one, which is settled in the same transaction; where this raises, it is not."""
        now = self._clock()
        held = Reservation(self._make_id("spd"), account, now.date().isoformat(), most)
        row: dict[str, Any] = {
            "id": held.id,
            "turn": account.turn,
            "thread": account.thread,
            "shopper": account.shopper,
        }
        row |= {"day": held.day, "model": model[:128], "currency": self.currency, "status": "reserved", "at": now}
        scopes = _scopes(held)
        ceilings = {f"{limit}_{n}": c for limit in SPENDING for n, c in allowed[limit]._asdict().items()}

        async def attempt() -> None:
            async with self._store.write() as db:
                more = most
                if settling is None:
                    await _begin(db, held)
                elif _scopes(settling.held) != scopes:
                    await settle_within(db, settling)
                elif await _close(db, settling):
                    more = Spend(*map(sum, zip(most, settling.difference, strict=True)))
                taken = await db.execute(TAKE, scopes | _more(more) | ceilings)
                if taken.rowcount < len(SPENDING):
                    raise _Short()
                await db.execute(WRITE, row | most._asdict())

        await _written(attempt, lambda: self._look(held, allowed, settling))
        return held

    async def settle(self, settling: Settlement) -> None:
        """Once: what was reserved and not spent is free again. A failure leaves it reserved."""

        async def attempt() -> None:
            async with self._store.write() as db:
                await settle_within(db, settling)

        try:
            await _written(attempt)
        except LimitReached:
            logger.warning("what {} cost could not be written; it counts as reserved", settling.held.id)

    async def _look(self, held: Reservation, allowed: dict[Limit, Spend], settling: Settlement | None) -> None:
        """Why not all sums could be raised: opens those that are not there yet, or raises LimitReached."""
        async with self._store.write() as db:
            if settling:
                await settle_within(db, settling)
            scopes = held.account.scopes(held.day)
            found = select(SCOPE, *SUMS.values()).where(SCOPE.in_(list(scopes.values())))
            sums = {row.scope: Spend(row.input_tokens, row.output_tokens, row.nanos) for row in await db.execute(found)}
            for limit, scope in scopes.items():
                if scope not in sums:
                    await _open(db, limit, scope, held.day)
                elif not _within(sums[scope], held.most, allowed[limit]):
                    raise LimitReached(limit)


async def settle_within(db: Connection, settling: Settlement) -> None:
    """In a transaction that writes something else too."""
    if await _close(db, settling):
        await db.execute(ADD, _scopes(settling.held) | _more(settling.difference))


async def _close(db: Connection, settling: Settlement) -> bool:
    """Writes down what a call did cost; False where that was done before. The sums do not hold it yet."""
    settled = {"spend": settling.held.id, "new_status": "settled" if settling.reported else "estimated"}
    settled |= {f"new_{name}": figure for name, figure in settling.spent._asdict().items()}
    return bool((await db.execute(SETTLE, settled)).rowcount)


class _Short(Exception):
    """A sum is not there yet, or would be too much."""


def _scopes(held: Reservation) -> dict[str, Any]:
    return {f"{limit}_scope": scope for limit, scope in held.account.scopes(held.day).items()}


def _more(spend: Spend) -> dict[str, Any]:
    return {f"more_{name}": figure for name, figure in spend._asdict().items()}


def _within(held: Spend, more: Spend, ceilings: Spend) -> bool:
    return all(not c or h + m <= c for h, m, c in zip(held, more, ceilings, strict=True))


async def _begin(db: Connection, held: Reservation) -> None:
    """The sums of a turn, and of its thread, are not there before its first call."""
    scopes = held.account.scopes(held.day)
    await db.execute(OPEN, [EMPTY | {"scope": scopes[limit], "day": held.day} for limit in (Limit.TURN, Limit.THREAD)])


async def _open(db: Connection, limit: Limit, scope: str, day: str) -> None:
    await db.execute(insert(SpendSumRow), EMPTY | {"scope": scope, "day": day})
    if limit is Limit.SHOP_DAY:  # the first call of a day
        oldest = (datetime.fromisoformat(day) - timedelta(days=KEPT_DAYS)).date().isoformat()
        for table in (SpendRow, SpendSumRow):
            await db.execute(delete(table).where(col(table.day) < oldest))


async def _written(attempt: Callable[[], Awaitable[None]], look: Callable[[], Awaitable[None]] | None = None) -> None:
    """A whole transaction, tried again after a lost race; fails closed."""
    for turn in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except _Short:
            if look:
                await _lost_races_aside(look)
        except (DBAPIError, Unavailable) as failed:
            if turn == ATTEMPTS:
                logger.error("the ledger of spend can't be written: {}", failed)
                raise LimitReached(Limit.LEDGER) from failed
            await asyncio.sleep(0.01 * 2**turn)
    raise LimitReached(Limit.LEDGER)


async def _lost_races_aside(look: Callable[[], Awaitable[None]]) -> None:
    """Others may open the same sums at the same time; the next attempt sees."""
    with suppress(DBAPIError, Unavailable):
        await look()
