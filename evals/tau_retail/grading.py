"""τ's verdict without a model: what has changed in the shop is what should have (DB), and what must be told was told (COMMUNICATE)."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..results import Failure
from .comparing import differences
from .data import Entities, due


def faults(task: dict[str, Any], found: Entities, told: Iterable[str]) -> Iterator[Failure]:
    """`found`: every entity that has changed; `told`: the agent's messages."""
    for wrong in differences(found, due(task["expected"])):
        yield Failure(blame="agent", kind="db", detail=wrong)
    for info in untold(task, told):
        yield Failure(blame="agent", kind="communicate", detail=f"{info} was not told")


def untold(task: dict[str, Any], told: Iterable[str]) -> list[str]:
    messages = [message.lower().replace(",", "") for message in told]
    return [info for info in task["communicate_info"] if not any(info.lower() in message for message in messages)]
