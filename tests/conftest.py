"""Worlds to test in: a seeded shop on SQLite, the same on MySQL or MariaDB where one answers, and clients of the service."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx
import pymysql
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from commerce.seeding import seed
from commerce.shop import open_shop
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
def mysql_url(mysql_seeds: str) -> Iterator[str]:
    """A database of this test process's own, for as many tests as like to; each finds in it what `mysql_seeds` holds."""
    with _database("test") as name:
        _copy_tables(mysql_seeds, name)
        _copy_rows(mysql_seeds, name)
        yield f"{MYSQL}/{name}"


@pytest.fixture(scope="session")
def mysql_seeds() -> Iterator[str]:
    """The name of a seeded database that nobody changes."""
    with _database("seeds") as name:
        _prepare(f"{MYSQL}/{name}")
        yield name


@contextmanager
def _database(purpose: str) -> Iterator[str]:
    name = f"domtok_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    _administer(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield name
    _administer(f"DROP DATABASE {name}")


def _administer(*statements: str) -> None:
    with _administrator() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _administrator() -> Iterator[pymysql.cursors.Cursor]:
    url = make_url(MYSQL)
    server = {"host": url.host or "", "port": url.port or 3306, "user": url.username, "password": url.password or ""}
    with pymysql.connect(**server) as db, db.cursor() as cursor:
        yield cursor
        db.commit()


def _prepare(url: str) -> None:
    """In a thread: whoever asks for the fixture may be in a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _prepare_there(url)).result()


async def _prepare_there(url: str) -> None:
    with TemporaryDirectory() as folder:
        shop = open_shop(world_settings(Path(folder), url), clock=HandClock())
        await prepare(shop)
        await seed(shop, seeds())
        await shop.close()


def _copy_tables(source: str, target: str) -> None:
    with _administrator() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        cursor.execute(f"USE {target}")
        for table in _tables(cursor, source):
            cursor.execute(f"SHOW CREATE TABLE {source}.`{table}`")
            for _, statement in cursor.fetchall():
                cursor.execute(statement)


def _tables(cursor: pymysql.cursors.Cursor, database: str) -> list[str]:
    cursor.execute(f"SHOW TABLES FROM {database}")
    return [table for (table,) in cursor.fetchall()]


def _copy_rows(source: str, target: str) -> None:
    """Takes a twentieth of the time of seeding anew."""
    with _administrator() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for table in _tables(cursor, source):
            cursor.execute(f"DELETE FROM {target}.`{table}`")
            cursor.execute(f"INSERT INTO {target}.`{table}` SELECT * FROM {source}.`{table}`")


@asynccontextmanager
async def _opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    clock = HandClock()
    if kind == "mysql":
        url = request.getfixturevalue("mysql_url")
        await asyncio.to_thread(_copy_rows, request.getfixturevalue("mysql_seeds"), str(make_url(url).database))
        shop = open_shop(world_settings(folder, url), clock=clock)
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
