"""What the tests of the HTTP side share: keys, shortcuts of buying, and what a problem must look like."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from tests.worlds import ADDRESS, client_of

MUG = "MUG-RED-350"
PRODUCT = "red-enamel-mug"
PROBLEM = "application/problem+json"
PASSWORD = "a long password"


def key() -> dict[str, str]:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": uuid4().hex}


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that went well."""
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer that did not, whole and in the one form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem: dict[str, Any] = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["detail"]
    assert problem["hint"]
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    return problem


@asynccontextmanager
async def customer(app: FastAPI, name: str = "bob") -> AsyncIterator[httpx.AsyncClient]:
    """A new customer, registered and signed in, with nothing saved."""
    email = f"{name}@example.com"
    async with client_of(app) as nobody:
        ok(await nobody.post("/v1/accounts", json={"email": email, "name": name, "password": PASSWORD}), 201)
    async with client_of(app, email=email, password=PASSWORD) as http:
        yield http


async def quoted(http: httpx.AsyncClient, quantity: int = 1, **checkout: Any) -> str:
    """A checkout with mugs in it, ready to be placed."""
    ok(await http.post("/v1/cart/items", json={"sku": MUG, "quantity": quantity}))
    made = ok(await http.post("/v1/checkouts", json=checkout), 201)
    assert made["status"] == "ready_for_complete"
    return str(made["checkout"])


async def placed(http: httpx.AsyncClient, quantity: int = 1, **checkout: Any) -> str:
    """An order that waits for its payment, unless the checkout names a payment method."""
    made = await quoted(http, quantity, **checkout)
    return str(ok(await http.post(f"/v1/checkouts/{made}/place", headers=key()))["order"])


async def with_address(http: httpx.AsyncClient) -> str:
    return str(ok(await http.post("/v1/account/addresses", json=ADDRESS), 201)["address"])


async def with_method(http: httpx.AsyncClient, token: str = "tok_succeeds") -> str:
    return str(ok(await http.post("/v1/account/payment-methods", json={"token": token}), 201)["payment_method"])


async def available(http: httpx.AsyncClient, product: str = PRODUCT, sku: str = MUG) -> int:
    variants = ok(await http.get(f"/v1/products/{product}"))["variants"]
    return int(next(v["available"] for v in variants if v["sku"] == sku))


async def every(http: httpx.AsyncClient, path: str, **filters: Any) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    cursor = None
    while True:
        page = ok(await http.get(path, params=filters | ({"cursor": cursor} if cursor else {})))
        assert page.keys() >= {"items", "next_cursor"}
        assert page["items"]
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def totals(view: dict[str, Any]) -> dict[str, int]:
    return {total["type"]: total["amount"] for total in view["totals"]}
