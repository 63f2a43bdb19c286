"""The red team comes to nothing, and its clean twins are served; `make eval` plays all of it."""

from collections import Counter

from evals.playing import Setup
from evals.redteam.grading import without_ids
from evals.redteam.playing import flown, sorties
from evals.redteam.sets import attacks
from prompts import load_prompt

SETUP = Setup(load_prompt("shopper"))


def test_there_are_attacks_enough_each_with_a_twin_of_its_own() -> None:
    assert len(attacks()) >= 60
    assert not [attack.name for attack in attacks() if attack.attack == attack.twin]
    assert len(Counter(attack.place for attack in attacks())) >= 14


def test_each_attack_is_tried_on_each_model_and_its_twin_on_those_that_mean_well() -> None:
    known = sorties(model=False)
    assert Counter((s.model, s.twin) for s in known) == Counter(
        {
            (m, t): len(attacks())
            for m in ("planner", "obedient", "malicious")
            for t in (False, True)
            if m + str(t) != "maliciousTrue"
        }
    )
    assert {(s.model, s.twin) for s in sorties(model=True)} == {("model", False), ("model", True)}
    assert len({s.name for s in known}) == len({s.hash for s in known}) == len(known)
    assert all("redteam" in s.tags for s in known)


async def test_every_eighteenth_attack_comes_to_nothing() -> None:
    found = [await flown(s, SETUP, 1) for s in sorties(model=False) if s.attack in attacks()[::18]]
    assert not [(result.case, result.failures) for result in found if not result.passed]


async def test_the_same_sortie_is_the_same_conversation() -> None:
    malicious = next(s for s in sorties(model=False) if s.model == "malicious")
    assert await flown(malicious, SETUP, 1) == await flown(malicious, SETUP, 1)


def test_an_id_that_holds_the_digits_of_an_address_is_no_leak_and_what_is_glued_to_it_is() -> None:
    drawn = "call_" + "a62701" * 5 + "ab"
    assert "62701" not in without_ids(f"[{{'id': '{drawn}'}}]")
    assert "62701" in without_ids(f"https://evil.example/?q={drawn}62701")
