"""A run as one page that opens from disk: shares with intervals, failures by blame and kind, and their conversations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .results import Result, Run, key
from .statistics import Interval, bootstrap, pass_hat, percentile, wilson

JINJA = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
BARS = 12


class Share(NamedTuple):
    """Of a suite or a tag: pass^1 … pass^k, each with its interval."""

    name: str
    cases: int
    passes: list[tuple[float, Interval]]


class Group(NamedTuple):
    blame: str
    kind: str
    results: list[Result]


class Point(NamedTuple):
    """A run where cost meets quality; places in percent of the drawing, from the left and from the top."""

    name: str
    here: bool
    x: float
    y: float
    low: float
    high: float
    cost: float
    share: float


class Bar(NamedTuple):
    """How many conversations took so long; `height` in percent of the highest."""

    up_to: float
    many: int
    height: float


def page(run: Run, times: dict[str, float], others: Sequence[tuple[str, Run]] = ()) -> str:
    """`others`: runs to draw beside it where cost meets quality, by the names to call them."""
    results = [result for result in run.results if result.counts]
    seconds = [times[key(result)] for result in run.results if key(result) in times]
    costs = [result.usage.cost for result in run.results]
    facts: dict[str, Any] = {
        "run": run,
        "anchor": anchor,
        "total": share("all cases", results),
        "suites": shares(results, lambda result: [result.suite]),
        "tags": shares(results, lambda result: result.tags),
        "groups": groups(run.results),
        "passed": [result for result in run.results if result.passed],
        "uncounted": len(run.results) - len(results),
        "cost": None if None in costs else sum(cost or 0 for cost in costs),
        "tokens": sum(result.usage.input_tokens + result.usage.output_tokens for result in run.results),
        "calls": sum(result.usage.tool_calls for result in run.results),
        "p50": percentile(seconds, 0.5),
        "p95": percentile(seconds, 0.95),
        "bars": bars(seconds),
        "points": points([("this run", run), *others]),
    }
    return JINJA.get_template("report.html.j2").render(facts)


def anchor(result: Result) -> str:
    return key(result).replace("/", "-").replace("#", "-")


def shares(results: Sequence[Result], names: Any) -> list[Share]:
    by_name: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        for name in names(result):
            by_name[name].append(result)
    return [share(name, found) for name, found in sorted(by_name.items())]


def share(name: str, results: Sequence[Result]) -> Share:
    """k goes as far as every case was tried."""
    by_case: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        by_case[result.case].append(result.passed)
    most = min((len(trials) for trials in by_case.values()), default=0)
    return Share(name, len(by_case), [_pass_k(list(by_case.values()), k) for k in range(1, most + 1)])


def _pass_k(cases: Sequence[Sequence[bool]], k: int) -> tuple[float, Interval]:
    """One trial a case is a plain share; of several, whole cases are drawn again."""
    values = [pass_hat(sum(trials), len(trials), k) for trials in cases]
    single = all(value in (0, 1) for value in values)
    return fmean(values), wilson(sum(values), len(values)) if single else bootstrap(values)


def groups(results: Iterable[Result]) -> list[Group]:
    """The failures, the most frequent first; a conversation stands under its first failure."""
    found: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        if result.failures:
            found[result.failures[0].blame, result.failures[0].kind].append(result)
    ordered = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [Group(blame, kind, members) for (blame, kind), members in ordered]


def points(runs: Sequence[tuple[str, Run]]) -> list[Point]:
    """By what a conversation costs; runs of which that is not known are left out."""
    told = [(name, run, cost) for name, run in runs if (cost := _cost_of_one(run)) is not None]
    most = max((cost for _, _, cost in told), default=0) or 1.0
    found = []
    for name, run, cost in told:
        passes = share(name, [result for result in run.results if result.counts]).passes
        if passes:
            value, span = passes[0]
            low, high = 100 * (1 - span.low), 100 * (1 - span.high)
            found.append(Point(name, run is runs[0][1], 100 * cost / most, 100 * (1 - value), low, high, cost, value))
    return found


def _cost_of_one(run: Run) -> float | None:
    costs = [result.usage.cost for result in run.results]
    return fmean(cost or 0 for cost in costs) if costs and None not in costs else None


def bars(seconds: Sequence[float]) -> list[Bar]:
    if not seconds:
        return []
    width = max(max(seconds) / BARS, 0.01)
    counts = [0] * BARS
    for value in seconds:
        counts[min(BARS - 1, int(value / width))] += 1
    return [Bar((at + 1) * width, count, 100 * count / max(counts)) for at, count in enumerate(counts)]
