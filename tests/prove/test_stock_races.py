"""More buyers than goods, at once, over several processes: exactly what was there is sold, to the last piece."""

import random
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from commerce.inventory.records import StockRow
from commerce.shop import Shop
from tests.prove.report import Claim
from tests.prove.sites import Buyer, Site, buyer
from tests.prove.stores import until
from tests.prove.storms import Shot, fired, servers

JAR = "JAR-AIR-20"
REFUSALS = {"out_of_stock", "checkout_changed"}
Wants = dict[str, int]


def test_the_last_piece_is_sold_by_two_processes(mariadb: Site, claim: Claim) -> None:
    one_sku(mariadb, 2, 30, claim)


@pytest.mark.full
@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("run", range(3))
def test_one_sku_is_sold_to_the_last_piece_on_mariadb(processes: int, run: int, mariadb: Site, claim: Claim) -> None:
    one_sku(mariadb, processes, 80, claim)


@pytest.mark.full
@pytest.mark.parametrize("run", range(2))
def test_one_sku_is_sold_to_the_last_piece_on_sqlite(run: int, sqlite: Site, claim: Claim) -> None:
    one_sku(sqlite, 1, 60, claim)


@pytest.mark.full
@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_crossing_baskets_sell_all_that_fits_on_mariadb(processes: int, seed: int, mariadb: Site, claim: Claim) -> None:
    crossing(mariadb, processes, seed, claim)


@pytest.mark.full
@pytest.mark.parametrize("seed", [5, 6])
def test_crossing_baskets_sell_all_that_fits_on_sqlite(seed: int, sqlite: Site, claim: Claim) -> None:
    crossing(sqlite, 1, seed, claim)


def one_sku(site: Site, processes: int, buyers: int, claim: Claim) -> None:
    before = left(site)[JAR]
    assert before < buyers
    outcomes = race(site, processes, [{JAR: 1} for _ in range(buyers)])
    sold = [wants for wants, bought in outcomes if bought]
    assert (len(sold), left(site)[JAR]) == (before, 0)
    claim(
        did=f"{buyers} buyers want one of {before} pieces at once, over {processes} process(es)",
        seen=f"{len(sold)} bought, {buyers - len(sold)} refused, 0 left, no 5xx, audit clean",
        times=buyers,
    )


def crossing(site: Site, processes: int, seed: int, claim: Claim) -> None:
    """Baskets of several goods in any order; who was refused could not have been served from what is left."""
    draw = random.Random(seed)
    before = left(site)
    scarce = sorted((sku for sku, count in before.items() if 5 <= count <= 25), key=lambda s: (before[s], s))[:6]
    baskets = [{sku: draw.randint(1, 2) for sku in draw.sample(scarce, draw.randint(2, 5))} for _ in range(90)]
    outcomes = race(site, processes, baskets)
    sold = Counter[str]()
    for wants, bought in outcomes:
        sold.update(wants if bought else {})
    after = left(site)
    assert {sku: before[sku] - sold[sku] for sku in scarce} == {sku: after[sku] for sku in scarce}
    wronged = [w for w, bought in outcomes if not bought and all(after[sku] >= n for sku, n in w.items())]
    assert wronged == [], "somebody was turned away for goods that nobody bought"
    served = sum(bought for _, bought in outcomes)
    claim(
        did=f"{len(baskets)} baskets of 2 to 5 of the same {len(scarce)} goods at once, over {processes} process(es)",
        seen=f"{served} bought, {len(baskets) - served} refused for good reason, left {[after[s] for s in scarce]}, no 5xx",
        times=len(baskets),
        seed=seed,
    )


def race(site: Site, processes: int, baskets: list[Wants]) -> list[tuple[Wants, bool]]:
    """Everybody has a checkout; then all buy. Whether each one bought."""
    ready = site.inside(lambda shop: checkouts(shop, baskets))
    shots = [Shot(who, f"/checkouts/{checkout}/place", uuid4().hex) for who, checkout in ready]
    with servers(site, processes) as running:
        answers = fired(running, shots)
        assert until(site.quiet)
    told = Counter((a.status_code, a.json().get("code")) for a in answers)
    assert {key for key in told if key[0] != 200} <= {(409, code) for code in REFUSALS}, told
    assert {a.json()["status"] for a in answers if a.status_code == 200} == {"paid"}
    assert not any("Deadlock" in server.log() and "Traceback" in server.log() for server in running)
    assert site.findings() == []
    return [(wants, a.status_code == 200) for wants, a in zip(baskets, answers, strict=True)]


async def checkouts(shop: Shop, baskets: list[Wants]) -> list[tuple[Buyer, str]]:
    ready = []
    for wants in baskets:
        who = await buyer(shop)
        for sku, quantity in wants.items():
            await who.shopper("add_to_cart", sku=sku, quantity=quantity)
        made: Any = await who.shopper("create_checkout", payment_method=who.methods["tok_succeeds"])
        ready.append((who, str(made.checkout)))
    return ready


def left(site: Site) -> dict[str, int]:
    async def look(shop: Shop) -> dict[str, int]:
        async with shop.database.read() as db:
            free = (col(StockRow.on_hand) - col(StockRow.reserved)).label("free")
            return {r.sku: r.free for r in await db.execute(select(col(StockRow.sku), free))}

    return site.inside(look)
