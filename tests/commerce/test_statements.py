"""How many statements and commits a request may cost: work that grows by accident is found here, and never by a clock."""

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from evals.world import HandClock, fresh_world
from tests.statements import Counted, counting
from tests.worlds import ADA, client_of, running, settings_for

MUGS = ("MUG-RED-350", "MUG-BLU-350", "MUG-POR-WHT-300")


@pytest.fixture
async def still_service(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """A service of the whole kind; its worker is another task, whose statements are not counted."""
    await (await fresh_world(tmp_path, HandClock())).close()
    async with running(settings_for(tmp_path)) as app:
        yield app


@pytest.fixture
async def shopper(still_service: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(still_service, **ADA) as client:
        yield client


async def counted(asked: Awaitable[httpx.Response]) -> tuple[Counted, dict[str, str]]:
    with counting() as counts:
        answer = (await asked).raise_for_status()
    return counts, answer.json()


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/products/red-enamel-mug", 2),
        ("/v1/products?limit=20", 2),
        ("/v1/products?limit=50", 2),
        ("/v1/products?query=red+mug", 2),
        ("/v1/cart", 2),
        ("/v1/orders", 2),
    ],
)
async def test_a_read_costs_at_most_two_statements_and_no_commit(
    shopper: httpx.AsyncClient, path: str, most: int
) -> None:
    counts, _ = await counted(shopper.get(path))
    assert len(counts.statements) <= most, counts
    assert counts.commits == 0


async def test_putting_into_the_cart_costs_the_same_whatever_it_holds(shopper: httpx.AsyncClient) -> None:
    costs = []
    for sku in MUGS:
        counts, _ = await counted(shopper.post("/v1/cart/items", json={"sku": sku}))
        assert counts.commits == 1
        costs.append(len(counts.statements))
    assert len(set(costs)) == 1, costs
    assert costs[0] <= 4
    (await shopper.delete("/v1/cart")).raise_for_status()
    for key in ("a new line", "on top of it"):
        counts, _ = await counted(
            shopper.post("/v1/cart/items", json={"sku": MUGS[0]}, headers={"Idempotency-Key": key})
        )
        assert len(counts.statements) <= 6, counts


async def placed(shopper: httpx.AsyncClient, skus: tuple[str, ...], **checkout: str) -> Counted:
    for sku in skus:
        (await shopper.post("/v1/cart/items", json={"sku": sku})).raise_for_status()
    made = (await shopper.post("/v1/checkouts", json=checkout)).raise_for_status().json()["checkout"]
    counts, _ = await counted(shopper.post(f"/v1/checkouts/{made}/place", headers={"Idempotency-Key": made}))
    return counts


async def test_a_further_line_of_an_order_costs_few_statements(shopper: httpx.AsyncClient) -> None:
    one, three = await placed(shopper, MUGS[:1]), await placed(shopper, MUGS)
    assert len(three.statements) - len(one.statements) <= 2 * 2, three
    assert len(one.statements) <= 14, one
    assert (one.commits, three.commits) == (1, 1)


async def test_an_order_that_is_paid_at_once_is_two_commits_of_ours(shopper: httpx.AsyncClient) -> None:
    """The order with its charge, and what became of it with the answer. The third is the sandbox provider's own book."""
    method = (await shopper.get("/v1/account/payment-methods")).json()["items"][0]["payment_method"]
    paid = await placed(shopper, MUGS[:1], payment_method=method)
    assert paid.commits == 2 + 1, paid
    assert len(paid.statements) <= 45, paid
