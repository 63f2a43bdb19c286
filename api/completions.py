"""The shop agent for programs that speak OpenAI's chat completions: `/v1/chat/completions` and `/v1/models`.

The bearer token is an access token of the shop. What moves money or goods is approved on the shop's page, never here.
"""

import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from loguru import logger
from starlette.responses import JSONResponse, StreamingResponse

from commerce.accounts.sessions import still
from commerce.context import Caller
from commerce.errors import Refusal
from prompts import load_prompt
from tools import Toolbox

from .asked import MODEL, Asked, Wrong, read_request
from .chat import LOOK_SECONDS, NO_BUFFER, SSE, chat_of, shopper
from .problems import status_of
from .rest import idempotency_key, json_object
from .tracing import trace_id

if TYPE_CHECKING:
    from agent.conversations import Conversations

THREAD_HEADER = "X-DomTok-Thread"
CREATED = 1764000000
"""OpenAI's clients want a time at which a model was made."""
TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
CODES = {"token_invalid": "invalid_api_key", "sign_in_required": "invalid_api_key"}

router = APIRouter(include_in_schema=False)


def error(status: int, message: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refusal(refused: Refusal) -> JSONResponse:
    status = 400 if status_of(refused) == 422 else status_of(refused)
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
    body = error(status, f"{refused} {refused.advice}", CODES.get(refused.code, refused.code))
    return JSONResponse(body, status, headers=headers)


def unknown_model(model: str) -> JSONResponse:
    return JSONResponse(
        error(404, f"The model `{model[:100]}` does not exist. There is `{MODEL}`.", "model_not_found", "model"), 404
    )


@router.get("/v1/models")
async def list_models(request: Request) -> Response:
    try:
        await shopper(request)
    except Refusal as refused:
        return refusal(refused)
    return JSONResponse({"object": "list", "data": [_model(request)]})


@router.get("/v1/models/{model}")
async def get_model(request: Request, model: str) -> Response:
    try:
        await shopper(request)
    except Refusal as refused:
        return refusal(refused)
    return JSONResponse(_model(request)) if model == MODEL else unknown_model(model)


def _model(request: Request) -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": CREATED, "owned_by": request.app.state.shop.settings.name}


@router.post("/v1/chat/completions")
async def complete(request: Request) -> Response:
    """Says the last message of the history in its conversation, and answers in OpenAI's shape."""
    try:
        return await _complete(request)
    except Refusal as refused:
        return refusal(refused)
    except Wrong as wrong:
        return JSONResponse(error(400, str(wrong), wrong.code, wrong.param), 400)
    except Exception:  # noqa: BLE001 (a bug is told in OpenAI's shape too)
        logger.exception("a completion failed")
        told = f"Something went wrong on our side; the trace id is {trace_id()}."
        return JSONResponse(error(500, told, "internal_error"), 500)


async def _complete(request: Request) -> Response:
    caller = await shopper(request)
    asked = read_request(await json_object(request))
    if asked.model != MODEL:
        return unknown_model(asked.model)
    chat = await chat_of(request)
    key = idempotency_key(request)
    named = request.headers.get(THREAD_HEADER) or (asked.metadata or {}).get("thread")
    thread = named or await chat.histories.place(caller.account, asked.history, key)
    toolbox = Toolbox(request.app.state.shop, caller)
    turn = await chat.say(
        caller.account, toolbox, thread, asked.said, key or asked.key_in(caller.account, thread), wait=True
    )
    speech = Speech(request, chat, caller, thread, turn, asked.said)
    headers = {THREAD_HEADER: thread}
    if asked.stream:
        return StreamingResponse(_stream(speech, asked), media_type=SSE, headers=headers | NO_BUFFER)
    return JSONResponse(await _whole(speech), headers=headers)


class Speech:
    """What a turn says to somebody who only reads text."""

    def __init__(
        self, request: Request, chat: "Conversations", caller: Caller, thread: str, turn: str, said: str
    ) -> None:
        self._shop = request.app.state.shop
        self._chat = chat
        self._caller = caller
        self._thread = thread
        self._said = said
        self.turn = turn
        self.usage: dict[str, int] = {}
        self.about = {"id": f"chatcmpl-{turn}", "created": int(time.time()), "model": MODEL}

    async def pieces(self) -> AsyncIterator[str]:
        """The answer as it comes; an empty piece now and then while nothing does. Raises the refusal of who may no longer
        listen."""
        told, receipts, looked = "", 0, time.monotonic()
        async for sent in self._chat.events(self._caller.account, self._thread, self.turn, "0", LOOK_SECONDS):
            if time.monotonic() - looked >= LOOK_SECONDS:
                looked = time.monotonic()
                await still(self._shop, self._caller)
            event = sent.event if sent else {"type": ""}
            if event["type"] == "message.delta":
                told += event["text"]
                yield event["text"]
            elif event["type"] == "receipt":
                receipts += 1
                yield f"\n\n✔ {event['summary']}\n\n"
            elif event["type"] == "turn.completed":
                for piece in self._end(event, told, receipts):
                    yield piece
            else:
                yield ""

    def _end(self, done: dict[str, Any], told: str, receipts: int) -> list[str]:
        """What was not said yet: the rest of the text, receipts, what is not confirmed, and the question."""
        self.usage = _usage(done["usage"])
        rest = done["text"].removeprefix(told) if done["text"].startswith(told) else ""
        found = [rest] if rest else []
        found += [f"\n\n✔ {receipt['summary']}" for receipt in done["receipts"][receipts:]]
        found += [f"\n\n⚠ {marked['text']}: {marked['note']}" for marked in done["unconfirmed"]]
        if done["status"] == "waiting" and done["confirmation"]:
            found.append("\n\n" + self._question(done["confirmation"]))
        return found

    def _question(self, asked: dict[str, Any]) -> str:
        from agent.language import language_of  # with the rest of the agent

        page = self._shop.settings.public_url.rstrip("/")
        link = f"{page}/?thread={quote(self._thread)}"
        about = {"terms": asked["terms"]["summary"], "link": link}
        return load_prompt("confirm_on_page").render(language=language_of(self._said), **about)


def _usage(spent: dict[str, Any]) -> dict[str, int]:
    read, written = spent["input_tokens"], spent["output_tokens"]
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


async def _whole(speech: Speech) -> dict[str, Any]:
    content = "".join([piece async for piece in speech.pieces()]).strip()
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**speech.about, "object": "chat.completion", "choices": [choice], "usage": speech.usage}


async def _stream(speech: Speech, asked: Asked) -> AsyncIterator[bytes]:
    try:
        yield _chunk(speech, {"role": "assistant", "content": ""})
        begun = False
        async for piece in speech.pieces():
            text = piece if begun else piece.lstrip()
            begun = begun or bool(text)
            yield _chunk(speech, {"content": text}) if text else b": still here\n\n"
    except Refusal as refused:
        yield _data(error(status_of(refused), str(refused), refused.code))
        return
    yield _chunk(speech, {}, "stop")
    if asked.include_usage:
        yield _data({**speech.about, "object": "chat.completion.chunk", "choices": [], "usage": speech.usage})
    yield b"data: [DONE]\n\n"


def _chunk(speech: Speech, delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _data({**speech.about, "object": "chat.completion.chunk", "choices": [choice]})


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
