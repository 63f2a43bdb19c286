"""The few formulas that runs are judged by, in the standard library.

pass^k        Yao et al. 2024, τ-bench, section 3: the chance that k trials of a case all pass, C(c, k) / C(n, k), averaged over cases
McNemar       McNemar 1947; the exact form is a two-sided binomial test of the flips, with p = 1/2
bootstrap     Efron & Tibshirani 1993, chapter 13: percentiles of the mean over resampled cases, both sides of a pair together
Wilson        Wilson 1927: an interval of a share that holds for few cases and near 0 and 1
"""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 10_000
Z_95 = 1.959963984540054


class Interval(NamedTuple):
    """Of 95 %."""

    low: float
    high: float


def pass_hat(passed: int, trials: int, k: int) -> float:
    """Of one case: the chance that k of its trials, drawn at random, have all passed."""
    return math.comb(passed, k) / math.comb(trials, k)


def mcnemar(better: int, worse: int) -> float:
    """How likely flips as uneven as these are, when nothing has changed. 1 without any flip."""
    flips, fewer = better + worse, min(better, worse)
    tail = sum(math.comb(flips, i) for i in range(fewer + 1))
    return min(1.0, 2 * tail / float(2**flips))


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval:
    """Of the mean of these, one a case. The same values and seed give the same interval."""
    if not values:
        return Interval(0.0, 0.0)
    if min(values) == max(values):
        return Interval(values[0], values[0])
    chance, n = random.Random(seed), len(values)  # noqa: S311 (drawing again is the point)
    means = sorted(math.fsum(chance.choices(values, k=n)) / n for _ in range(RESAMPLES))
    return Interval(means[round(0.025 * (RESAMPLES - 1))], means[round(0.975 * (RESAMPLES - 1))])


def wilson(passed: float, trials: int) -> Interval:
    """Of a share of `passed` in `trials`."""
    if not trials:
        return Interval(0.0, 1.0)
    share, z2 = passed / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = Z_95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed (nearest rank); 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
