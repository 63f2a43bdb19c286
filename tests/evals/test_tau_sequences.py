"""Random sequences of calls, of which many must fail: the foreign shop says and does what τ's own engine did."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.tau_retail.comparing import differences, same_text
from evals.tau_retail.data import due, sequences
from evals.tau_retail.replaying import Replied
from tests.evals.tau import Bench, bench_in, is_as_it_was

ODD = {"cancel_refunds_every_history_entry", "empty_item_list_accepted", "overlapping_old_and_new_ids"}
"""Where τ's engine is wrong, and how it goes on is no measure. Items that get another's price are judged by what is right."""
SOUND = 2420

EVERY = pytest.mark.parametrize("every", [3, pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(300)])])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as made:
        yield made


def sound() -> list[dict[str, Any]]:
    return [sequence for sequence in sequences() if not ODD & set(sequence["expected"].get("quirks", []))]


def agrees(asked: dict[str, Any], replied: Replied) -> bool:
    """Whether a call came to the same. How a sum is refused is the interpreter's word."""
    if replied.ok != asked["ok"]:
        return False
    if not asked["ok"]:
        return asked["name"] == "calculate" or replied.text == f"Error: {asked['error']}"
    result = asked.get("result", replied.text)
    return same_text(replied.text, result if isinstance(result, str) else json.dumps(result))


async def wrong_in(bench: Bench, chosen: Sequence[dict[str, Any]]) -> list[str]:
    wrong: list[str] = []
    for sequence in chosen:
        told, found = await bench.replay(sequence["calls"])
        pairs = zip(sequence["calls"], told, strict=True)
        said = [f"{asked['name']}: {replied}" for asked, replied in pairs if not agrees(asked, replied)]
        found_wrong = [*said, *differences(found, due(sequence["expected"]))]
        wrong += [f"{sequence['id']}: {what}" for what in found_wrong]
    return wrong


@EVERY
async def test_the_sequences_come_to_what_they_should(bench: Bench, every: int) -> None:
    known = sound()
    assert len(known) == SOUND
    assert await wrong_in(bench, known[::every]) == []
    assert await is_as_it_was(bench)
