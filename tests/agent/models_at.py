"""Conversations with real clients of real endpoints on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent.models.registry import open_endpoints
from agent.settings import AgentSettings
from tests.agent.chats import Chat, Chats
from tests.agent.openai_server import Endpoint, Playing, endpoint

QUICK = {"retry_seconds": 0.001}


@asynccontextmanager
async def chat_with(chats: Chats, url: str, **settings: Any) -> AsyncIterator[Chat]:
    """`url` may be empty: then the settings say where the models are."""
    given = QUICK | {"model": "m", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test"} | settings
    endpoints = open_endpoints(AgentSettings.model_validate(given))
    yield await chats.open(endpoints=endpoints, **given)
    for opened in endpoints:
        await opened.model.root_async_client.close()  # type: ignore[attr-defined]
        opened.model.root_client.close()  # type: ignore[attr-defined]


@asynccontextmanager
async def playing(chats: Chats, *answers: Playing, **settings: Any) -> AsyncIterator[tuple[Chat, Endpoint]]:
    """A conversation with a model that plays these answers."""
    async with endpoint(*answers) as serving, chat_with(chats, serving.url, **settings) as chat:
        yield chat, serving
