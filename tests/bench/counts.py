"""How many statements and commits each measured operation costs, counted in this process on the same database."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx

from agent.settings import AgentSettings
from api.server import Settings, build_app
from api.settings import ApiSettings
from commerce.settings import ShopSettings
from tests.bench.goods import queries, sku_of, slug_of
from tests.bench.shoppers import Customer
from tests.statements import counting


async def count(settings: ShopSettings, customer: Customer, size: int) -> dict[str, tuple[int, int]]:
    """Statements and commits by operation."""
    app = build_app(Settings(settings, AgentSettings(), ApiSettings()))
    transport = httpx.ASGITransport(app)
    found: dict[str, tuple[int, int]] = {}

    async def counted(name: str, ask: Callable[[], Awaitable[httpx.Response]]) -> Any:
        with counting() as counts:
            answer = (await ask()).raise_for_status()
        found[name] = len(counts.statements), counts.commits
        return answer.json()

    mine = {"Authorization": f"Bearer {customer.token}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop", headers=mine) as http,
    ):
        await counted("product by slug", partial(http.get, f"/v1/products/{slug_of(1)}"))
        await counted("list of 20", partial(http.get, "/v1/products", params={"limit": 20}))
        await counted("search of 20", partial(http.get, "/v1/products", params={"query": queries(size, 1)[0]}))
        for what, quoted in (("place", {}), ("place and pay", {"payment_method": customer.payment_method})):
            await counted("add to cart", partial(http.post, "/v1/cart/items", json={"sku": sku_of(2), "quantity": 1}))
            checkout = await counted("checkout", partial(http.post, "/v1/checkouts", json=quoted))
            path = f"/v1/checkouts/{checkout['checkout']}/place"
            await counted(what, partial(http.post, path, headers={"Idempotency-Key": path}))
    return found
