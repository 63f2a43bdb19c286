"""The worker as a process of its own, and what operators see of its work."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer
from sqlalchemy.exc import DBAPIError

from commerce.backlog import counted, dead_jobs, revive_jobs
from commerce.shop import Shop, open_shop
from commerce.worker import Worker

from . import logs, telemetry
from .listening import listen
from .server import Settings, prepare_all

EMBEDDED = "This shop is embedded: its server does this work itself. Workers of their own need SHOP_DATABASE_URL (MySQL or MariaDB)."


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Shop]:
    shop = open_shop(settings.shop)
    try:
        yield shop
    finally:
        await shop.close()


async def work_apart(settings: Settings) -> int:
    """Until it is told to stop; then it finishes what it has in hand."""
    if settings.shop.embedded:
        typer.echo(EMBEDDED, err=True)
        return 1
    logs.set_up(settings.api)
    telemetry.set_up(settings.api)
    async with opened(settings) as shop:
        try:
            await prepare_all(shop)
        except (DBAPIError, OSError) as failed:
            typer.echo(f"The database can't be reached (SHOP_DATABASE_URL): {failed}".splitlines()[0], err=True)
            return 1
        listen(shop)
        worker = Worker(shop)
        for told in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(told, worker.stop)
        typer.echo(f"Worker {worker.id} is at work. Ctrl-C ends it.")
        await worker.run()
    typer.echo("Everything in hand is done.")
    return 0


async def show_jobs(settings: Settings, retry: str) -> int:
    """What waits and what was given up; `retry`: a dead job's id, or `all`."""
    async with opened(settings) as shop:
        await prepare_all(shop)
        if retry:
            revived = await revive_jobs(shop, None if retry == "all" else retry)
            typer.echo(f"{revived} job(s) will be done again.")
            return 0 if revived or retry == "all" else 1
        for name, figure in (await counted(shop)).items():
            typer.echo(f"{name.replace('_', ' '): <28} {figure:g}")
        for job in await dead_jobs(shop):
            typer.echo(f"dead: {job.id}  {job.kind} {job.name}, {job.attempts} attempts: {job.last_error}")
    return 0
