"""Bad input on every route: always a problem with a documented 4xx status, and never a word of the inside."""

import base64
import json
from typing import Any

import pytest

from commerce.operation import CATALOG
from tests.api.calls import PROBLEM, ok, placed
from tests.api.routes import GOOD, ROUTES, Door, Route, check
from tests.worlds import ADA

pytestmark = pytest.mark.asyncio(loop_scope="module")
HUGE = 10**30
NASTY = ["\x00", "a\x00b", "\x1b[31m", "\x7f", "x" * 5000]
WRONG: dict[str, list[Any]] = {
    "string": [7, 1.5, True, [], {}, ["x"], {"a": 1}, *NASTY],
    "integer": ["1", 1.5, True, [], {}, HUGE, -HUGE, -1, 2**63],
    "boolean": ["true", 1, 0, [], {}],
    "array": ["x", 1, True, {}, [1], [None], [["x"]], ["\x00"], ["x"] * 1000],
    "object": ["x", 1, True, [], [{}], {"": "x"}, {"a": None}, {"a": 1}, {"a": {}}, {"a\x00": "x"}, {"zh": "\x00"}],
}
WRONG_TEXT: dict[str, list[str]] = {
    "string": ["\x00", "\x1b[31m", "x" * 5000, "\ufffe\x01"],
    "integer": ["abc", "1.5", "-1", str(HUGE), str(-HUGE), "NaN", "Infinity", "0x10", "1e3", "9" * 5000],
    "boolean": ["maybe", "2", "None"],
}
BODIES: dict[str, bytes] = {
    "cut off": b'{"a": ',
    "single quotes": b"{'a': 1}",
    "two values": b"{}{}",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "a list": b"[]",
    "a number": b"1",
    "a text": b'"x"',
    "true": b"true",
    "not a number": b'{"quantity": NaN, "limit": Infinity}',
    "a huge exponent": b'{"quantity": 1e400}',
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a lone surrogate as a value": b'{"text": "\\ud800", "reason": "\\udfff", "title": "\\ud800"}',
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "a NUL as a name": b'{"\\u0000": 1}',
    "a megabyte": json.dumps({"text": "x" * 2**20}).encode(),
}


@pytest.fixture(params=list(ROUTES.values()), ids=list(ROUTES))
def route(request: pytest.FixtureRequest) -> Route:
    found: Route = request.param
    return found


def kinds(schema: dict[str, Any]) -> set[str]:
    return {part["type"] for part in [schema, *schema.get("anyOf", [])] if "type" in part}


def wrong_values(schema: dict[str, Any], values: dict[str, list[Any]]) -> list[Any]:
    """Values that are wrong for every type that the field may have."""
    mine = kinds(schema) - {"null"}
    none = [] if "null" in kinds(schema) or values is WRONG_TEXT else [None]
    signed = any(part.get("minimum", 0) < 0 for part in [schema, *schema.get("anyOf", [])])
    return [v for kind in mine for v in values[kind] if not (signed and v in (-1, "-1"))] + none


async def test_every_operation_and_every_chat_route_is_walked() -> None:
    assert CATALOG.keys() <= ROUTES.keys()
    assert {r.name for r in ROUTES.values() if r.path.startswith("/v1/chat/")} >= {"start_turn", "answer_confirmation"}
    assert GOOD.keys() <= ROUTES.keys()
    assert {r.name for r in ROUTES.values() if r.body.get("required")} == GOOD.keys()


async def test_bodies_that_are_no_json_objects(door: Door, route: Route) -> None:
    if not route.takes_body:
        return
    found: list[str] = []
    for what, raw in BODIES.items():
        found += check(route, await door.send(route, raw=raw), what)
    assert found == []


async def test_bodies_of_another_type(door: Door, route: Route) -> None:
    if not route.takes_body:
        return
    found: list[str] = []
    good = json.dumps(GOOD.get(route.name, {})).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "image/png", "nonsense"):
        found += check(route, await door.send(route, raw=good, headers={"Content-Type": kind}), kind)
    assert found == []


async def test_fields_of_a_wrong_type_missing_fields_and_unknown_ones(door: Door, route: Route) -> None:
    found: list[str] = []
    good = GOOD.get(route.name, {})
    for name, schema in route.body.get("properties", {}).items():
        for wrong in wrong_values(schema, WRONG):
            found += check(route, await door.send(route, good | {name: wrong}), {name: wrong})
    for name in route.body.get("required", []):
        found += check(route, await door.send(route, {n: v for n, v in good.items() if n != name}), f"without {name}")
    if route.takes_body:
        found += check(route, await door.send(route, good | {"no_such_field": 1}), "an unknown field")
        found += check(route, await door.send(route, good | {"account": "acc_other"}), "another shopper")
    assert found == []


async def test_queries_that_do_not_fit(door: Door, route: Route) -> None:
    if route.method not in {"get", "delete"} or route.path == "/v1/shop":
        return
    found: list[str] = []
    for name, schema in route.fields("query").items():
        for wrong in wrong_values(schema, WRONG_TEXT):
            found += check(route, await door.send(route, values={name: wrong}), {name: wrong})
        twice = f"{name}=1&{name}=2"
        found += check(route, await door.http.get(f"{route.path}?{twice}"), twice)
    found += check(route, await door.send(route, values={"no_such_parameter": "1"}), "an unknown parameter")
    assert found == []


async def test_unknown_ids_and_ids_that_can_not_be(door: Door, route: Route) -> None:
    found: list[str] = []
    good = GOOD.get(route.name) if route.takes_body else None
    for name in route.fields("path"):
        assert (await door.send(route, good, values={name: "unknown-9"})).status_code in {403, 404, 422}
        for wrong in (
            "unknown_9",
            "UNKNOWN",
            "\x00",
            "a\x00b",
            "x" * 5000,
            " ",
            "a b",
            "杯",
            "\ud83d\ude00",
            "'--",
            "%2e",
        ):
            wrong = wrong.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            found += check(route, await door.send(route, good, values={name: wrong}), {name: wrong})
    assert found == []


@pytest.mark.parametrize("wrong", ["abc", "-1", "1-2-3", "9" * 41, "1 ", "$"])
async def test_a_last_event_id_that_is_none(door: Door, wrong: str) -> None:
    found: list[str] = []
    route = ROUTES["get_events"]
    found += check(route, await door.send(route, headers={"Last-Event-ID": wrong}), wrong)
    assert found == []


@pytest.mark.parametrize("path", ["/v1/categories", "/v1/products", "/v1/orders", "/v1/chat/threads"])
async def test_cursors_that_were_tampered_with(door: Door, path: str) -> None:
    """A cursor is sent to the client and comes back: what is in it is input like any other."""
    found: list[str] = []
    [route] = [r for r in ROUTES.values() if (r.method, r.path) == ("get", path)]
    while len(ok(await door.http.get(path, params={"limit": 3}))["items"]) < 3:
        await (placed(door.http) if path == "/v1/orders" else door.http.post("/v1/chat/threads"))
    genuine = ok(await door.http.get(path, params={"limit": 1}))["next_cursor"]
    inside = json.loads(base64.urlsafe_b64decode(genuine))
    nasty: list[Any] = [HUGE, -HUGE, True, None, 1.5, "\ud800", "\x00", [], {}, "2026-01-01", "2026-01-01T00:00:00"]
    for at in range(len(inside)):
        for wrong in nasty:
            changed = json.dumps([*inside[:at], wrong, *inside[at + 1 :]]).encode()
            answer = await door.http.get(
                path, params={"limit": 1, "cursor": base64.urlsafe_b64encode(changed).decode()}
            )
            if answer.status_code != 200:  # another place in the same list is no harm
                found += check(route, answer, {at: wrong})
    for text in (
        "x",
        "…",
        genuine[:-5],
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"{").decode(),
    ):
        found += check(route, await door.http.get(path, params={"cursor": text}), text)
    assert found == []


@pytest.mark.parametrize(
    "path", ["/%00", "/style.css%00", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/pyproject.toml", "/" + "x" * 5000, "/v1/%ff"]
)
async def test_paths_that_are_no_pages(door: Door, path: str) -> None:
    answer = await door.http.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["code"] == "no_such_page"


async def test_after_all_that_the_shop_is_as_it_was(door: Door) -> None:
    assert ok(await door.http.get("/v1/account"))["email"] == ADA["email"]
    assert ok(await door.http.get(f"/v1/orders/{door.ids['order']}"))["status"] == "awaiting_payment"
    assert len(ok(await door.http.get("/v1/account/addresses"))["items"]) == 2
    assert ok(await door.http.get(f"/v1/checkouts/{door.ids['checkout']}"))["address"]["recipient"] == "Ada Lovelace"
