"""REST: a request's way to its operation and back.

Path, query and body are put together and parsed by the operation itself, exactly as a tool call's arguments are.
"""

from typing import Any, NamedTuple

from fastapi import Request, Response
from pydantic_core import from_json
from starlette.types import ASGIApp, Receive, Scope, Send

from commerce.accounts.refusals import AccountBanned
from commerce.accounts.sessions import caller_of
from commerce.context import Caller, Context
from commerce.errors import BadInput, Refusal, TokenInvalid, TooLarge
from commerce.operation import Effect, In, Operation, Who
from commerce.operations import CATALOG
from commerce.shop import Shop

from .gate import Gate
from .problems import problem
from .uploads import carried_by, parsed_upload

PREFIX = "/v1"
KEY_LONGEST = 200


class Route(NamedTuple):
    """An operation and its whole path, as it is declared."""

    path: str
    operation: Operation[Any, Any]


class Place(NamedTuple):
    """Where a path has got to: what can follow, by word or by anything else, and what stands here, by method."""

    words: "dict[str, Place]"
    anything: "list[Place]"
    routes: dict[str, Route]

    @classmethod
    def empty(cls) -> "Place":
        return cls({}, [], {})


class Routes:
    """Every operation of the CATALOG by method and path. The time to find one does not grow with their number."""

    def __init__(self) -> None:
        self._root = Place.empty()
        for operation in CATALOG.values():
            self._put(operation)

    def find(self, path: str) -> tuple[dict[str, Route], list[str]]:
        """By method, with what the path says. A word wins over a parameter. Empty: no operation."""
        place, values = self._root, list[str]()
        for part in path.split("/"):
            if part in place.words:
                place = place.words[part]
            elif part and place.anything:
                place = place.anything[0]
                values.append(part)
            else:
                return {}, []
        return place.routes, values

    def _put(self, operation: Operation[Any, Any]) -> None:
        place, path = self._root, PREFIX + operation.path
        for part in path.split("/"):
            if not part.startswith("{"):
                place = place.words.setdefault(part, Place.empty())
                continue
            if not place.anything:
                place.anything.append(Place.empty())
            place = place.anything[0]
        place.routes[operation.method] = Route(path, operation)


class Dispatch:
    """Hands requests for operations to the door, past the framework's router; everything else goes on to it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._routes = Routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here, values = self._routes.find(scope["path"]) if scope["type"] == "http" else ({}, [])
        route = here.get(scope["method"]) if here else None
        if route is None:
            scope["allowed"] = sorted(here)  # told where the application has nothing there either
            await self.app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = route, dict(zip(route.operation.path_fields, values, strict=True))
        try:
            answer = await _through_the_door(route.operation, Request(scope, receive))
        except Refusal as refused:
            answer = problem(refused)
        await answer(scope, receive, send)


async def _through_the_door(operation: Operation[Any, Any], request: Request) -> Response:
    shop: Shop = request.app.state.shop
    gate: Gate = request.app.state.gate
    caller = await (gate.unseen(request) if operation.who is Who.UNSEEN else caller_of_request(shop, request))
    key = idempotency_key(request) if operation.effect is not Effect.READ else None
    asked = await _parsed(operation, request)
    user_agent = request.headers.get("user-agent", "")
    ctx = Context(shop, caller, key=key, address=gate.address_of(request), user_agent=user_agent)
    answer = await operation(ctx, asked)
    status = 201 if operation.creates else 200
    return Response(answer.model_dump_json(), status, media_type="application/json")


async def caller_of_request(shop: Shop, request: Request) -> Caller:
    """Who asks; refuses who asks too often."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    gate: Gate = request.app.state.gate
    try:
        caller = await caller_of(shop, token.strip() if kind.lower() == "bearer" and token.strip() else None)
    except (TokenInvalid, AccountBanned):
        await gate.unseen(request)
        raise
    await gate.admit(request, caller)
    return caller


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= KEY_LONGEST:
        raise BadInput([{"field": "Idempotency-Key", "problem": f"must have 1 to {KEY_LONGEST} characters"}])
    return key


async def _parsed(operation: Operation[In, Any], request: Request) -> In:
    if carried := carried_by(operation.name):
        return await parsed_upload(operation, carried, request, query_of(request))
    path = dict(request.path_params)
    if operation.method in {"GET", "DELETE"}:
        return operation.parse(query_of(request) | path, as_text=True)
    body = await json_object(request)
    if named := body.keys() & path.keys():
        raise BadInput([{"field": name, "problem": "stands in the path and not in the body"} for name in sorted(named)])
    return operation.parse(body | path)


def query_of(request: Request) -> dict[str, str]:
    """An empty value says nothing; one name twice says too much."""
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadInput([{"field": name, "problem": "was given more than once"} for name in sorted(twice)])
    return {name: value for name, value in given if value != ""}


async def json_object(request: Request) -> dict[str, Any]:
    """The body; none at all is an empty object."""
    body = await read_body(request, request.app.state.max_body_bytes)
    if not body:
        return {}
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise BadInput([{"field": "Content-Type", "problem": "must be application/json"}])
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as wrong:
        raise BadInput([{"field": "body", "problem": f"is not JSON: {wrong}"}]) from None
    if not isinstance(found, dict):
        raise BadInput([{"field": "body", "problem": "must be a JSON object"}])
    return found


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Stops reading at the limit, whatever the header says."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(max_bytes)
    return body
