"""The formulas, against values worked out by hand or printed elsewhere."""

import pytest

from evals.statistics import bootstrap, mcnemar, pass_hat, percentile, wilson


def test_all_of_k_trials_pass_as_often_as_they_are_drawn() -> None:
    assert [pass_hat(3, 4, k) for k in (1, 2, 3, 4)] == [0.75, 0.5, 0.25, 0]
    assert pass_hat(4, 4, 4) == 1


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1), (1, 0, 1), (0, 5, 0.0625), (0, 6, 0.03125), (1, 7, 0.0703125), (4, 4, 1)],
)
def test_mcnemar_is_the_two_sided_binomial_test(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == mcnemar(worse, better) == pytest.approx(p)


def test_a_bootstrap_repeats_itself_and_holds_the_mean() -> None:
    values = [1.0] * 30 + [0.0] * 70
    low, high = bootstrap(values)
    assert (low, high) == bootstrap(values)
    assert 0.18 < low < 0.26 < 0.3 < 0.34 < high < 0.42  # 0.3 ± 1.96 √(0.21 / 100)


def test_a_few_flips_the_same_way_are_no_proof() -> None:
    assert bootstrap([-1.0] + [0.0] * 59).high == 0
    assert bootstrap([-1.0] * 12 + [0.0] * 48).high < 0


def test_intervals_of_nothing_and_of_the_same() -> None:
    assert bootstrap([]) == (0, 0)
    assert bootstrap([1.0, 1.0]) == (1, 1)
    assert wilson(0, 0) == (0, 1)


def test_wilson_stays_within_bounds() -> None:
    assert list(wilson(0, 10)) == [0, pytest.approx(0.2775, abs=1e-4)]
    assert list(wilson(8, 10)) == pytest.approx([0.4902, 0.9433], abs=1e-4)


def test_percentiles_are_values_that_there_were() -> None:
    assert percentile([3, 1, 2, 4], 0.5) == 2
    assert percentile([3, 1, 2, 4], 0.95) == 4
    assert percentile([], 0.5) == 0
