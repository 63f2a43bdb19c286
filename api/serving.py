"""Running the server in the foreground: one process a data folder, an address when it is healthy, a clean end."""

import asyncio
import fcntl
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import typer
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from commerce.errors import DatabaseAway
from commerce.shop import open_shop

from . import logs, telemetry
from .server import Settings, build_app

WELCOME = """
  {name} is open: {url}

  Say for example:
    Show me mugs under $15
    Add two of the first one and give me a quote with WELCOME10
    有没有蓝色的杯子？
{shopper}
  REST is described at {url}/docs. Ctrl-C ends it.
"""
DEMO = "\n  Demo shopper: ada@example.com, password demo-shopper\n"


COLLECTED_EVERY = (10_000, 20, 50)
"""Thresholds of the garbage collector. Python's own (700, 10, 10) look through all that is cached every few requests, which
costs a search 7 % of its time."""


TAKEN_WITHIN = 60
"""Seconds within which a client takes something of what it was sent."""


GRACE = 10
"""Seconds that requests get to end in, once the server stops serving."""


class Announcing(uvicorn.Server):
    """Says where it is, once it answers, and that it is about to go, before it goes."""

    welcome = ""
    hurried = False
    """Somebody waits for its end: at the keyboard, or for the second time."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()
        gc.set_threshold(*COLLECTED_EVERY)
        gc.enable()
        if self.started:
            typer.echo(self.welcome)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.hurried = self.should_exit or sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """It takes connections to the end, for a load balancer may ask on a new one, and only an answer of 503 tells it of more
        than an accident."""
        application = self.config.app
        assert isinstance(application, FastAPI)
        application.state.stopping = True
        await self._until(application.state.api_settings.drain_seconds, lambda: not self.hurried)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._until(GRACE, lambda: bool(self.server_state.tasks) and not self.force_exit)
        await super().shutdown(sockets)

    async def _until(self, seconds: float, going: Callable[[], bool]) -> None:
        ends = time.monotonic() + seconds
        while going() and time.monotonic() < ends:  # noqa: ASYNC110 (the answer comes from a signal handler)
            await asyncio.sleep(min(0.1, seconds))


def serve_forever(settings: Settings, host: str, port: int, demo: bool) -> int:
    logs.set_up(settings.api)
    telemetry.set_up(settings.api)
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 (shown, not bound)
    settings = known_as(settings, url)
    listener = _listening(host, port)
    if listener is None:
        typer.echo(f"Port {port} is taken. Choose another one: --port {port + 1} (make run PORT={port + 1})", err=True)
        return 1
    if failed := asyncio.run(_unreachable(settings)):
        typer.echo(f"The database can't be reached (SHOP_DATABASE_URL): {failed}", err=True)
        return 1
    try:
        with _only_one(settings, url):
            config = uvicorn.Config(
                build_app(settings, demo=demo),
                host,
                port,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE // 2,
                ws_max_size=settings.api.max_body_bytes,
                ws_per_message_deflate=False,
            )
            server = Announcing(config)
            server.welcome = WELCOME.format(name=settings.shop.name, url=url, shopper=DEMO if demo else "")
            # the server hands the signal on after its clean end; by then it is done with
            signal.signal(signal.SIGTERM, lambda *_: None)
            signal.signal(signal.SIGINT, lambda *_: None)
            server.run(sockets=[listener])
    except (BlockingIOError, ValueError) as wrong:
        told = (
            f"Another server uses {settings.shop.data} already." if isinstance(wrong, BlockingIOError) else str(wrong)
        )
        typer.echo(told, err=True)
        return 1
    return 0 if server.started else 1


def known_as(settings: Settings, url: str) -> Settings:
    """Links lead to where the shop is served, unless shoppers know it under another name."""
    if "public_url" in settings.shop.model_fields_set:
        return settings
    return replace(settings, shop=settings.shop.model_copy(update={"public_url": url}))


async def _unreachable(settings: Settings) -> str | None:
    """What the database server says, where there is one and it can't be used."""
    if settings.shop.embedded:
        return None
    shop = open_shop(settings.shop)
    try:
        async with shop.database.read():
            return None
    except (DBAPIError, DatabaseAway, OSError, ValueError) as failed:
        return str(failed.__cause__ if isinstance(failed, DatabaseAway) else failed).splitlines()[0]
    finally:
        await shop.close()


def _listening(host: str, port: int) -> socket.socket | None:
    """None where somebody else listens. Connections inherit its options: the system drops a client that takes nothing any
    more, for which a server with something left to send would wait for ever."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError:
        return None
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKEN_WITHIN * 1000)
    return listener


@contextmanager
def _only_one(settings: Settings, url: str) -> Iterator[None]:
    """The embedded database is served by one process; the lock ends with it, however it ends. It holds the address."""
    if not settings.shop.embedded:
        yield
        return
    settings.shop.data.mkdir(parents=True, exist_ok=True)
    with lock_file(settings.shop.data).open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.truncate(lock.fileno(), 0)
        lock.write(url)
        lock.flush()
        yield


def lock_file(data: Path) -> Path:
    return data / "server.lock"


def running_url(data: Path) -> str | None:
    """Address of the server that uses this data folder now."""
    if not lock_file(data).exists():
        return None
    with lock_file(data).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read()
    return None
