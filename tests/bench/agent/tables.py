"""The figures of the agent as tables, with what is aimed at, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from tests.bench.figures import console

from .rivals import GRAPH, GRAPH_OURS, OURS, PLAIN
from .streams import Crowd
from .turns import CALLS_OF, Cost

OF_HAND, OF_GRAPH, FIRST = 3.0, 0.6, 5.0
"""A turn of three calls: at most so many times the CPU of the loop written by hand, and of the graph; and milliseconds until the first event."""


def show(costs: Sequence[Cost]) -> None:
    """One line for each kind of turn; CPU of each rival, and how ours compares."""
    heads = ("database", "length", "turn", "", "CPU ms", "by hand", "graph", "graph*", "× hand", "× graph", "× graph*")
    table = Table(*heads, "first ms", "whole ms", title="a turn (* with our client of models)")
    lines: dict[tuple[Any, ...], dict[str, Cost]] = {}
    for cost in costs:
        lines.setdefault((cost.database, cost.length, cost.kind), {})[cost.rival] = cost
    for (database, length, kind), by in lines.items():
        ours, hand, graph, graph_ours = (by[name] for name in (OURS, PLAIN, GRAPH, GRAPH_OURS))
        aimed = CALLS_OF[kind.said] > 0
        table.add_row(
            database, str(length), kind.said, "streamed" if kind.streamed else "JSON",
            *(f"{cost.cpu:.1f}" for cost in (ours, hand, graph, graph_ours)),
            _ratio(ours.cpu / hand.cpu, OF_HAND if aimed else 0), _ratio(ours.cpu / graph.cpu, OF_GRAPH if aimed else 0),
            _ratio(ours.cpu / graph_ours.cpu, OF_GRAPH if aimed else 0),
            _ratio(ours.first, FIRST if kind.streamed else 0), f"{ours.whole:.0f}",
        )  # fmt: skip
    console.print(table)


def show_crowds(crowds: Sequence[Crowd]) -> None:
    table = Table("database", "streams", "turns/s", "first ms", "slowest first", "whole ms", "CPU ms", "events lost")
    for c in crowds:
        figures = (c.per_second, c.first, c.slowest_first, c.whole, c.cpu)
        table.add_row(c.database, str(c.streams), *(f"{figure:,.1f}" for figure in figures), _ratio(c.lost, 0.5))
    console.print(table)


def _ratio(value: float, aim: float) -> str:
    return f"[red]{value:.2f}[/red]" if aim and value > aim else f"{value:.2f}"


def as_json(costs: Sequence[Cost], crowds: Sequence[Crowd]) -> dict[str, Any]:
    turns = [
        {"database": c.database, "rival": c.rival, "length": c.length, "said": c.kind.said, "streamed": c.kind.streamed}
        | {"cpu": c.cpu, "first": c.first, "whole": c.whole}
        for c in costs
    ]
    return {"turns": turns, "crowds": [asdict(crowd) for crowd in crowds]}
