"""Recorded conversations of an agent that is not ours, good and bad: the shop answers each call as τ's did, and the grader says of
each conversation what τ says."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evals.tau_retail.comparing import differences, same_text
from evals.tau_retail.data import conversations, due, tasks
from evals.tau_retail.grading import faults, untold
from evals.tau_retail.recorded import calls_of, told_by
from evals.tau_retail.world import STAFF, signed_in
from tests.evals.tau import WHO_CALLS, Bench, bench_in, is_as_it_was

TASKS = {task["id"]: task for task in tasks()}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as made:
        yield made


@WHO_CALLS
async def test_every_call_is_answered_and_every_conversation_judged_as_by_tau(bench: Bench, gate: bool) -> None:
    verdicts: Counter[bool] = Counter()
    for held in conversations():
        caller = await signed_in(bench.shop, held["user_id"]) if gate else STAFF
        calls, task = calls_of(held), TASKS[held["task_id"]]
        told, found = await bench.replay(calls, caller)
        pairs = zip(calls, told, strict=True)
        assert [(c, r) for c, r in pairs if r.ok != c["ok"] or not same_text(r.text, c["result"])] == [], held["id"]
        assert differences(found, due(held["final"])) == [], held["id"]
        kinds = {fault.kind for fault in faults(task, found, told_by(held))}
        assert ("db" not in kinds, "communicate" not in kinds) == (
            held["now"]["db_match"],
            held["now"]["communicate_ok"],
        ), held["id"]
        verdicts[not kinds] += 1
    assert verdicts == {True: 63, False: 11}
    assert await is_as_it_was(bench)


def test_what_must_be_told_is_looked_for_in_each_message_without_its_commas() -> None:
    task = {"communicate_info": ["1234.5", "10 Tops"]}
    assert untold(task, ["It costs $1,234.50.", "There are 10 tops."]) == []
    assert untold(task, ["It costs $1234.", "5 of them; 10", "tops"]) == ["1234.5", "10 Tops"]


async def test_silence_is_judged_by_what_should_have_been_done_and_told(bench: Bench) -> None:
    """An agent that does and says nothing is right where nothing was to be done, and nowhere else."""
    _, found = await bench.replay([])
    passed = {task["id"] for task in tasks() if not [*faults(task, found, [])]}
    still = {task["id"] for task in tasks() if task["state_unchanged"] and not task["communicate_info"]}
    assert passed == still
    assert 0 < len(passed) < 8
