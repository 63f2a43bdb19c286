"""Conversations to test with, on SQLite and on every database."""

from collections.abc import AsyncIterator

import pytest

from tests.agent.chats import Chats
from tests.worlds import World


@pytest.fixture
async def chats(world: World) -> AsyncIterator[Chats]:
    opened = Chats(world)
    yield opened
    await opened.close()


@pytest.fixture
async def each_chats(each_world: World) -> AsyncIterator[Chats]:
    opened = Chats(each_world)
    yield opened
    await opened.close()
