"""Connections that are cut, long reads, full pools and slow statements, on real databases."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pymysql
import pytest
from loguru import logger
from sqlalchemy import func, literal, select, text
from sqlalchemy.engine import make_url
from sqlmodel import col

from commerce import faults
from commerce.accounts.records import AccountRow
from commerce.cart.records import CartItemRow
from commerce.connections import read_json
from commerce.context import Context
from commerce.database import Database
from commerce.errors import OutcomeUnknown
from commerce.operations import CATALOG
from tests.conftest import MYSQL, _opened
from tests.worlds import Shopper, World


@pytest.fixture
async def far_world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """On a server; its tests exist where one answers."""
    async with _opened("mysql", tmp_path, request) as opened:
        yield opened


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    faults.ARMED.clear()


def cut_all(database: Database) -> int:
    """Ends every connection to this database, as a restart of the server or a firewall would; says how many."""
    url = make_url(database.url)
    with pymysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username, password=url.password or ""
    ) as db:
        cursor = db.cursor()
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (url.database,))
        ids = [row[0] for row in cursor.fetchall()]
        for connection in ids:
            cursor.execute(f"KILL CONNECTION {connection}")
    return len(ids)


def cut_once_at(point: str, database: Database) -> None:
    async def cut() -> None:
        del faults.ARMED[point]
        assert cut_all(database) > 0

    faults.ARMED[point] = cut


async def in_cart(shopper: Shopper) -> int:
    async with shopper.shop.database.read() as db:
        mine = select(func.sum(col(CartItemRow.quantity))).where(col(CartItemRow.account) == shopper.caller.account)
        return int((await db.execute(mine)).scalar_one() or 0)


if MYSQL:

    async def test_connections_that_were_cut_while_they_rested_are_replaced(far_world: World) -> None:
        guest = await far_world.guest()
        assert cut_all(far_world.shop.database) > 0
        assert (await guest("view_cart")).items == []
        assert cut_all(far_world.shop.database) > 0
        await guest("add_to_cart", sku="MUG-RED-350")
        assert await in_cart(guest) == 1

    @pytest.mark.parametrize("point", ["add_to_cart.claimed", "add_to_cart.handled"])
    async def test_a_write_whose_connection_is_cut_in_the_middle_is_done_once(far_world: World, point: str) -> None:
        guest = await far_world.guest()
        cut_once_at(point, far_world.shop.database)
        cart = await guest("add_to_cart", sku="MUG-RED-350")
        assert not faults.ARMED
        assert [item.quantity for item in cart.items] == [1]
        assert await in_cart(guest) == 1

    async def test_a_commit_of_unknown_outcome_is_not_repeated_without_a_key(far_world: World) -> None:
        guest = await far_world.guest()
        cut_once_at("add_to_cart.handled", far_world.shop.database)
        operation = CATALOG["add_to_cart"]
        with pytest.raises(OutcomeUnknown):
            await operation(Context(far_world.shop, guest.caller), operation.parse({"sku": "MUG-RED-350"}))
        assert await in_cart(guest) <= 1


async def test_a_long_read_lets_short_ones_pass(world: World) -> None:
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 2_000_000))
    done: list[str] = []

    async def ask(name: str, statement: object) -> int:
        async with world.shop.database.read() as db:
            found = (await db.execute(statement)).scalar_one()  # type: ignore[arg-type]
        done.append(name)
        return int(found)

    long, _ = await asyncio.gather(
        ask("long", select(func.count()).select_from(numbers)),
        ask("short", select(func.count()).select_from(AccountRow)),
    )
    assert long == 2_000_000
    assert done == ["short", "long"]


async def test_a_writer_waits_for_another_process_that_writes(world: World, tmp_path: Path) -> None:
    guest = await world.guest()
    other = sqlite3.connect(tmp_path / "domtok.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    adding = asyncio.create_task(guest("add_to_cart", sku="MUG-RED-350"))
    await asyncio.wait([adding], timeout=0.1)
    assert not adding.done()
    other.execute("COMMIT")
    other.close()
    assert len((await adding).items) == 1


async def test_a_cancelled_write_leaves_nothing_and_gives_its_connection_back(each_world: World) -> None:
    database, inside = each_world.shop.database, asyncio.Event()

    async def write() -> None:
        async with database.write() as db:
            await db.execute(text("UPDATE account SET name = 'changed'"))
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert database.told()["write"]["in_use"] == 0
    async with database.write() as db:
        changed = select(func.count()).select_from(AccountRow).where(col(AccountRow.name) == "changed")
        assert (await db.execute(changed)).scalar_one() == 0


async def test_a_snapshot_does_not_see_what_is_committed_meanwhile(each_world: World) -> None:
    count = select(func.count()).select_from(AccountRow)
    async with each_world.shop.database.snapshot() as db:
        before = (await db.execute(count)).scalar_one()
        await each_world.guest()
        assert (await db.execute(count)).scalar_one() == before
    async with each_world.shop.database.read() as db:
        assert (await db.execute(count)).scalar_one() == before + 1


async def test_a_slow_statement_is_logged_without_its_values(each_world: World) -> None:
    database = Database(each_world.shop.database.url, slow_ms=1)
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), format="{message}")
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 900))
    pairs = select(func.count()).select_from(numbers.join(numbers.alias(), literal("hidden-value") != "x"))
    try:
        async with database.read() as db:
            await db.execute(pairs)
    finally:
        logger.remove(sink)
        await database.close()
    assert any("slow query" in line and "numbers" in line for line in lines)
    assert not any("hidden-value" in line for line in lines)


async def test_what_only_looks_has_rows_looked_up_one_by_one(far_world: World) -> None:
    """Where MariaDB begins with all rows that an EXISTS may find, goods in stock take seconds in a large catalogue."""
    async with far_world.shop.database.read() as db:
        told = (await db.execute(text("SELECT CONCAT(VERSION(), ' ', @@optimizer_switch)"))).scalar_one()
    assert "MariaDB" not in told or "exists_to_in=off" in told


def test_json_may_hold_half_a_character() -> None:
    """A model's words can; the fast parser refuses them."""
    odd = {"said": "half a \ud83d pair", "zh": "红色"}
    assert read_json(json.dumps(odd)) == odd
