"""Where the payment provider reports: raw, signed, recent, once, and without effect for what is not the shop's."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.api.calls import ok, placed, refused, with_method

EVENTS = "/v1/gateways/sandbox/events"


@pytest.fixture
async def waiting(service: FastAPI, ada: httpx.AsyncClient) -> dict[str, Any]:
    """An order whose second step was just done at the provider, of which the shop does not know."""
    order = await placed(ada, payment_method=await with_method(ada, "tok_needs_action"))
    payment = ok(await ada.get(f"/v1/orders/{order}"))["payment"]["payment"]
    await service.state.shop.gateway.finish_action(payment, approve=True)
    return {"order": order, "payment": payment}


async def _status(ada: httpx.AsyncClient, waiting: dict[str, Any]) -> str:
    return str(ok(await ada.get(f"/v1/orders/{waiting['order']}"))["status"])


async def test_an_event_pays_the_order_once_however_often_it_comes(
    service: FastAPI, http: httpx.AsyncClient, ada: httpx.AsyncClient, waiting: dict[str, Any]
) -> None:
    body, headers = service.state.shop.gateway.event_about(waiting["payment"])
    for _ in range(3):
        answer = await http.post(EVENTS, content=body, headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
    assert await _status(ada, waiting) == "paid"
    events = [e["type"] for e in ok(await ada.get(f"/v1/orders/{waiting['order']}"))["events"]]
    assert events == ["placed", "paid"]


async def test_an_event_without_its_signature_has_no_effect(
    service: FastAPI, http: httpx.AsyncClient, ada: httpx.AsyncClient, waiting: dict[str, Any]
) -> None:
    body, headers = service.state.shop.gateway.event_about(waiting["payment"])
    for sent, signed in ((body, {}), (body + b" ", headers), (b"", headers), (body, {"Sandbox-Signature": "t=1,v1=é"})):
        answer = await http.post(EVENTS, content=sent, headers=httpx.Headers(signed, encoding="utf-8"))
        refused(answer, 403, "event_not_trusted")
    async with service.state.shop.database.read() as db:
        status = await db.execute(text("SELECT status FROM payment WHERE id = :id"), {"id": waiting["payment"]})
        assert status.scalar_one() in {"requires_action", "captured"}
        assert (await db.execute(text("SELECT COUNT(*) AS n FROM gateway_event"))).scalar_one() == 0


async def test_an_event_that_is_too_large_is_not_read(http: httpx.AsyncClient) -> None:
    refused(await http.post(EVENTS, content=b"x" * 70_000), 413, "too_large")


async def test_another_gateway_does_not_exist_and_an_unknown_charge_is_well_received(
    service: FastAPI, http: httpx.AsyncClient
) -> None:
    body, headers = service.state.shop.gateway.event_about("pay_of_somebody_else")
    refused(await http.post("/v1/gateways/stripe/events", content=body, headers=headers), 404, "gateway_not_found")
    assert (await http.post(EVENTS, content=body, headers=headers)).status_code == 200
    async with service.state.shop.database.read() as db:
        assert (await db.execute(text("SELECT COUNT(*) AS n FROM gateway_event"))).scalar_one() == 0
