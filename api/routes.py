"""The REST routes as OpenAPI shows them, projected from the CATALOG: one a operation, with nothing written twice.

A route is a signature made from the operation's input. It only describes: requests are answered by `rest.Dispatch`, and
these routes are made when somebody asks for the description.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query
from fastapi.security import HTTPBearer
from pydantic import create_model
from pydantic.fields import FieldInfo

from commerce.operation import REFUSALS, Effect, Operation, Who
from commerce.operations import CATALOG

from .problems import MEDIA_TYPE
from .rest import KEY_LONGEST, PREFIX
from .uploads import carried_by, described_body

bearer = HTTPBearer(auto_error=False, description="Access token of a session.")
KEY_WORDS = "The same key with the same request has one effect and one answer, kept for 24 hours."


def rest_router() -> APIRouter:
    """Every operation of the CATALOG below `/v1`."""
    router = APIRouter(prefix=PREFIX)
    for operation in CATALOG.values():
        _add(router, operation)
    return router


def _add(router: APIRouter, operation: Operation[Any, Any]) -> None:
    carried = carried_by(operation.name)
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
        responses=refusals_of(operation),
        tags=[operation.handler.__module__.split(".")[1]],
        dependencies=[] if operation.who in {Who.UNSEEN, Who.ANYONE} else [Depends(bearer)],
        openapi_extra={"requestBody": described_body(operation, carried)} if carried else None,
    )


def _described(operation: Operation[Any, Any]) -> Callable[..., Any]:
    """A function that is never called; its signature is what OpenAPI shows."""

    async def described(**_arguments: Any) -> None:
        raise AssertionError("requests for operations are dispatched before they come here")

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
    carried = carried_by(operation.name)
    if carried or operation.method in {"GET", "DELETE"}:
        return [_parameter(n, f, Query) for n, f in rest.items() if not carried or n != carried.field]
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


def refusals_of(operation: Operation[Any, Any]) -> dict[int | str, dict[str, Any]]:
    """Every status that a refusal of it can have."""
    found = {401: "Not signed in, or the token is not valid.", 422: "The input does not fit."}
    found |= {429: "Too much in a minute.", 503: "Busy; try again."}
    if operation.who is not Who.UNSEEN:
        others = f"{REFUSALS[operation.who]()} " if operation.who in REFUSALS else ""
        found[403] = f"{others}Or the account is banned." if others else "The account is banned."
    if operation.path_fields or operation.method != "DELETE":
        found[404] = "No such thing, or it is somebody else's."
    if operation.effect is not Effect.READ:
        found |= {409: "Not possible as things are.", 413: "The body is too large."}
    return refusal_responses(found)


def refusal_responses(found: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": words, "content": schema} for status, words in sorted(found.items())}
