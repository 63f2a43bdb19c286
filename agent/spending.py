"""The ledger of spend: a paid call is written down at the most it can cost before it is made, and at what it did cost after.

A sum (of a turn, a thread, a shopper's day, the shop's day) is compared and raised in one statement, so two processes can't
both have the last cent. A call whose process died stays reserved: it counts in full, as the provider may have answered it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from loguru import logger
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from commerce.errors import Unavailable

from .limits import Limit, LimitReached, Spend
from .records import SpendRow, SpendSumRow
from .store import Connection, Store

ATTEMPTS = 5
"""Equal inserts and deadlocks are tried again."""
KEPT_DAYS = 400


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
    spent: Spend


class Ledger:
    def __init__(
        self, store: Store, clock: Callable[[], datetime], make_id: Callable[[str], str], currency: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._make_id = make_id
        self.currency = currency

    async def reserve(self, account: Account, model: str, most: Spend, allowed: dict[Limit, Spend]) -> Reservation:
        """Raises LimitReached when it would be too much, or when it can't be written."""
        now = self._clock()
        held = Reservation(self._make_id("spd"), account, now.date().isoformat(), most)
        row: dict[str, Any] = {
            "id": held.id,
            "turn": account.turn,
            "thread": account.thread,
            "shopper": account.shopper,
        }
        row |= {"day": held.day, "model": model[:128], "currency": self.currency, "status": "reserved", "at": now}
        row |= most._asdict()

        async def attempt() -> None:
            async with self._store.write() as db:
                for limit, scope in account.scopes(held.day).items():
                    await _raise(db, limit, scope, held.day, most, allowed[limit])
                await db.execute(insert(SpendRow).values(**row))

        await _written(attempt)
        return held

    async def settle(self, held: Reservation, spent: Spend, *, reported: bool) -> None:
        """Once: what was reserved and not spent is free again. A failure leaves it reserved."""
        status = "settled" if reported else "estimated"
        mine = update(SpendRow).where(col(SpendRow.id) == held.id, col(SpendRow.status) == "reserved")

        async def attempt() -> None:
            async with self._store.write() as db:
                if (await db.execute(mine.values(status=status, **spent._asdict()))).rowcount:
                    for scope in held.account.scopes(held.day).values():
                        await db.execute(_add(scope, _difference(spent, held.spent)))

        try:
            await _written(attempt)
        except LimitReached:
            logger.warning("what {} cost could not be written; it counts as reserved", held.id)


async def _raise(db: Connection, limit: Limit, scope: str, day: str, most: Spend, allowed: Spend) -> None:
    """Compares and raises one sum in one statement."""
    within = [
        or_(ceiling == 0, column + asked <= ceiling)  # type: ignore[arg-type]
        for column, asked, ceiling in zip(_columns(), most, allowed, strict=True)
    ]
    if (await db.execute(_add(scope, most).where(*within))).rowcount:
        return
    known = select(col(SpendSumRow.scope)).where(col(SpendSumRow.scope) == scope)
    if (await db.execute(known)).first() or any(c and a > c for a, c in zip(most, allowed, strict=True)):
        raise LimitReached(limit)
    await db.execute(insert(SpendSumRow).values(scope=scope, day=day, **most._asdict()))
    if limit is Limit.SHOP_DAY:  # the first call of a day
        await _forget(db, day)


def _columns() -> tuple[Any, ...]:
    return col(SpendSumRow.input_tokens), col(SpendSumRow.output_tokens), col(SpendSumRow.nanos)


def _add(scope: str, spent: Spend) -> Any:
    values = {column: column + more for column, more in zip(_columns(), spent, strict=True)}
    return update(SpendSumRow).where(col(SpendSumRow.scope) == scope).values(values)


def _difference(one: Spend, other: Spend) -> Spend:
    return Spend(*(a - b for a, b in zip(one, other, strict=True)))


async def _forget(db: Connection, day: str) -> None:
    oldest = (datetime.fromisoformat(day) - timedelta(days=KEPT_DAYS)).date().isoformat()
    for table in (SpendRow, SpendSumRow):
        await db.execute(delete(table).where(col(table.day) < oldest))


async def _written(attempt: Callable[[], Awaitable[None]]) -> None:
    """A whole transaction; fails closed."""
    for turn in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except (DBAPIError, Unavailable) as failed:
            if turn == ATTEMPTS:
                logger.error("the ledger of spend can't be written: {}", failed)
                raise LimitReached(Limit.LEDGER) from failed
        await asyncio.sleep(0.01 * 2**turn)
    raise AssertionError("unreachable")
