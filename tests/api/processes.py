"""Real server processes, on a data folder of a test's own and a free port of this machine."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import PREFIXES
from tests.worlds import ADA

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds; a busy machine is slow to start a server."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(PREFIXES)}
    return clean | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200", "NO_COLOR": "1"} | more


def domtok(*arguments: str, said: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """A command of the command line, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=ROOT,
        env=environment(**environ),
        input=said,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@dataclass
class Server:
    """`domtok serve --demo`, which can be stopped politely or killed, and started again."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_raised: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill()

    def start(self) -> "Server":
        """Waits until it is healthy."""
        with (self.data / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.mine,
                stdout=log,
                stderr=log,
                text=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self.healthy():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        return self

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "api.cli", *self.arguments]

    @property
    def arguments(self) -> list[str]:
        return ["serve", "--demo", "--data", str(self.data), "--port", str(self.port)]

    @property
    def mine(self) -> dict[str, str]:
        return environment(**self.environ)

    def log(self) -> str:
        return (self.data / "server.log").read_text()

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """As an operator would; the exit code."""
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    @contextmanager
    def client(self, **session: str) -> Iterator[httpx.Client]:
        """Signed in; as the demo shopper when nobody is named."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE) as http:
            tokens: dict[str, Any] = http.post("/v1/sessions", json=session or ADA).raise_for_status().json()
            http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            yield http
