"""`make bench`: what the work of the shop and of the agent costs, on SQLite and on MariaDB, beside others in the same run."""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from loguru import logger

from commerce.seeding import read_seeds, seed
from commerce.settings import ShopSettings
from commerce.shop import Shop, open_shop
from evals.world import prepare
from tests.api.processes import Server
from tests.bench import counts, floor, lengths, whole
from tests.bench.agent import matrix
from tests.bench.figures import Figure, as_json, compare, say, show, together
from tests.bench.goods import grow, queries, slug_of
from tests.bench.load import drive, request
from tests.bench.servers import SECRET, databases, echo_server, fresh_database, shop_server
from tests.bench.shoppers import Buying, Customer, make_customers, settled

READS = ("product by slug", "list of 20", "search of 20")
CONNECTIONS = (1, 32)
PARTS = ("shop", "agent")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    databases: list[str]
    sizes: tuple[int, ...]
    rounds: int
    reads: int
    """Requests of a series with 32 connections; a third of them with one."""
    customers: int
    quick: bool
    parts: tuple[str, ...]

    def requests(self, connections: int) -> int:
        return self.reads if connections > 1 else self.reads // 3


def planned() -> tuple[Plan, Path]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one catalogue of 10,000 products, shorter series")
    parser.add_argument("--only", choices=databases(), help="one database")
    parser.add_argument("--part", choices=PARTS, help="only the shop's requests, or only the agent's turns")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    asked = parser.parse_args()
    chosen = [asked.only] if asked.only else databases()
    parts = (asked.part,) if asked.part else PARTS
    if asked.quick:
        return Plan(chosen, (10_000,), rounds=2, reads=450, customers=64, quick=True, parts=parts), asked.json
    sizes = (1_000, 10_000, 100_000)
    return Plan(chosen, sizes, rounds=3, reads=900, customers=96, quick=False, parts=parts), asked.json


def reading(what: str, size: int, count: int, token: str) -> Iterator[bytes]:
    """So many requests of a kind, each for something else."""
    if what == "product by slug":
        paths = (f"/v1/products/{slug_of(i * 7_919 % size)}" for i in range(count))
    elif what == "list of 20":
        paths = ("/v1/products?limit=20" for _ in range(count))
    else:
        paths = (f"/v1/products?limit=20&query={quote(words)}" for words in queries(size, count))
    return (request("GET", path, token) for path in paths)


async def measure_echo(figures: list[Figure], port: int, process: int, plan: Plan) -> None:
    asked = request("POST", "/", body={"sku": "MADE-1-0", "quantity": 1})
    for figure in figures:
        for _ in range(plan.rounds):
            await figure.measure(process, partial(drive, port, itertools.repeat(asked, 4_000), figure.connections))


async def measure_reads(server: Server, plan: Plan, database: str, size: int, token: str) -> list[Figure]:
    assert server.process
    process = server.process.pid
    figures = [Figure(database, size, what, connections) for what in READS for connections in CONNECTIONS]
    for figure in figures:
        count = plan.requests(figure.connections)
        await drive(server.port, reading(figure.what, size, 20, token), 1)
        for _ in range(plan.rounds):
            asked = reading(figure.what, size, count, token)
            await figure.measure(process, partial(drive, server.port, asked, figure.connections))
    return figures


async def measure_buying(
    server: Server, plan: Plan, database: str, size: int, customers: list[Customer]
) -> list[Figure]:
    assert server.process
    process, buying = server.process.pid, Buying(server.port, customers, size)
    found: list[Figure] = []
    for connections in CONNECTIONS:
        add, quoted, place, pay = (
            Figure(database, size, what, connections) for what in ("add to cart", "checkout", "place", "place and pay")
        )
        buying.share(connections)
        for paying, placed in [(False, place), (True, pay)] * plan.rounds:
            await add.measure(process, buying.add)
            await quoted.measure(process, partial(buying.check_out, pay=paying))
            await placed.measure(process, buying.place)
            await settled()
        found += [add, quoted, place, together(quoted, place, "checkout + place"), pay]
    return found


async def measure_database(database: str, plan: Plan, others: dict[str, float]) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as data, fresh_database(database) as url:
        folder = Path(data)
        settings = ShopSettings.model_validate({"data": folder, "database_url": url, "secret": SECRET})
        shop = open_shop(settings)
        await prepare(shop)
        await seed(shop, read_seeds())
        with shop_server(folder, url) as server:
            for size in plan.sizes:
                started = time.perf_counter()
                await grow(shop, size)
                others[f"{database}: seconds to make {size:,} products"] = time.perf_counter() - started
                customers = await make_customers(shop, plan.customers)
                figures += await measure_reads(server, plan, database, size, customers[0].token)
                if size == 10_000:
                    figures += await measure_buying(server, plan, database, size, customers)
            server.stop()
        others[f"{database}: raw driver point read, CPU ms"] = await floor.point_read(folder, url, plan.sizes[-1])
        await count_statements(shop, figures, plan)
        await shop.close()
    return figures


async def count_statements(shop: Shop, figures: list[Figure], plan: Plan) -> None:
    [customer] = await make_customers(shop, 1)
    found = await counts.count(shop.settings, customer, plan.sizes[-1])
    found["checkout + place"] = tuple(map(sum, zip(found["checkout"], found["place"], strict=True)))  # type: ignore[assignment]
    for figure in figures:
        figure.statements, figure.commits = found[figure.what]


def measure_shop(plan: Plan, others: dict[str, float]) -> list[Figure]:
    with echo_server() as (port, process):
        echo = [Figure("", 0, "bare JSON echo", connections) for connections in CONNECTIONS]
        asyncio.run(measure_echo(echo, port, process, plan))
        figures = [f for database in plan.databases for f in asyncio.run(measure_database(database, plan, others))]
        asyncio.run(measure_echo(echo, port, process, plan))
    compare([*echo, *figures], {f.connections: f.cpu for f in echo})
    show([*echo, *figures])
    return [*echo, *figures]


async def measure_agent(plan: Plan, others: dict[str, float]) -> dict[str, Any]:
    found = await matrix.measure(plan.databases, others, quick=plan.quick)
    others |= await whole.measure(plan.rounds)
    if not plan.quick:
        others |= await lengths.measure()
    return found


def main() -> None:
    logger.remove()
    plan, file = planned()
    others: dict[str, float] = {}
    figures = measure_shop(plan, others) if "shop" in plan.parts else []
    turns = asyncio.run(measure_agent(plan, others)) if "agent" in plan.parts else {}
    for name, value in others.items():
        say(f"{name}: {value:.3f}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_json(figures, others) | turns, indent=1))
    say(f"The same as JSON: {file}")


if __name__ == "__main__":
    main()
