"""Fresh worlds: the same in every process."""

import sqlite3
from pathlib import Path

import pytest

from evals import world
from evals.world import HandClock, fresh_world

IDS = "SELECT id FROM payment_method UNION SELECT id FROM address UNION SELECT id FROM account ORDER BY 1"


async def ids_in_a_new_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    workshop = folder / "workshop"
    workshop.mkdir(parents=True)
    monkeypatch.setattr(world, "_workshop", lambda: workshop)
    await (await fresh_world(folder / "shop", HandClock())).close()
    with sqlite3.connect(folder / "shop" / "domtok.sqlite") as file:
        found = [row[0] for row in file.execute(IDS)]
    file.close()
    return found


async def test_every_process_makes_the_same_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await ids_in_a_new_process(tmp_path / "one", monkeypatch)
    assert len(first) > 5
    assert await ids_in_a_new_process(tmp_path / "two", monkeypatch) == first
