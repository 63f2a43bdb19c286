"""Refusals as RFC 9457 problems: the one place that knows status numbers."""

from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from commerce.errors import BadInput, Refusal, TooLarge

from .tracing import trace_id

STATUS = {
    "invalid": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "limited": 429,
    "unavailable": 503,
}
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was not done, and what to do about it."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str = Field(description="The code in words.")
    status: int
    detail: str = Field(description="One sentence for people.")
    code: str = Field(description="Stable name of the refusal, for programs.")
    hint: str = Field(description="What to do next.")
    facts: dict[str, Any] = Field(description="The refusal's facts, by name.")
    trace_id: str


def status_of(refused: Refusal) -> int:
    return 413 if isinstance(refused, TooLarge) else STATUS[refused.family]


def problem(refused: Refusal) -> JSONResponse:
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
    if refused.family == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(status_of(refused), refused.code, str(refused), refused.advice, refused.facts, headers)


def _answer(
    status: int, code: str, detail: str, hint: str, facts: dict[str, Any], headers: dict[str, str]
) -> JSONResponse:
    body = Problem(
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        hint=hint,
        facts=jsonable_encoder(facts),
        trace_id=trace_id(),
    )
    return JSONResponse(body.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


async def on_refusal(_request: Request, refused: Exception) -> JSONResponse:
    assert isinstance(refused, Refusal)
    return problem(refused)


async def on_bad_request(_request: Request, wrong: Exception) -> JSONResponse:
    """What FastAPI's own routes (the chat's) find wrong, in the words of the door."""
    assert isinstance(wrong, RequestValidationError)
    places = {"body", "query", "path", "header"}
    problems = [
        {
            "field": ".".join(str(p) for p in e["loc"] if p not in places) or "body",
            "problem": e["msg"].removeprefix("Value error, "),
        }
        for e in wrong.errors()
    ]
    return problem(BadInput(problems))


async def on_http(request: Request, raised: Exception) -> JSONResponse:
    """What the router itself refuses: unknown paths and methods."""
    assert isinstance(raised, HTTPException)
    if raised.status_code == 404 and (allowed := request.scope.get("allowed")):
        raised = HTTPException(405, headers={"Allow": ", ".join(allowed)})
    codes = {404: "no_such_page", 405: "method_not_allowed"}
    code = codes.get(raised.status_code, "bad_request")
    hint = "The paths and their methods are listed at /docs."
    detail = f"{request.method} {request.url.path[:200]}: {raised.detail}."
    return _answer(raised.status_code, code, detail, hint, {}, dict(raised.headers or {}))


async def on_bug(scope: Scope, receive: Receive, send: Send) -> None:
    """Says nothing of the inside; the log has it under the same trace id."""
    hint = "Try again; if it stays, tell the shop the trace id."
    await _answer(500, "internal_error", "Something went wrong on our side.", hint, {}, {})(scope, receive, send)
