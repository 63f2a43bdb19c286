"""The chat: conversations, turns as JSON or as a stream of events, and the answers to the shop's questions."""

import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from agent.views import HistoryView, ThreadList, ThreadView, TurnView
from commerce.context import Caller
from commerce.errors import SignInRequired
from commerce.views import Input, Line, Page, Text
from tools import Toolbox

from .inputs import in_body, in_query, no_query, shown_body, shown_query
from .rest import KEY_LONGEST, caller_of_request
from .routes import KEY_WORDS, bearer, refusal_responses

if TYPE_CHECKING:
    from agent.conversations import Conversations  # heavy: opened when the server has a moment

SSE = "text/event-stream"
ENOUGH = 65_536
"""Bytes that are sent at once."""
LOOK_SECONDS = 2.0
"""How often a stream asks whether its listener may still listen."""
WORDS = {
    401: "Not signed in.",
    403: "The account is banned.",
    404: "No such conversation.",
    409: "Still answering, or already answered.",
    413: "The body is too large.",
    422: "The input does not fit.",
    429: "Too much in a minute.",
    503: "Busy; try again.",
}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer: JSON, or with `Accept: text/event-stream` its events as they come.",
        "content": {SSE: {}},
    }
}
EXPORTED: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": {"text/markdown": {}}}}
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=64)]
LAST_EVENT_ID = r"^\d+(-\d+)?$"


class StartThread(Input):
    title: Annotated[Line, Field(max_length=200)] = Field("", description="Given by the first message when left out.")


class RenameThread(Input):
    title: Annotated[Line, Field(min_length=1, max_length=200)]


class Threads(Page):
    query: Annotated[Line, Field(max_length=100)] = Field(
        "", description="Words that stand in the title or were said, each of them.", examples=["red mug"]
    )


class ExportThread(Input):
    format: Literal["json", "markdown"] = Field("json", description="For programs, or for people.")


class Say(Input):
    text: Annotated[Text, Field(min_length=1, max_length=4000)] = Field(
        description="What the shopper says.", examples=["Show me mugs under $15"]
    )
    when_busy: Literal["refuse", "wait"] = Field(
        "refuse", description="While the conversation is still answering: 409, or wait in line for a while."
    )


class Decide(Input):
    decision: Literal["approve", "reject"]


BODIES = (StartThread, RenameThread, Say, Decide)


class ThreadDeleted(BaseModel):
    deleted: bool = True


async def shopper(request: Request) -> Caller:
    caller = await caller_of_request(request.app.state.shop, request)
    if caller.role is None:
        raise SignInRequired()
    return caller


async def only_where_read(request: Request) -> None:
    """Only the list of conversations and the export take parameters."""
    if not (request.method == "GET" and request.url.path.endswith(("/threads", "/export"))):
        await no_query(request)


Shopper = Annotated[Caller, Depends(shopper)]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", description=KEY_WORDS, min_length=1, max_length=KEY_LONGEST)
]
LastEventId = Annotated[str, Header(alias="Last-Event-ID", pattern=LAST_EVENT_ID, max_length=40)]


router = APIRouter(
    prefix="/v1/chat",
    tags=["chat"],
    dependencies=[Depends(bearer), Depends(only_where_read)],
    responses=refusal_responses(WORDS),
)


@router.post("/threads", status_code=201, openapi_extra=shown_body(StartThread, required=False))
async def start_thread(
    request: Request, caller: Shopper, asked: Annotated[StartThread, in_body(StartThread)]
) -> ThreadView:
    """Start a conversation."""
    return await (await chat_of(request)).threads.create(caller.account, asked.title)


@router.get("/threads", openapi_extra=shown_query(Threads))
async def list_threads(request: Request, caller: Shopper, asked: Annotated[Threads, in_query(Threads)]) -> ThreadList:
    """My conversations, the most recently used first; all of them, or those that hold some words."""
    return await (await chat_of(request)).threads.list_mine(caller.account, asked.limit, asked.cursor, asked.query)


@router.get("/threads/{thread}")
async def get_thread(request: Request, caller: Shopper, thread: ThreadId) -> HistoryView:
    """A conversation with its messages, and the question that waits for an answer."""
    return await (await chat_of(request)).history(caller.account, _toolbox(request, caller), thread)


@router.patch("/threads/{thread}", openapi_extra=shown_body(RenameThread))
async def rename_thread(
    request: Request, caller: Shopper, thread: ThreadId, asked: Annotated[RenameThread, in_body(RenameThread)]
) -> ThreadView:
    """Give a conversation another title."""
    return await (await chat_of(request)).threads.rename(caller.account, thread, asked.title)


@router.get(
    "/threads/{thread}/export",
    response_model=HistoryView,
    responses=EXPORTED,
    openapi_extra=shown_query(ExportThread),
)
async def export_thread(
    request: Request, caller: Shopper, thread: ThreadId, asked: Annotated[ExportThread, in_query(ExportThread)]
) -> Response:
    """All of a conversation as a file: JSON, or Markdown to be read."""
    from agent.exporting import as_markdown  # with the rest of the agent

    chat = await chat_of(request)
    history = await chat.history(caller.account, _toolbox(request, caller), thread, whole=True)
    markdown = asked.format == "markdown"
    text = as_markdown(history) if markdown else history.model_dump_json(indent=1)
    kind, ending = ("text/markdown", "md") if markdown else ("application/json", "json")
    headers = {"Content-Disposition": f'attachment; filename="{thread}.{ending}"', "Cache-Control": "no-store"}
    return Response(text, media_type=kind, headers=headers)


@router.delete("/threads/{thread}")
async def delete_thread(request: Request, caller: Shopper, thread: ThreadId) -> ThreadDeleted:
    """Delete a conversation for good. An answer that comes is stopped first; a question that waits is answered with a no."""
    await (await chat_of(request)).delete(caller.account, _toolbox(request, caller), thread)
    return ThreadDeleted()


@router.post("/threads/{thread}/turns", response_model=TurnView, responses=STREAMED, openapi_extra=shown_body(Say))
async def start_turn(
    request: Request,
    caller: Shopper,
    thread: ThreadId,
    asked: Annotated[Say, in_body(Say)],
    key: IdempotencyKey = None,
) -> Any:
    """Say something. Moving money or goods is never done by words: the answer then holds a `confirmation`."""
    chat = await chat_of(request)
    turn = await chat.say(
        caller.account, _toolbox(request, caller), thread, asked.text, key, wait=asked.when_busy == "wait"
    )
    return await _answer(request, chat, caller, thread, turn, "0", begun=key is None)


@router.post(
    "/threads/{thread}/confirmations/{confirmation}",
    response_model=TurnView,
    responses=STREAMED,
    openapi_extra=shown_body(Decide),
)
async def answer_confirmation(
    request: Request,
    caller: Shopper,
    thread: ThreadId,
    confirmation: ThreadId,
    asked: Annotated[Decide, in_body(Decide)],
) -> Any:
    """Say yes or no to the exact terms of a question. The turn that asked goes on."""
    chat = await chat_of(request)
    found = await chat.threads.turn_asking(thread, confirmation)
    before = await chat.log.last_id(found.id) if found else "0"
    turn = await chat.answer(caller.account, _toolbox(request, caller), thread, confirmation, asked.decision)
    return await _answer(request, chat, caller, thread, turn, before)


@router.get("/threads/{thread}/turns/{turn}")
async def get_turn(request: Request, caller: Shopper, thread: ThreadId, turn: ThreadId) -> TurnView:
    """An answer, once it is there."""
    return await (await chat_of(request)).finished(caller.account, thread, turn)


@router.post("/threads/{thread}/turns/{turn}/cancel")
async def cancel_turn(request: Request, caller: Shopper, thread: ThreadId, turn: ThreadId) -> TurnView:
    """Stop a turn, also one that waits for a yes. A call in hand comes to its end, nothing more is begun; the answer says what
    was done. Stopping again answers the same; a turn that ended by itself is refused."""
    return await (await chat_of(request)).cancel(caller.account, _toolbox(request, caller), thread, turn)


@router.get("/threads/{thread}/turns/{turn}/events", response_model=None, responses=STREAMED)
async def get_events(
    request: Request, caller: Shopper, thread: ThreadId, turn: ThreadId, last_event_id: LastEventId = "0"
) -> StreamingResponse:
    """The events of a turn, from the start or from `Last-Event-ID` on. Listening again does not run it again."""
    chat = await chat_of(request)
    await chat.threads.turn(caller.account, thread, turn)
    return StreamingResponse(
        _sse(chat, _toolbox(request, caller), thread, turn, last_event_id), media_type=SSE, headers=NO_BUFFER
    )


NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def chat_of(request: Request) -> "Conversations":
    chat: Conversations = await request.app.state.chat()
    return chat


def _toolbox(request: Request, caller: Caller) -> Toolbox:
    return Toolbox(request.app.state.shop, caller)


async def _answer(
    request: Request,
    chat: "Conversations",
    caller: Caller,
    thread: str,
    turn: str,
    after: str,
    *,
    begun: bool = False,
) -> Response:
    if SSE in request.headers.get("accept", ""):
        events = _sse(chat, _toolbox(request, caller), thread, turn, after, begun=begun)
        return StreamingResponse(events, media_type=SSE, headers=NO_BUFFER)
    view = await chat.finished(caller.account, thread, turn, present=lambda: _present(request), begun=True)
    return Response(view.model_dump_json(), media_type="application/json")


async def _present(request: Request) -> bool:
    return not await request.is_disconnected()


async def _sse(
    chat: "Conversations", toolbox: Toolbox, thread: str, turn: str, after: str, *, begun: bool = False
) -> AsyncIterator[bytes]:
    """Ends with an `error` event soon after the listener signed out or was banned. Events that are there together go out
    together."""
    looked, waiting = time.monotonic(), b""
    async for sent in chat.events(toolbox.account, thread, turn, after, LOOK_SECONDS, begun=begun):
        if time.monotonic() - looked >= LOOK_SECONDS:
            looked = time.monotonic()
            if refused := await toolbox.gone():
                told = {"code": refused.code, "detail": str(refused), "hint": refused.advice, "facts": refused.facts}
                yield format_sse_event(data_str=_json(told), event="error")
                return
        if sent is None:
            yield b": still here\n\n"
            continue
        waiting += format_sse_event(data_str=sent.facts, event=sent.type, id=sent.id)
        if not sent.more or len(waiting) > ENOUGH:
            yield waiting
            waiting = b""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
