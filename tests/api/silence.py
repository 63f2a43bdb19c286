"""A model's server that takes connections and never says a word."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def silence() -> Iterator[dict[str, str]]:
    """The settings of an agent whose model thinks for ever."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        yield {"AGENT_MODEL": "m", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test"}


def silent_agent(told: dict[str, str]) -> dict[str, Any]:
    """The same for an application inside the test."""
    return {"model": told["AGENT_MODEL"]} | {k: v for k, v in told.items() if k.startswith("OPENAI_")}
