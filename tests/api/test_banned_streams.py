"""Open streams end soon after their listener was banned or signed out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from evals.world import HandClock, fresh_world
from tests.api.calls import ok
from tests.api.events import hear, new_thread
from tests.worlds import Shopper, World, client_of, running, settings_for


@asynccontextmanager
async def silent_endpoint() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A model's server that takes requests and says nothing; and whether one came."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def _ban(world: World, shopper: Shopper) -> None:
    await (await world.admin())("ban_account", account=shopper.caller.account, reason="Spam.")


async def _sign_out(_world: World, shopper: Shopper) -> None:
    await shopper("sign_out")


@pytest.mark.parametrize(("end", "code"), [(_ban, "account_banned"), (_sign_out, "token_invalid")])
async def test_a_running_stream_ends_with_a_typed_error(
    tmp_path: Path, end: Callable[[World, Shopper], Awaitable[None]], code: str
) -> None:
    await (await fresh_world(tmp_path, HandClock())).close()
    async with silent_endpoint() as (url, asked):
        settings = settings_for(tmp_path, model="m", OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-test")
        async with running(settings) as app:
            world = World(app.state.shop, HandClock())
            bob = await world.customer()
            async with client_of(app, token=bob.token) as http:
                thread = await new_thread(http)
                heard = asyncio.create_task(hear(http, thread, "hello"))
                await asked.wait()
                await end(world, bob)
                last = (await heard)[-1]
                assert (last.type, last.data["code"]) == ("error", code)
                assert last.data["detail"]
                assert last.data["hint"]
                answer = await http.get(f"/v1/chat/threads/{thread}")
                assert answer.json()["code"] == code
                assert ok(await http.get("/healthz"))
