"""What routes that project no operation are sent, read and described as that of operations is."""

from typing import Any

from fastapi import Depends, Request
from pydantic import ValidationError

from commerce.errors import BadInput, problems_of
from commerce.operation import In
from commerce.views import Input, Nothing

from .rest import json_object, query_of


def in_body(model: type[In]) -> Any:
    async def parsed(request: Request) -> In:
        return _checked(model, await json_object(request), as_text=False)

    return Depends(parsed)


def in_query(model: type[In]) -> Any:
    async def parsed(request: Request) -> In:
        return _checked(model, query_of(request), as_text=True)

    return Depends(parsed)


async def no_query(request: Request) -> None:
    _checked(Nothing, query_of(request), as_text=True)


def _checked(model: type[In], given: dict[str, Any], *, as_text: bool) -> In:
    try:
        return model.model_validate_strings(given) if as_text else model.model_validate(given, strict=True)
    except ValidationError as wrong:
        raise BadInput(problems_of(wrong)) from None


def shown_body(model: type[Input], *, required: bool = True) -> dict[str, Any]:
    """In the OpenAPI text."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def shown_query(model: type[Input]) -> dict[str, Any]:
    """In the OpenAPI text."""
    fields = model.model_json_schema()["properties"].items()
    found = [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in fields]
    return {"parameters": found}
