"""The foreign shop for tests: one world, put back after each replay."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commerce.context import Caller
from commerce.shop import Shop
from evals.tau_retail.comparing import changed, exported, plain
from evals.tau_retail.data import Entities, database
from evals.tau_retail.replaying import Replied, call
from evals.tau_retail.world import STAFF, fresh_shop, put_back

WHO_CALLS = pytest.mark.parametrize("gate", [False, True], ids=["staff", "the customer"])
"""τ's tools ask nobody who calls. With the gate, everybody has but their own, which changes nothing here: no task is of two users."""


@dataclass
class Bench:
    shop: Shop

    async def replay(self, calls: Iterable[dict[str, Any]], caller: Caller = STAFF) -> tuple[list[Replied], Entities]:
        """What each call came to, and what had changed in the end; the shop is then as it was."""
        told = [await call(self.shop, caller, asked["name"], asked["arguments"]) for asked in calls]
        found = await changed(self.shop.database)
        await put_back(self.shop)
        return told, found


@asynccontextmanager
async def bench_in(folder: Path) -> AsyncIterator[Bench]:
    shop = await fresh_shop(folder)
    try:
        yield Bench(shop)
    finally:
        await shop.close()


async def is_as_it_was(bench: Bench) -> bool:
    """Whether not one order or user of all differs, seen without the triggers that say what was written."""
    found, first = await exported(bench.shop.database), database()
    return found == {kind: plain(first[kind]) for kind in ("orders", "users")}
