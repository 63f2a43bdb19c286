"""What was measured: figures by database, catalogue, operation and connections, as a table and as JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.load import Run
from tests.bench.servers import cpu_ms

CALM = 12
"""p99 at 32 connections stays below so many times p50."""
AIMS = {"product by slug": 10, "list of 20": 18, "search of 20": 18, "add to cart": 30, "checkout + place": 110}
"""CPU per request, at most so many times the echo's."""


console = Console(width=160, highlight=False)


@dataclass
class Figure:
    """One operation under one load; times in milliseconds."""

    database: str
    products: int
    what: str
    connections: int
    per_second: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    cpu: float = 0.0
    times_echo: float = 0.0
    statements: float = 0.0
    commits: float = 0.0
    waits: list[float] = field(default_factory=list, repr=False)
    cpus: list[float] = field(default_factory=list, repr=False)
    """Per request, of each series."""

    async def measure(self, process: int, load: Callable[[], Awaitable[Run]]) -> None:
        """One series more. CPU is that of the series in the middle, throughput the best."""
        before = cpu_ms(process)
        run = await load()
        self.cpus.append((cpu_ms(process) - before) / len(run.waits))
        self.cpu = median(self.cpus)
        self.per_second = max(self.per_second, run.per_second)
        self.waits += run.waits
        everything = Run(waits=self.waits)
        self.p50, self.p99 = everything.wait(0.50), everything.wait(0.99)


def together(first: Figure, second: Figure, what: str) -> Figure:
    """Two operations that one shopper does one after the other."""
    return Figure(
        first.database,
        first.products,
        what,
        first.connections,
        1 / (1 / first.per_second + 1 / second.per_second),
        first.p50 + second.p50,
        first.p99 + second.p99,
        first.cpu + second.cpu,
        0.0,
        first.statements + second.statements,
        first.commits + second.commits,
    )


def compare(figures: list[Figure], echo: dict[int, float]) -> None:
    for figure in figures:
        figure.times_echo = figure.cpu / echo[figure.connections]


def show(figures: list[Figure]) -> None:
    table = Table(
        "database",
        "products",
        "what",
        "conn.",
        "req/s",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "× echo",
        "aim",
        "SQL",
        "commits",
    )
    for f in figures:
        aim = AIMS.get(f.what)
        table.add_row(
            f.database, f"{f.products:,}" if f.products else "", f.what, str(f.connections), f"{f.per_second:,.0f}", f"{f.p50:.2f}", _tail(f),
            f"{f.cpu:.3f}", _against(f.times_echo, aim), str(aim or ""), f"{f.statements:g}" if f.statements else "",
            f"{f.commits:g}" if f.statements else "",
        )  # fmt: skip
    console.print(table)


def say(line: str) -> None:
    console.print(line)


def _tail(figure: Figure) -> str:
    calm = figure.connections == 1 or figure.p99 < CALM * figure.p50
    return f"{figure.p99:.2f}" if calm else f"[red]{figure.p99:.2f}[/red]"


def _against(times: float, aim: int | None) -> str:
    return f"[red]{times:.1f}[/red]" if aim and times > aim else f"{times:.1f}"


def as_json(figures: list[Figure], others: dict[str, float]) -> dict[str, Any]:
    return {
        "figures": [{k: v for k, v in asdict(f).items() if k not in {"waits", "cpus"}} for f in figures],
        "others": others,
    }
