"""The application: shop, chat, page and health, put together; what it opens it closes."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from agent.models.choices import choices
from commerce.adapters.sandbox import SandboxGateway
from commerce.context import ANONYMOUS, Context
from commerce.errors import Refusal
from commerce.idempotency import release_all
from commerce.settings import ShopSettings
from commerce.shop import Clock, Shop, open_shop, prepare, system_clock
from commerce.worker import Worker
from tools import facts_of

from .chat import BODIES
from .chat import router as chat_router
from .completions import router as completions_router
from .exports import router as exports_router
from .gate import Gate
from .gateways import router as gateways_router
from .health import AGENT_MIGRATIONS, health_router
from .listening import listen
from .metrics import metrics_router
from .pictures import router as pictures_router
from .problems import Problem, on_bad_request, on_bug, on_http, on_refusal
from .rest import Dispatch
from .routes import rest_router
from .sandbox import sandbox_router
from .settings import ApiSettings
from .shopfront import shopfront_router
from .socket import router as socket_router
from .tracing import TraceMiddleware

if TYPE_CHECKING:
    from agent.conversations import Conversations
    from agent.settings import AgentSettings
    from agent.stream import EventLog

WEB = Path(__file__).parent / "web"
FINISHING = 5.0
"""Seconds that the worker inside gets for what it has in hand."""
OWN_PROMPTS = {"prompt", "second_prompt", "merchant_prompt", "policy"}
"""Settings that may name a prompt that can't be served."""
CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
ABOUT = """
A shop that can be talked to. Every operation below is also a tool of the shopping agent (`/v1/chat`); both run through the
same door.

- Sign in with `POST /v1/sessions`, or start as a guest with `POST /v1/sessions/guest`; send `Authorization: Bearer <access_token>`.
- Money is `{amount, currency}` in minor units: `1299` USD is $12.99. Lists answer `{items, next_cursor}`.
- `Idempotency-Key` makes a write safe to repeat; it is required where money or goods move.
- Refusals are `application/problem+json` with `code`, `detail`, `hint`, `facts` and `trace_id`.
"""


@dataclass(frozen=True)
class Settings:
    """The settings of all packages, read in one place."""

    shop: ShopSettings
    agent: "AgentSettings"
    api: ApiSettings


def read_settings(**shop: Any) -> Settings:
    """From the environment; `shop` overrides what the command line says."""
    from agent.settings import AgentSettings

    return Settings(ShopSettings(**shop), AgentSettings(), ApiSettings())


def build_app(settings: Settings, *, demo: bool = False, clock: Clock = system_clock) -> FastAPI:
    """The whole service. `demo`: fill an empty shop with the demo goods, and offer the demo shopper on the page. Raises
    ValueError when the settings do not hold together."""
    choices(settings.agent)
    if OWN_PROMPTS & settings.agent.model_fields_set:
        from agent.prompting import systems_of  # costs a start more than what it can find out about the usual ones

        systems_of(settings.agent, facts_of(settings.shop))
    shop = open_shop(settings.shop, clock=clock)
    chat = LazyChat(settings, shop)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await prepare_all(shop)
        if shop.database.embedded:
            async with Context(shop, ANONYMOUS).writing() as ctx:
                await release_all(ctx)
        if demo:
            await _fill(shop)
        warming = asyncio.create_task(chat.warm_up())
        try:
            async with _working(shop):
                yield
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
            await chat.close()
            await shop.close()

    app = FastAPI(title=settings.shop.name, description=ABOUT, version=VERSION, lifespan=lifespan)
    app.state.shop, app.state.chat, app.state.max_body_bytes = shop, chat, settings.api.max_body_bytes
    app.state.api_settings, app.state.stopping = settings.api, False
    app.state.gate = Gate(settings.api, shop.limits)
    _add_routes(app, settings, shop, demo)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    app.add_middleware(Dispatch)
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_middleware(TraceMiddleware, on_bug=on_bug)
    _admit_other_pages(app, settings.api)
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_bad_request)
    app.add_exception_handler(HTTPException, on_http)
    return app


VERSION = "0.1.0"


@asynccontextmanager
async def _working(shop: Shop) -> AsyncIterator[None]:
    """With a worker inside, unless the work is left to others; at the end it finishes what it has in hand."""
    if not shop.settings.works_inside:
        yield
        return
    listen(shop)
    worker = Worker(shop)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait([task], timeout=FINISHING)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def prepare_all(shop: Shop) -> None:
    """Brings the schemas of shop and agent up to date."""
    from commerce.database import migrate

    await prepare(shop)
    await migrate(shop.database, AGENT_MIGRATIONS, "agent_version")


class LazyChat:
    """The chat, opened when it is first used or when the server has a moment: its imports take longer than the start of all
    the rest."""

    def __init__(self, settings: Settings, shop: Shop) -> None:
        self._settings = settings
        self._shop = shop
        self._lock = asyncio.Lock()
        self._opened: Conversations | None = None

    async def __call__(self) -> "Conversations":
        async with self._lock:
            if self._opened is None:
                await asyncio.to_thread(importlib.import_module, "agent.conversations")
                self._opened = await self._open()
            return self._opened

    async def warm_up(self) -> None:
        await asyncio.sleep(0.2)
        started = time.perf_counter()
        await self()
        logger.debug("the chat is ready after {:.1f} s", time.perf_counter() - started)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _open(self) -> "Conversations":
        from agent.conversations import Conversations
        from agent.models.registry import open_models
        from agent.prompting import systems_of
        from agent.threads import Threads

        shop, settings = self._shop, self._settings
        threads = Threads(shop.database, shop.clock, shop.ids.make)
        if shop.database.embedded:
            await threads.leases.after_restart()
        log = _log_of(shop)
        models = open_models(settings.agent, threads)
        return Conversations(threads, log, settings.agent, models, systems_of(settings.agent, facts_of(settings.shop)))


def _log_of(shop: Shop) -> "EventLog":
    if shop.redis.embedded:
        from agent.stream_here import LocalLog

        return LocalLog()
    from agent.stream_redis import RedisLog

    return RedisLog(shop.redis)


def _add_routes(app: FastAPI, settings: Settings, shop: Shop, demo: bool) -> None:
    app.include_router(chat_router)
    app.include_router(socket_router)
    app.include_router(completions_router)
    app.include_router(health_router(shop))
    if settings.api.metrics:
        app.include_router(metrics_router(shop))
    app.include_router(pictures_router)
    app.include_router(gateways_router)
    app.include_router(exports_router)
    if isinstance(shop.gateway, SandboxGateway):
        app.include_router(sandbox_router(shop, shop.gateway))
    app.include_router(shopfront_router(settings.shop, settings.agent, demo=demo))
    page = StaticFiles(directory=WEB)
    policy = _policy(settings.shop)

    @app.get("/{file}", include_in_schema=False)
    async def get_page(request: Request, file: str) -> Response:
        """The page and its files, under a policy that lets nothing from elsewhere run."""
        answer = await page.get_response(file, request.scope)
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    @app.get("/", include_in_schema=False)
    async def get_index(request: Request) -> Response:
        return await get_page(request, "index.html")


def _policy(shop: ShopSettings) -> str:
    """Images may come from where the shop keeps them, when that is elsewhere."""
    elsewhere = urlsplit(shop.images_url)
    origin = f" {elsewhere.scheme}://{elsewhere.netloc}" if elsewhere.netloc else ""
    return CSP.replace("img-src 'self'", f"img-src 'self'{origin}")


def _admit_other_pages(app: FastAPI, settings: ApiSettings) -> None:
    """Pages of other origins may call when they are named; tokens are sent by hand, so no cookie is ever admitted."""
    if origins := settings.listed(settings.cors_origins):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "traceparent"],
            expose_headers=["X-Trace-Id", "Retry-After"],
            max_age=3600,
        )


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's text, with the shapes that its routes do not name in their signatures."""
    if not app.openapi_schema:
        routes = [*rest_router().routes, *app.routes]
        found = get_openapi(title=app.title, version=app.version, description=app.description, routes=routes)
        found["components"]["schemas"] |= {model.__name__: model.model_json_schema() for model in (Problem, *BODIES)}
        app.openapi_schema = found
    return app.openapi_schema


async def _fill(shop: Shop) -> None:
    from commerce.seeding import is_empty, read_seeds, seed

    if await is_empty(shop):
        await seed(shop, read_seeds())
