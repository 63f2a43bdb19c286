"""Random shoppers, merchants, workers, clock jumps and power cuts against a small model of the shop; audit after every step."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.prove.machine import Shopping
from tests.prove.report import Claim

FOUND = [Phase.explicit, Phase.generate, Phase.shrink]


def test_the_shop_agrees_with_its_model(claim: Claim) -> None:
    agree(20261124, 8, 20, claim)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(1, 7))
def test_the_shop_agrees_with_its_model_for_long(number: int, claim: Claim) -> None:
    agree(number, 60, 50, claim)


def agree(number: int, examples: int, steps: int, claim: Claim) -> None:
    class Counted(Shopping):
        pass

    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=FOUND,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    seed(number)(get_state_machine_test(Counted, settings=profile))()
    claim(
        did=f"{examples} random lives of a shop, of up to {steps} steps",
        seen=f"shop and model agreed after each of {Counted.steps_taken} steps, {Counted.power_cuts} of them cut by a power cut; audit clean",
        times=Counted.steps_taken,
        seed=number,
    )
