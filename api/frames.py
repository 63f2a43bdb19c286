"""Frames of the WebSocket: what a client may send, and how answers, events and problems are put."""

import json
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationError
from pydantic_core import from_json

from commerce.errors import BadInput, Refusal, problems_of
from commerce.views import Input, Text

from .problems import status_of
from .tracing import trace_id

LONGEST_KEY = 200
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=64)]
EventId = Annotated[str, Field(pattern=r"^\d+(-\d+)?$", max_length=40)]


class Auth(Input):
    """Who speaks; sent again before the token ends, it goes on."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]


class SayFrame(Input):
    """A text that is no frame says the same, in the connection's own conversation."""

    text: Annotated[Text, Field(min_length=1, max_length=4000)]
    thread: ThreadId | None = None
    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)] | None = None
    """As the Idempotency-Key over HTTP: said again after a reconnect, it is the same turn."""
    when_busy: Literal["refuse", "wait"] = "refuse"


class Answer(Input):
    """The answer to the shop's question, from the same person who is signed in here."""

    confirmation: ThreadId
    decision: Literal["approve", "reject"]
    thread: ThreadId | None = None


class Cancel(Input):
    turn: ThreadId
    thread: ThreadId | None = None


class Resume(Input):
    """Goes on listening to a turn behind the event that was heard last; nothing runs again. Without `turn`: what is being
    answered now."""

    thread: ThreadId
    turn: ThreadId | None = None
    last_event_id: EventId = "0"


class Ping(Input):
    """Answered by `pong`."""


KINDS: dict[str, type[Input]] = {
    "auth": Auth,
    "say": SayFrame,
    "answer": Answer,
    "cancel": Cancel,
    "resume": Resume,
    "ping": Ping,
}


class Frame(NamedTuple):
    """What a client sent. `ref`: its own name for it, which a problem repeats."""

    asked: Input
    ref: str | None = None


class Bad(Exception):
    """A frame that can't be read; what is wrong, and its `ref` if that much was read."""

    def __init__(self, refused: Refusal, ref: str | None = None) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.ref = ref


def read_frame(text: str) -> Frame:
    """A JSON object is a frame; any other text is something said. Raises Bad."""
    if not text.lstrip().startswith("{"):
        return Frame(_parsed(SayFrame, {"text": text}, None))
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError as wrong:
        raise Bad(_wrong("frame", f"is not JSON: {wrong}")) from None
    meta = found.get("meta") if isinstance(found.get("meta"), dict) else {}
    given = meta.get("id")
    ref = given if isinstance(given, str) and len(given) <= LONGEST_KEY else None
    kind = KINDS.get(meta["type"]) if isinstance(meta.get("type"), str) else None
    if kind is None:
        raise Bad(_wrong("meta.type", f"must be one of {', '.join(KINDS)}"), ref)
    data = found.get("data") or {}
    if not isinstance(data, dict):
        raise Bad(_wrong("data", "must be an object"), ref)
    return Frame(_parsed(kind, data, ref), ref)


def _parsed(kind: type[Input], data: dict[str, Any], ref: str | None) -> Input:
    try:
        return kind.model_validate(data, strict=True)
    except ValidationError as wrong:
        raise Bad(BadInput(problems_of(wrong)), ref) from None


def _wrong(field: str, problem: str) -> BadInput:
    return BadInput([{"field": field, "problem": problem}])


def frame(kind: str, data: dict[str, Any] | None = None, **meta: Any) -> str:
    given = {name: value for name, value in meta.items() if value is not None}
    return json.dumps({"meta": {"type": kind, **given}, "data": data or {}}, ensure_ascii=False, default=str)


def problem_frame(refused: Refusal, ref: str | None = None) -> str:
    about = {"code": refused.code, "detail": str(refused), "hint": refused.advice, "facts": refused.facts}
    return error_frame(status_of(refused), about, ref)


def error_frame(status: int, about: dict[str, Any], ref: str | None = None) -> str:
    told = {"code": status, "error": about["detail"], "problem": about | {"trace_id": trace_id()}}
    return frame("error", told, ref=ref)
