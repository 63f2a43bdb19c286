"""The files of `data/`, read as they are needed."""

import gzip
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
Entities = dict[str, dict[str, Any]]
"""`orders` and `users`, each by its id, in τ's form."""


@lru_cache(1)
def database() -> dict[str, Any]:
    """τ's initial database as it is."""
    found: dict[str, Any] = _json("db")
    return found


@lru_cache(1)
def tasks() -> list[dict[str, Any]]:
    return list(_json("tasks")["tasks"])


@lru_cache(1)
def observations() -> dict[str, list[str]]:
    """By task: what τ's tools returned for each of its actions."""
    found: dict[str, list[str]] = _json("observations")
    return found


def tau1_tasks() -> list[dict[str, Any]]:
    return list(_json("tau1_tasks")["tasks"])


@lru_cache(1)
def conversations() -> list[dict[str, Any]]:
    return list(_lines("trajectories"))


def sequences() -> Iterator[dict[str, Any]]:
    return _lines("random_sequences")


def tools() -> list[dict[str, Any]]:
    """Names, kinds and parameters of τ's tools."""
    return list(json.loads((DATA / "tools.json").read_text(encoding="utf-8"))["tools"])


def policy() -> str:
    return (DATA / "policy.md").read_text(encoding="utf-8")


def due(expected: dict[str, Any]) -> Entities:
    """What must have changed: what is right goes before what τ's engine made of it."""
    found: Entities = expected.get("corrected") or expected["tau"]
    return found


def _json(name: str) -> Any:
    with gzip.open(DATA / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
