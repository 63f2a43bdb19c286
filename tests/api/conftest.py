"""A service that many requests share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from evals.world import HandClock, fresh_world
from tests.api.calls import MUG, PRODUCT, ok, placed, quoted
from tests.api.routes import Door
from tests.worlds import ADA, World, client_of, running, settings_for

NAMED_BY_IDS = (
    "account",
    "address",
    "delivery",
    "fulfillment",
    "gift_card",
    "image",
    "payment_method",
    "preference",
    "refund_request",
    "session",
    "webhook",
)
"""What routes name by an id that nobody can know."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder = tmp_path_factory.mktemp("bad-input")
    shop = await fresh_world(folder, HandClock())
    await shop.close()
    async with running(settings_for(folder)) as app, client_of(app, **ADA) as http:
        ids = {"sku": MUG, "product": PRODUCT, "confirmation": "cfm_unknown", "order": await placed(http)}
        ids |= {
            "merchant": "harbor-home",
            "category": "mugs-and-cups",
            "coupon": "MUGS15",
            "delivery_option": "standard",
        }
        ids |= {name: f"{name}_unknown" for name in NAMED_BY_IDS}
        ids["checkout"] = await quoted(http)
        ids["thread"] = ok(await http.post("/v1/chat/threads"), 201)["thread"]
        said = await http.post(f"/v1/chat/threads/{ids['thread']}/turns", json={"text": "hello"})
        admin = await World(app.state.shop, HandClock()).admin()
        yield Door(http, ids | {"turn": ok(said)["turn"]}, admin.token)
