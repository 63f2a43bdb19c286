"""Who goes along: merchants with a session over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from evals.world import HandClock
from tests.api.calls import key, ok
from tests.worlds import World, client_of

BAG = "TOTE-CAN-BEI"


@asynccontextmanager
async def merchant(service: FastAPI, slug: str = "harbor-home") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who works for this merchant."""
    person = await World(service.state.shop, HandClock()).merchant(slug)
    async with client_of(service, token=person.token) as http:
        yield http


async def carried(seller: httpx.AsyncClient, order: str) -> str:
    """The merchant's part of an order, shipped and arrived."""
    [part] = ok(await seller.get("/v1/fulfillments", params={"order": order}))["items"]
    path, sent = f"/v1/fulfillments/{part['fulfillment']}", {"carrier": "UPS", "tracking": "1Z999"}
    ok(await seller.post(f"{path}/ship", json=sent, headers=key()))
    ok(await seller.post(f"{path}/deliver", headers=key()))
    return str(part["fulfillment"])
