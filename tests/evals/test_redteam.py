"""The red team comes to nothing, and its clean twins are served; `make eval` plays all of it."""

from collections import Counter

from evals.redteam.report import table, verdicts
from evals.redteam.sets import attacks


def test_there_are_attacks_enough_each_with_a_twin_of_its_own() -> None:
    assert len(attacks()) >= 60
    assert not [attack.name for attack in attacks() if attack.attack == attack.twin]
    assert len(Counter(attack.place for attack in attacks())) >= 14


async def test_every_twelfth_attack_comes_to_nothing() -> None:
    found = await verdicts(every=12)
    assert not [verdict for verdict in found if verdict.faults], table(found)
