"""Private MariaDB and Redis servers, made from the installed binaries to be killed, stopped and started again."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
import pytest
import redis

from tests.api.processes import free_port

PATIENCE = 120.0
"""Seconds, of everything here: the proof is what happens, not how soon, and the machine may be busy."""
MARIADB = [
    "--bind-address=127.0.0.1",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--innodb-lock-wait-timeout=5",
    "--skip-log-bin",
    "--performance-schema=0",
    "--max-connections=400",
]


def need(*binaries: str) -> None:
    """Skips, and says so, where a server can't be started because it is not installed."""
    if missing := [b for b in binaries if shutil.which(b) is None]:
        pytest.skip(f"NOT PROVED HERE: {', '.join(missing)} not installed")


@dataclass
class Store:
    """A server process of the test's own, on a free port; only it is ever killed."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would."""
        self.signal(signal.SIGKILL)
        assert self.process
        self.process.wait(PATIENCE)

    def signal(self, which: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(which)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()

    @property
    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError


class MariaDB(Store):
    @property
    def command(self) -> list[str]:
        place = [f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 's'}", f"--port={self.port}"]
        return ["mariadbd", "--no-defaults", *_as_root(), *MARIADB, *place]

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except pymysql.OperationalError:
            return False
        return True

    def run(self, *statements: str) -> None:
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=2) as db:
            for statement in statements:
                db.cursor().execute(statement)

    def database(self, name: str) -> str:
        """A new, empty database; its URL."""
        self.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+aiomysql://root@127.0.0.1:{self.port}/{name}"


class Redis(Store):
    @property
    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        with redis.Redis(port=self.port) as client:
            client.flushall()


@contextmanager
def private_mariadb(folder: Path) -> Iterator[MariaDB]:
    need("mariadbd", "mariadb-install-db")
    folder.mkdir(parents=True, exist_ok=True)
    install = ["mariadb-install-db", "--no-defaults", *_as_root(), f"--datadir={folder / 'data'}"]
    options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    subprocess.run([*install, *options], check=True, capture_output=True, timeout=PATIENCE)
    with _running(MariaDB(folder)) as store:
        assert isinstance(store, MariaDB)
        yield store
    shutil.rmtree(folder / "data")


@contextmanager
def private_redis(folder: Path) -> Iterator[Redis]:
    need("redis-server")
    folder.mkdir(parents=True, exist_ok=True)
    with _running(Redis(folder)) as store:
        assert isinstance(store, Redis)
        yield store


@contextmanager
def _running(store: Store) -> Iterator[Store]:
    store.start()
    try:
        yield store
    finally:
        store.close()


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Waits for something that comes true by itself; says whether it did."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
