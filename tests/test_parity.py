"""Both doors: each operation over REST and as a tool call does the same, refuses the same, and lets the same people in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.server import build_app
from commerce.accounts.sessions import caller_of
from commerce.context import ANONYMOUS, Surface
from commerce.operation import Effect
from commerce.operations import CATALOG
from evals.world import HandClock, fresh_world
from tests.api.routes import OPENAPI
from tests.parity import (
    accounts,
    aftersales,
    cart,
    catalog,
    checkout,
    coupons,
    fulfillments,
    gift_cards,
    inventory,
    listings,
    merchants,
    orders,
    payments,
    preferences,
    sales,
)
from tests.parity.case import Case
from tests.worlds import Shopper, World, client_of, settings_for
from tools import Toolbox, tool_specs

FOR_AGENTS = [name for name, declared in CATALOG.items() if Surface.AGENT in declared.surfaces]
UNLIKE = {"idempotency", "confirmation", "outbox", "session"}
"""Tables that a surface fills in its own way: its keys, its questions, its sign-ins."""
NOUNS = (
    accounts,
    aftersales,
    cart,
    catalog,
    checkout,
    coupons,
    fulfillments,
    gift_cards,
    inventory,
    listings,
    merchants,
    orders,
    payments,
    preferences,
    sales,
)
CASES: dict[str, Case] = {name: case for noun in NOUNS for name, case in noun.CASES.items()}


def test_every_operation_of_an_agent_has_its_case_and_its_tool() -> None:
    assert sorted(CASES) == sorted(FOR_AGENTS) == [spec.name for spec in tool_specs("admin")]


@asynccontextmanager
async def _world(folder: Path) -> AsyncIterator[World]:
    clock = HandClock()
    shop = await fresh_world(folder, clock)
    yield World(shop, clock)
    await shop.close()


@asynccontextmanager
async def _service(folder: Path) -> AsyncIterator[tuple[World, FastAPI]]:
    """REST, and the very shop behind it."""
    clock = HandClock()
    await (await fresh_world(folder, clock)).close()
    app = build_app(settings_for(folder), clock=clock)
    yield World(app.state.shop, clock), app
    await app.state.shop.close()


async def _by_rest(http: httpx.AsyncClient, name: str, arguments: dict[str, Any]) -> httpx.Response:
    declared = CATALOG[name]
    path = "/v1" + declared.path.format(**{field: arguments[field] for field in declared.path_fields})
    rest = {k: v for k, v in arguments.items() if k not in declared.path_fields}
    headers = {"Idempotency-Key": "parity"} if declared.effect is not Effect.READ else {}
    if declared.method in {"GET", "DELETE"}:
        return await http.request(declared.method, path, params=rest, headers=headers)
    return await http.request(declared.method, path, json=rest, headers=headers)


async def _by_tool(toolbox: Toolbox, name: str, arguments: dict[str, Any]) -> Any:
    confirmation = None
    if toolbox.needs_approval(name):
        proposal = await toolbox.propose(name, arguments, "parity", "thr_1")
        if proposal.refused:
            return proposal.refused
        assert proposal.confirmation is not None
        confirmation = proposal.confirmation["confirmation"]
        await toolbox.decide("thr_1", confirmation, "approve")
    return await toolbox.call(name, arguments, "parity", confirmation)


async def _rows(world: World) -> str:
    """All rows, ids told by their order of appearance."""
    told = []
    async with world.shop.database.read() as db:
        tables = await db.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'product_search%'")
        )
        for (table,) in sorted(tables.all()):
            if table not in UNLIKE:
                rows = await db.execute(text(f"SELECT * FROM {table} ORDER BY rowid"))
                told.append(f"{table}: {[tuple(row) for row in rows]}")
    return _by_appearance("\n".join(told))


def _by_appearance(told: str) -> str:
    names: dict[str, str] = {}
    ids = r"\b[a-z]{2,3}_[0-9A-Z]{26}\b|\bDT-[0-9A-Z]{4}-[0-9A-Z]{4}\b"
    return re.sub(ids, lambda m: names.setdefault(m[0], f"id{len(names)}"), told)


@pytest.mark.parametrize("name", sorted(CASES))
async def test_both_doors_do_the_same(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    async with _service(tmp_path / "rest") as (world, app):
        asker = await case.asker(world)
        async with client_of(app, token=asker.token) as http:
            answer = await _by_rest(http, name, await case.arguments(name, asker))
        assert answer.status_code < 300, answer.text
        rest_rows, rest_view = await _rows(world), answer.json()
    async with _world(tmp_path / "tool") as world:
        asker = await case.asker(world)
        result = await _by_tool(Toolbox(world.shop, asker.caller), name, await case.arguments(name, asker))
        assert result.refusal is None, result.text
        tool_rows = await _rows(world)
    assert rest_rows == tool_rows
    assert _by_appearance(str(rest_view)) == _by_appearance(str(result.view))


@pytest.mark.parametrize("name", sorted(CASES))
async def test_both_doors_refuse_the_same(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    async with _service(tmp_path) as (world, app):
        asker = await case.asker(world)
        arguments = await case.arguments(name, asker) | case.refused
        before = await _rows(world)
        async with client_of(app, token=asker.token) as http:
            problem = (await _by_rest(http, name, _as_query(name, arguments))).json()
        refusal = (await _by_tool(Toolbox(world.shop, asker.caller), name, arguments)).refusal
        assert await _rows(world) == before
    assert refusal is not None
    assert (problem["code"], problem["detail"], problem["hint"], problem["facts"]) == tuple(
        refusal[part] for part in ("code", "sentence", "hint", "facts")
    )


def _as_query(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments if CATALOG[name].method not in {"GET", "DELETE"} else {k: str(v) for k, v in arguments.items()}


@pytest.mark.parametrize("name", sorted(CASES))
async def test_both_doors_let_the_same_people_in(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    async with _service(tmp_path) as (world, app):
        guest = await Shopper(world.shop)("start_guest_session")
        arguments = await case.arguments(name, await case.asker(world))
        for token in (None, guest.access_token):
            async with client_of(app) as http:
                if token:
                    http.headers["Authorization"] = f"Bearer {token}"
                answer = await _by_rest(http, name, arguments)
            caller = await caller_of(world.shop, token) if token else ANONYMOUS
            result = await _by_tool(Toolbox(world.shop, caller), name, arguments)
            told = answer.json()["code"] if answer.status_code >= 400 else None
            assert told == (result.refusal["code"] if result.refusal else None)


@pytest.mark.parametrize("name", sorted(CASES))
def test_both_doors_are_described_alike(name: str) -> None:
    declared = CATALOG[name]
    route = OPENAPI["paths"]["/v1" + declared.path][declared.method.lower()]
    shown = {p["name"] for p in route.get("parameters", []) if p["in"] != "header"}
    if body := route.get("requestBody"):
        schema = body["content"]["application/json"]["schema"]
        reference = schema.get("$ref") or next(part["$ref"] for part in schema["anyOf"] if "$ref" in part)
        shown |= set(OPENAPI["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"])
    spec = next(spec for spec in tool_specs("admin") if spec.name == name)
    assert shown == set(spec.parameters["properties"]) == set(declared.input.model_fields)
    assert " ".join(route["description"].split()) in spec.description
