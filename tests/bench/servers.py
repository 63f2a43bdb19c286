"""The servers that are measured, each a process of its own, and what they spend."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.api.processes import ROOT, Server, environment, free_port
from tests.conftest import MYSQL, _administer

ECHO = """
import json
import uvicorn

async def echo(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    answer = json.dumps(json.loads(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})

uvicorn.run(echo, port=%d, log_config=None, access_log=False, lifespan="off")
"""


def cpu_ms(process: int) -> float:
    """Of all its threads that live, to the nanosecond: ticks of the clock miss what sleeps between them."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


@contextmanager
def echo_server() -> Iterator[tuple[int, int]]:
    """A bare ASGI application that gives JSON back; its port and its process."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", ECHO % port], cwd=ROOT, env=environment())
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def shop_server(folder: Path, database_url: str, **environ: str) -> Server:
    """`domtok serve` as it comes: one worker, telemetry off."""
    return Server(folder, {"SHOP_DATABASE_URL": database_url, "SHOP_SECRET": SECRET, **environ})


SECRET = "a secret that only the benchmark knows, of forty and more"


@contextmanager
def fresh_database(kind: str, suffix: str = "") -> Iterator[str]:
    """Its address; empty for SQLite."""
    if kind == "SQLite":
        yield ""
        return
    name = f"domtok_bench_{os.getpid()}{suffix}"
    _administer(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield f"{MYSQL}/{name}"
    finally:
        _administer(f"DROP DATABASE {name}")


def databases() -> list[str]:
    return ["SQLite", *(["MariaDB"] if MYSQL else [])]
