"""The REST routes, projected from the CATALOG: one a operation, with nothing written twice.

What OpenAPI shows of a route is a signature made from the operation's input; what runs is the door. Path, query and body
are put together and parsed by the operation itself, exactly as a tool call's arguments are.
"""

import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import create_model
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from commerce.accounts.sessions import caller_of
from commerce.context import Caller, Context
from commerce.errors import BadInput, TokenInvalid, TooLarge
from commerce.operation import REFUSALS, Effect, In, Operation, Who
from commerce.operations import CATALOG
from commerce.shop import Shop

from .gate import Gate
from .problems import MEDIA_TYPE

bearer = HTTPBearer(auto_error=False, description="Access token of a session.")
KEY_LONGEST = 200
KEY_WORDS = "The same key with the same request has one effect and one answer, kept for 24 hours."
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def rest_router() -> APIRouter:
    """Every operation of the CATALOG below `/v1`."""
    router = APIRouter(prefix="/v1")
    for operation in CATALOG.values():
        _add(router, operation)
    return router


def _add(router: APIRouter, operation: Operation[Any, Any]) -> None:
    class DoorRoute(APIRoute):
        """A route whose handler is the operation; its signature only describes it."""

        def get_route_handler(self) -> Handler:
            async def handler(request: Request) -> Response:
                return await _through_the_door(operation, request)

            return handler

    router.add_api_route(
        operation.path,
        _described(operation),
        methods=[operation.method],
        name=operation.name,
        operation_id=operation.name,
        summary=operation.name.replace("_", " ").capitalize(),
        description=operation.words,
        response_model=operation.output,
        status_code=201 if operation.creates else 200,
        responses=_refusals(operation),
        tags=[operation.handler.__module__.split(".")[1]],
        dependencies=[] if operation.who in {Who.UNSEEN, Who.ANYONE} else [Depends(bearer)],
        route_class_override=DoorRoute,
    )


async def _through_the_door(operation: Operation[Any, Any], request: Request) -> Response:
    shop: Shop = request.app.state.shop
    gate: Gate = request.app.state.gate
    caller = await (gate.unseen(request) if operation.who is Who.UNSEEN else caller_of_request(shop, request))
    key = idempotency_key(request) if operation.effect is not Effect.READ else None
    asked = await _parsed(operation, request)
    answer = await operation(Context(shop, caller, key=key, address=gate.address_of(request)), asked)
    status = 201 if operation.creates else 200
    return Response(answer.model_dump_json(), status, media_type="application/json")


async def caller_of_request(shop: Shop, request: Request) -> Caller:
    """Who asks; refuses who asks too often."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    gate: Gate = request.app.state.gate
    try:
        caller = await caller_of(shop, token.strip() if kind.lower() == "bearer" and token.strip() else None)
    except TokenInvalid:
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
    body = await _read_body(request, request.app.state.max_body_bytes)
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


async def _read_body(request: Request, max_bytes: int) -> bytes:
    """Stops reading at the limit, whatever the header says."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(max_bytes)
    return body


def _described(operation: Operation[Any, Any]) -> Callable[..., Any]:
    """A function that is never called; its signature is what OpenAPI shows."""

    async def described(**_arguments: Any) -> None:
        raise AssertionError("routes of operations go through the door")

    parameters = [*_path_parameters(operation), *_other_parameters(operation)]
    if operation.effect is not Effect.READ and not operation.secret:
        parameters.append(_key_parameter(operation))
    described.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return described


def _path_parameters(operation: Operation[Any, Any]) -> list[inspect.Parameter]:
    return [_parameter(name, operation.input.model_fields[name], Path) for name in operation.path_fields]


def _other_parameters(operation: Operation[Any, Any]) -> list[inspect.Parameter]:
    rest = {n: f for n, f in operation.input.model_fields.items() if n not in operation.path_fields}
    if not rest:
        return []
    if operation.method in {"GET", "DELETE"}:
        return [_parameter(name, field, Query) for name, field in rest.items()]
    fields: dict[str, Any] = {name: (_annotation(field), field) for name, field in rest.items()}
    body: Any = operation.input
    if operation.path_fields:
        body = create_model(f"{operation.input.__name__}Body", __config__=operation.input.model_config, **fields)
    optional = not any(field.is_required() for field in rest.values())
    annotation: Any = Annotated[body, Body(description="" if not optional else "May be left out.")]
    default = {"default": None} if optional else {}
    return [inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **default)]


def _parameter(name: str, field: FieldInfo, place: Any) -> inspect.Parameter:
    default = {} if field.is_required() else {"default": field.default}
    shown: Any = _annotation(field)
    annotation: Any = Annotated[shown, place(description=field.description)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **default)


def _annotation(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _key_parameter(operation: Operation[Any, Any]) -> inspect.Parameter:
    required = operation.effect is Effect.COMMIT
    words = KEY_WORDS + (" Required, because this moves money or goods." if required else "")
    header = Header(alias="Idempotency-Key", description=words, min_length=1, max_length=KEY_LONGEST)
    default = {} if required else {"default": None}
    kind: Any = str if required else str | None
    return inspect.Parameter(
        "idempotency_key", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, header], **default
    )


def _refusals(operation: Operation[Any, Any]) -> dict[int | str, dict[str, Any]]:
    """Every status that a refusal of it can have."""
    found = {401: "Not signed in, or the token is not valid.", 422: "The input does not fit."}
    found |= {429: "Too much in a minute.", 503: "Busy; try again."}
    if operation.who in REFUSALS:
        found[403] = str(REFUSALS[operation.who]())
    if operation.path_fields or operation.method != "DELETE":
        found[404] = "No such thing, or it is somebody else's."
    if operation.effect is not Effect.READ:
        found |= {409: "Not possible as things are.", 413: "The body is too large."}
    return refusal_responses(found)


def refusal_responses(found: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": words, "content": schema} for status, words in sorted(found.items())}
