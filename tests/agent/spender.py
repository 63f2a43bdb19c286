"""A process that reserves again and again until a limit stops it, and prints how often it could: one of several that race."""

import asyncio
import sys
from datetime import UTC, datetime

from agent.spending.ledger import Account, Ledger
from agent.spending.limits import SPENDING, Limit, LimitReached, Spend
from commerce.database import Database
from commerce.ids import Ids

DAY = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MOST = Spend(10, 5, 1_000_000)
UNLIMITED = Spend(0, 0, 0)


def ledger_of(database: Database, now: datetime = DAY) -> Ledger:
    ids = Ids()
    return Ledger(database, lambda: now, lambda prefix: ids.make(prefix, now), "USD")


def allowed(**limits: Spend) -> dict[Limit, Spend]:
    return {limit: limits.get(limit, UNLIMITED) for limit in SPENDING}


async def spend(url: str, name: str, nanos: int, at_once: int) -> int:
    """`at_once` tasks, each its own turn and conversation of one shopper."""
    database = Database(url)
    ledger = ledger_of(database)
    limits = allowed(shop_day=Spend(0, 0, nanos))

    async def one(number: int) -> int:
        account = Account(f"trn_{name}_{number}", f"thr_{name}_{number}", "acc_1")
        made = 0
        while True:
            try:
                await ledger.reserve(account, "m", MOST, limits)
            except LimitReached as reached:
                if reached.limit is not Limit.SHOP_DAY:
                    raise
                return made
            made += 1

    try:
        return sum(await asyncio.gather(*map(one, range(at_once))))
    finally:
        await database.close()


if __name__ == "__main__":
    print(asyncio.run(spend(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))  # noqa: T201
