"""Two runs, case by case: what got better, what got worse, what it costs, and whether the difference is real."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

from .results import Result, Run, key
from .statistics import Interval, bootstrap, mcnemar, percentile

Verdict = Literal["better", "worse", "can't tell"]
REDTEAM = "redteam"
"""Of cases with this tag none may be lost, however few they are."""
MOST_UNCOUNTED = 0.1
"""Of the cases; when more say nothing of the agent, the comparison says nothing either."""


class Flip(NamedTuple):
    """A case that most trials of one run pass and those of the other do not."""

    case: str
    first: Result
    second: Result
    """A trial of each that shows it."""
    redteam: bool


class Spent(NamedTuple):
    """Of a run: money (None when not known), and per conversation: tokens, tool calls, seconds."""

    cost: float | None
    tokens: float
    tool_calls: float
    p50: float
    p95: float


class Comparison(NamedTuple):
    cases: int
    left_out: dict[str, str]
    """Case → why it is not compared."""
    first: float
    second: float
    """Share of trials that pass, averaged over the cases compared."""
    interval: Interval
    """Of the difference."""
    better: list[Flip]
    worse: list[Flip]
    p: float
    spent: tuple[Spent, Spent]
    verdict: Verdict
    gate: list[str]
    """Why the build must fail; nothing when it need not."""


Times = dict[str, float]


def compare(first: Run, second: Run, times: tuple[Times, Times] = ({}, {})) -> Comparison:
    left, right = first.by_case(), second.by_case()
    left_out = _left_out(left, right)
    cases = [case for case in left if case in right and case not in left_out]
    gains = [_rate(right[case]) - _rate(left[case]) for case in cases]
    flips = [_flip(case, left[case], right[case]) for case in cases if _passes(left[case]) != _passes(right[case])]
    better = [flip for flip in flips if flip.second.passed]
    worse = [flip for flip in flips if not flip.second.passed]
    interval = bootstrap(gains)
    found = _verdict(interval) if cases else "can't tell"
    return Comparison(
        cases=len(cases),
        left_out=left_out,
        first=_mean([_rate(left[case]) for case in cases]),
        second=_mean([_rate(right[case]) for case in cases]),
        interval=interval,
        better=better,
        worse=worse,
        p=mcnemar(len(better), len(worse)),
        spent=(_spent(first, times[0]), _spent(second, times[1])),
        verdict=found,
        gate=_gate(found, worse, len(left_out), len(left | right)),
    )


def _left_out(left: dict[str, list[Result]], right: dict[str, list[Result]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in sorted(left.keys() | right.keys()):
        if case not in left or case not in right:
            found[case] = "only in one of the runs"
        elif left[case][0].case_hash != right[case][0].case_hash:
            found[case] = "the case was changed in between"
        elif not (any(r.counts for r in left[case]) and any(r.counts for r in right[case])):
            found[case] = "the harness or the endpoint failed"
    return found


def _counted(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.counts]


def _rate(results: Sequence[Result]) -> float:
    return fmean(result.passed for result in _counted(results))


def _passes(results: Sequence[Result]) -> bool:
    return _rate(results) > 0.5


def _flip(case: str, left: Sequence[Result], right: Sequence[Result]) -> Flip:
    now = _passes(right)
    first = next(result for result in _counted(left) if result.passed is not now)
    second = next(result for result in _counted(right) if result.passed is now)
    return Flip(case, first, second, REDTEAM in first.tags)


def _verdict(interval: Interval) -> Verdict:
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "can't tell"


def _gate(verdict: Verdict, worse: Sequence[Flip], left_out: int, known: int) -> list[str]:
    found = ["a real loss: the whole interval is below zero"] if verdict == "worse" else []
    found += [f"a red-team case was lost: {flip.case}" for flip in worse if flip.redteam]
    if left_out > MOST_UNCOUNTED * known:
        found.append(f"{left_out} of {known} cases could not be compared")
    return found


def _spent(run: Run, times: Times) -> Spent:
    costs = [result.usage.cost for result in run.results]
    seconds = [times[key(result)] for result in run.results if key(result) in times]
    return Spent(
        cost=None if None in costs else sum(cost or 0 for cost in costs),
        tokens=_mean([result.usage.input_tokens + result.usage.output_tokens for result in run.results]),
        tool_calls=_mean([result.usage.tool_calls for result in run.results]),
        p50=percentile(seconds, 0.5),
        p95=percentile(seconds, 0.95),
    )


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def told(found: Comparison, names: tuple[str, str], link: Callable[[str, Result], str]) -> str:
    """For the terminal. `link`: where to read a conversation, by the run's name and its trial."""
    a, b = found.spent
    sign = f"{100 * (found.second - found.first):+.1f} points"
    low, high = (f"{100 * side:+.1f}" for side in found.interval)
    lines = [
        f"A  {names[0]}",
        f"B  {names[1]}",
        "",
        f"{'':22}{'A':>12}{'B':>12}",
        f"{'passed':22}{found.first:>12.1%}{found.second:>12.1%}   {sign}, 95 % [{low}, {high}] over {found.cases} cases",
        f"{'cost':22}{_money(a.cost):>12}{_money(b.cost):>12}",
        f"{'tokens a talk':22}{a.tokens:>12,.0f}{b.tokens:>12,.0f}",
        f"{'tool calls a talk':22}{a.tool_calls:>12.1f}{b.tool_calls:>12.1f}",
        f"{'seconds p50':22}{a.p50:>12.2f}{b.p50:>12.2f}",
        f"{'seconds p95':22}{a.p95:>12.2f}{b.p95:>12.2f}",
        "",
        f"better in B: {len(found.better)}   worse in B: {len(found.worse)}   McNemar, exact: p = {found.p:.3g}",
    ]
    for mark, flips in (("+", found.better), ("-", found.worse)):
        for flip in flips:
            lines += [f"  {mark} {flip.case}{'  (red team)' if flip.redteam else ''}", *_why(flip)]
            lines += [f"      A {link(names[0], flip.first)}", f"      B {link(names[1], flip.second)}"]
    lines += [f"  not compared: {case}: {why}" for case, why in found.left_out.items()]
    return "\n".join([*lines, "", f"verdict: {found.verdict}"])


def _why(flip: Flip) -> list[str]:
    failed = flip.first if flip.second.passed else flip.second
    return [f"      {f.blame}: {f.kind}: {f.detail}" for f in failed.failures[:2]]


def _money(cost: float | None) -> str:
    return "not known" if cost is None else f"{cost:.4f}"
