"""Worlds to test in: a seeded shop on SQLite, the same on MySQL or MariaDB where one answers, and clients of the service."""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pymysql
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.engine import make_url

from commerce.seeding import seed
from commerce.shop import Shop, open_shop
from evals.world import HandClock, fresh_world, prepare, seeds, world_settings
from tests.worlds import ADA, World, client_of, running, settings_for

if TYPE_CHECKING:
    from tests.prove.stores import Redis

PREFIXES = ("SHOP_", "AGENT_", "API_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "OTEL_")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing of the machine's environment reaches a test."""
    for name in [n for n in os.environ if n.startswith(PREFIXES)]:
        del os.environ[name]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


MYSQL = os.environ.get("DOMTOK_TEST_MYSQL") or ("mysql+aiomysql://root@127.0.0.1:3306" if _answers(3306) else "")
REDIS = os.environ.get("DOMTOK_TEST_REDIS") or ("redis://127.0.0.1:6379/9" if _answers(6379) else "")
DATABASES = ["sqlite", *(["mysql"] if MYSQL else [])]


def pytest_report_header() -> list[str]:
    found = [f"MySQL or MariaDB: {MYSQL or 'NONE ANSWERS, SO NOTHING IS TESTED ON IT'}"]
    return [*found, f"Redis: {REDIS or 'NONE ANSWERS, SO NOTHING IS TESTED ON IT'}"]


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """A seeded database of this test process's own; what tests change is undone by `_reset`."""
    name = f"domtok_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    _administer(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield f"{MYSQL}/{name}"
    _administer(f"DROP DATABASE {name}")


def _administer(*statements: str) -> None:
    url = make_url(MYSQL)
    with pymysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username, password=url.password or ""
    ) as db:
        for statement in statements:
            db.cursor().execute(statement)


async def _mysql_world(folder: Path, url: str, clock: HandClock) -> Shop:
    shop = open_shop(world_settings(folder, url), clock=clock)
    await prepare(shop)
    async with shop.database.write() as db:
        await db.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
        tables = [row[0] for row in await db.execute(text("SHOW TABLES")) if not row[0].endswith("_version")]
        for table in tables:
            await db.execute(text(f"DELETE FROM `{table}`"))
        await db.execute(text("SET FOREIGN_KEY_CHECKS = 1"))
    await seed(shop, seeds())
    return shop


@asynccontextmanager
async def _opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    clock = HandClock()
    if kind == "mysql":
        shop = await _mysql_world(folder, request.getfixturevalue("mysql_url"), clock)
    else:
        shop = await fresh_world(folder, clock)
    yield World(shop, clock)
    await shop.close()


@pytest.fixture
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A demo shop on SQLite."""
    async with _opened("sqlite", tmp_path, request) as opened:
        yield opened


@pytest.fixture(params=DATABASES)
async def each_world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A demo shop, once on each database."""
    async with _opened(request.param, tmp_path, request) as opened:
        yield opened


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The whole service on a fresh demo shop, with the real clock."""
    shop = await fresh_world(tmp_path, HandClock())
    await shop.close()
    async with running(settings_for(tmp_path)) as app:
        yield app


@pytest.fixture
async def http(service: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody signed in."""
    async with client_of(service) as client:
        yield client


@pytest.fixture
async def ada(service: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The demo shopper, over HTTP."""
    async with client_of(service, **ADA) as client:
        yield client


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Redis]":
    """A Redis server of the test's own, to be flushed, stopped and killed."""
    from tests.prove.stores import private_redis  # which needs what stands here

    with private_redis(tmp_path_factory.mktemp("redis")) as store:
        yield store
