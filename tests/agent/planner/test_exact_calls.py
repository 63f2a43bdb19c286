"""The floor under what the planner calls for what people say, in every fourth dialogue; `python -m evals.dialogues` plays all."""

import pytest

from evals.dialogues.report import accuracy, played, table

FLOORS = {False: 0.95, True: 0.84}
"""The least part of the utterances that lead to exactly the right calls, by whether they are kept for measuring."""


@pytest.mark.timeout(300)  # a hundred and more turns on fresh shops, also on a busy machine
@pytest.mark.parametrize("measured", [False, True], ids=["mending", "measured"])
async def test_the_planner_calls_exactly_what_is_meant(measured: bool) -> None:
    results = await played(measured=measured, every=4)
    assert len(results) >= 100
    assert accuracy(results) >= FLOORS[measured], table(results, "measured" if measured else "mending")
