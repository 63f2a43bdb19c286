"""The client of OpenAI-compatible endpoints. Imported when one is configured: it is heavy."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from typing import Any

import httpx2
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr
from pydantic_core import to_json

from ..settings import AgentSettings
from .pieces import ErrorTold, Events, Piece, pieces_of
from .profiles import Profile

NO_KEY = SecretStr("none")
"""The client insists on one, also for an endpoint that does not."""
AS_USUAL: Any = {"security": {"bearer_auth": True}, "headers": {"Content-Type": "application/json"}}
MOMENT = 0.05
"""Seconds."""


class _Amended:
    """What the client would do otherwise: it walks through every field of every schema of every tool, looking for dates and
    files, and makes three objects of every token. That is most of the time of a whole turn."""

    root_async_client: Any
    _tools: tuple[Any, bytes] = (None, b"")
    """The last tools that were sent, as they were written: there are few sets of them."""

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **more: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        del run_manager  # nobody is told of each token
        async with aclosing(self.chunks(messages, stop, **more)) as chunks:
            async for chunk in chunks:
                yield ChatGenerationChunk(message=chunk)

    async def chunks(
        self, messages: list[BaseMessage], stop: Any = None, **more: Any
    ) -> AsyncGenerator[AIMessageChunk]:
        """An answer as it comes."""
        body = self._written(messages, stop, more)
        response = await self.root_async_client.post(
            "/chat/completions", cast_to=httpx2.Response, content=body, stream=True, options=AS_USUAL
        )
        async with aclosing(response):
            events = Events()
            async for received in _received(response, events):
                for piece in _pieces(response, events.take(received)):
                    yield piece.as_chunk()

    def _written(self, messages: list[BaseMessage], stop: Any, more: dict[str, Any]) -> bytes:
        asked: Any = self
        usage = {"stream_options": {"include_usage": True}} if asked._should_stream_usage() else {}
        payload = asked._get_request_payload(messages, stop=stop, stream=True, **usage, **more)
        payload |= payload.pop("extra_body", None) or {}
        tools = payload.pop("tools", None)
        body = to_json(payload)
        return body if tools is None else body[:-1] + b',"tools":' + self._tools_written(tools) + b"}"

    def _tools_written(self, tools: Any) -> bytes:
        known, written = self._tools
        if known is not tools:
            written = to_json(tools)
            object.__setattr__(self, "_tools", (tools, written))
        return written


async def _received(response: httpx2.Response, events: Events) -> AsyncIterator[bytes]:
    """Up to the end that is told, and a moment longer: a connection whose answer was read to its end is used again."""
    try:
        stream = response.aiter_bytes()
        async for received in stream:
            yield received
            if events.done:
                break
        with suppress(TimeoutError, httpx2.RequestError):
            async with asyncio.timeout(MOMENT):
                async for _ in stream:
                    pass
    except httpx2.TimeoutException as late:
        raise openai.APITimeoutError(request=response.request) from late
    except httpx2.RequestError as broken:
        raise openai.APIConnectionError(request=response.request) from broken


def _pieces(response: httpx2.Response, events: Iterator[bytes]) -> Iterator[Piece]:
    try:
        yield from pieces_of(events)
    except ErrorTold as told:
        raise openai.APIError(str(told), request=response.request, body=told.error) from told


class Client(_Amended, ChatOpenAI):
    """Any endpoint."""


class AzureClient(_Amended, AzureChatOpenAI):
    """Azure's older interface: deployments, and a version in each address."""


def open_client(settings: AgentSettings, profile: Profile, model: str, base_url: str, key: SecretStr) -> BaseChatModel:
    """Retries and time-outs are ours, so that they know how long the turn may still take."""
    temperature = profile.temperature if settings.temperature is None else settings.temperature
    shared: dict[str, Any] = {
        "model": model,
        "api_key": key if key.get_secret_value() else NO_KEY,
        "timeout": settings.call_seconds,
        "max_retries": 0,
        "stream_chunk_timeout": None,
        "stream_usage": profile.usage,
        "use_responses_api": False,
        "temperature": temperature,
        "seed": settings.seed if profile.seed else None,
        "default_headers": settings.extra_headers or None,
        "extra_body": {profile.max_tokens_as: settings.max_tokens} | profile.body | settings.extra_body,
    }
    if profile.name == "azure" and settings.openai_api_version:
        return AzureClient(
            azure_endpoint=base_url, azure_deployment=model, api_version=settings.openai_api_version, **shared
        )
    return Client(base_url=base_url, **shared)
