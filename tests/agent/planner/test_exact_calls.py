"""The floor under what the planner calls for what people say; `python -m evals.dialogues` prints the whole."""

import pytest

from evals.dialogues.report import accuracy, played, table

FLOORS = {False: 0.95, True: 0.9}
"""The least part of the utterances that lead to exactly the right calls, by whether they are kept for measuring."""


@pytest.mark.timeout(300)  # hundreds of turns on fresh shops, also on a busy machine
@pytest.mark.parametrize("measured", [False, True], ids=["mending", "measured"])
async def test_the_planner_calls_exactly_what_is_meant(measured: bool) -> None:
    results = await played(measured=measured)
    assert len(results) >= 200
    assert accuracy(results) >= FLOORS[measured], table(results, "measured" if measured else "mending")
