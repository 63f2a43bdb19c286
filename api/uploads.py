"""Requests that carry a file: as the raw body, with the rest in the query, or as a form."""

from collections.abc import AsyncGenerator
from functools import cache
from typing import Any, NamedTuple

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from commerce.errors import BadInput, TooLarge
from commerce.operation import CATALOG, In, Operation
from commerce.views import Upload

FORM = "multipart/form-data"
RAW = "application/octet-stream"
ENVELOPE = 64 * 1024
"""What a form may add to its file."""


class Carried(NamedTuple):
    """The field of an input that holds the file."""

    field: str
    upload: Upload


@cache
def carried_by(operation: str) -> Carried | None:
    """The file that requests for this operation carry; None: they carry none."""
    for name, field in CATALOG[operation].input.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Upload):
                return Carried(name, mark)
    return None


async def parsed_upload(operation: Operation[In, Any], carried: Carried, request: Request, query: dict[str, str]) -> In:
    """The operation's input; a form's fields and the query's are texts."""
    kind = request.headers.get("content-type", RAW).partition(";")[0].strip().lower()
    given: dict[str, Any] = dict(query)
    if kind == FORM:
        given |= await _form(request, carried)
    elif kind in {RAW, *carried.upload.media_types}:
        given[carried.field] = b"".join([piece async for piece in _limited(request, carried.upload.max_bytes)])
    else:
        allowed = ", ".join((FORM, RAW, *carried.upload.media_types))
        raise BadInput([{"field": "Content-Type", "problem": f"must be one of {allowed}"}])
    return operation.parse(given | dict(request.path_params), as_text=True)


async def _form(request: Request, carried: Carried) -> dict[str, Any]:
    stream = _limited(request, carried.upload.max_bytes + ENVELOPE)
    try:
        form = await MultiPartParser(request.headers, stream, max_files=1, max_fields=20).parse()
    except (MultiPartException, MultipartParseError, KeyError, ValueError) as wrong:
        raise BadInput([{"field": "body", "problem": f"is not a form: {wrong}"}]) from None
    try:
        return {name: await _value(value) for name, value in form.multi_items()}
    finally:
        await form.close()


async def _value(value: UploadFile | str) -> bytes | str:
    return await value.read() if isinstance(value, UploadFile) else value


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Stops reading at the limit, whatever the header says."""
    read = 0
    async for piece in request.stream():
        read += len(piece)
        if read > limit:
            raise TooLarge(limit)
        yield piece


def described_body(operation: Operation[Any, Any], carried: Carried) -> dict[str, Any]:
    """For OpenAPI."""
    schema = operation.input.model_json_schema()
    fields = {n: f for n, f in schema["properties"].items() if n not in operation.path_fields}
    required = [name for name in schema.get("required", []) if name in fields]
    form = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    file = {"schema": {"type": "string", "format": "binary"}}
    words = f"The file itself, of at most {carried.upload.max_bytes} bytes, or a form that holds it."
    return {"required": True, "description": words, "content": {FORM: {"schema": form}, RAW: file}}
