"""The foreign shop does what τ's own engine did, where that is right: imported, replayed and exported again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from evals.tau_retail.comparing import changed, differences, exported, plain, same_text
from evals.tau_retail.data import database, due, observations, tasks, tau1_tasks
from evals.tau_retail.world import STAFF, put_back, signed_in
from tests.evals.tau import WHO_CALLS, Bench, bench_in, is_as_it_was


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as made:
        yield made


async def wrong_in(bench: Bench, task: dict[str, Any], gate: bool) -> list[str]:
    """Of each action whether it succeeds, and what has changed in the end. `gate`: the task's own user calls, not staff."""
    caller = await signed_in(bench.shop, task["user_id"]) if gate else STAFF
    told, found = await bench.replay(task["actions"], caller)
    pairs = zip(task["actions"], told, strict=True)
    said = [f"{a['name']}: {r}" for a, r in pairs if r.ok != a["ok"] or (a.get("error") or r.text) != r.text]
    return [f"{task['id']}: {wrong}" for wrong in [*said, *differences(found, due(task["expected"]))]]


async def test_what_was_imported_comes_out_again_as_it_was(bench: Bench) -> None:
    found, first = await exported(bench.shop.database), database()
    assert (len(found["orders"]), len(found["users"])) == (1000, 500)
    assert found["orders"] == plain(first["orders"])
    assert found["users"] == plain(first["users"])


async def test_a_change_is_seen_whoever_makes_it(bench: Bench) -> None:
    async with bench.shop.database.write() as db:
        await db.execute(text("UPDATE tau_payment SET amount = amount + 1 WHERE order_id = '#W2378156'"))
        await db.execute(text("UPDATE tau_variant SET available = 1 - available WHERE item_id = '9612497925'"))
        await db.execute(text("UPDATE tau_user SET zip = zip"))
    assert differences(await changed(bench.shop.database), {}) == [
        "order #W2378156: changed and should not have",
        "product 9523456873: changed and should not have",
    ]
    await put_back(bench.shop)
    assert await changed(bench.shop.database) == {"orders": {}, "users": {}}
    assert await is_as_it_was(bench)


@WHO_CALLS
async def test_the_actions_of_every_task_do_what_they_should(bench: Bench, gate: bool) -> None:
    assert [wrong for task in tasks() for wrong in await wrong_in(bench, task, gate)] == []
    assert (len(tasks()), await is_as_it_was(bench)) == (74, True)


async def test_an_agent_reads_of_every_action_what_it_would_read_of_tau(bench: Bench) -> None:
    for task in tasks():
        told, _ = await bench.replay(task["actions"])
        seen = zip(told, observations()[task["id"]], strict=True)
        assert [(task["id"], ours.text, theirs) for ours, theirs in seen if not same_text(ours.text, theirs)] == []


@WHO_CALLS
async def test_every_task_of_the_first_tau_does_what_it_should(bench: Bench, gate: bool) -> None:
    known = tau1_tasks()
    assert [wrong for task in known for wrong in await wrong_in(bench, task, gate)] == []
    assert (len(known), await is_as_it_was(bench)) == (520, True)
