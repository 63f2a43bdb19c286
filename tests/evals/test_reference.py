"""A conversation is compared with operations that would have done what the shopper wants."""

from pathlib import Path

import pytest

from evals.grading import graded
from evals.playing import Setup, play
from evals.reference import ReferenceWrong
from evals.results import Failure
from evals.schema import read_cases
from prompts import load_prompt

BUYING = """
suite: s
about: a
cases:
  - case: c
    tags: [t]
    world: {{cart: {{MUG-BLU-350: 1}}}}
    shopper: {{wants: w, says: ["{said}"], answers: [{{to: place_order, answer: approve}}]}}
    same_as: {same_as}
"""
BOUGHT = """
      - {do: create_checkout, with: {payment_method: $payment_method2}}
      - {do: update_checkout, with: {checkout: $checkout, payment_method: $payment_method1}}
      - {do: place_order, with: {checkout: $checkout}}"""


async def failures(folder: Path, said: str, same_as: str) -> list[Failure]:
    (folder / "s.yaml").write_text(BUYING.format(said=said, same_as=same_as), encoding="utf-8")
    (filed,) = read_cases(folder=folder)
    played = await play(filed.case, Setup(load_prompt("shopper")))
    return graded(filed, played, 1, model=False).failures


async def test_any_way_to_the_same_end_is_right(tmp_path: Path) -> None:
    assert await failures(tmp_path, "Buy everything in my cart", BOUGHT) == []
    assert await failures(tmp_path, "What's in my cart?", "[]") == []


async def test_what_is_other_at_the_end_is_told(tmp_path: Path) -> None:
    two = "\n      - {do: add_to_cart, with: {sku: MUG-BLU-350}}" + BOUGHT
    found = await failures(tmp_path, "Buy everything in my cart", two)
    assert {failure.kind for failure in found} == {"state"}
    told = "\n".join(failure.detail for failure in found)
    assert "order_line: there is quantity 1, not 2" in told
    assert "stock: there is on_hand" in told
    nothing = await failures(tmp_path, "What's in my cart?", BOUGHT)
    assert any(failure.detail.startswith("orders: there is no {") for failure in nothing)


async def test_a_reference_that_can_not_be_done_is_the_cases_fault(tmp_path: Path) -> None:
    with pytest.raises(ReferenceWrong, match="same_as: remove_from_cart"):
        await failures(tmp_path, "hello", "[{do: remove_from_cart, with: {sku: MUG-RED-350}}]")
