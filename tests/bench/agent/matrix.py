"""Everything that is measured of the agent, one after another."""

from typing import Any

from .rivals import model, rivals, service
from .streams import Crowd
from .streams import measure as measure_crowd
from .tables import as_json, show, show_crowds
from .turns import Cost
from .turns import measure as measure_turns
from .weight import measure as weigh
from .weight import stored

CROWDS = (1, 32, 256)
KEPT = 40
"""Turns of the conversation whose bytes are counted."""


async def measure(databases: list[str], others: dict[str, float], *, quick: bool) -> dict[str, Any]:
    lengths, rounds = ((1, 20), 4) if quick else ((1, 20, 200), 7)
    costs: list[Cost] = []
    crowds: list[Crowd] = []
    with model() as url:
        for database in databases:
            async with rivals(database, url) as competing:
                costs += await measure_turns(database, competing, lengths, rounds)
                if database == "SQLite":
                    others |= await stored(competing, KEPT)
            async with service(database, url) as ours:
                crowds += [await measure_crowd(database, ours, streams) for streams in CROWDS]
        others |= await weigh(url)
    show(costs)
    show_crowds(crowds)
    return as_json(costs, crowds)
