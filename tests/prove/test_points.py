"""The list of fault points and the code agree, so that none is forgotten."""

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce import faults
from commerce.operation import Effect
from commerce.operations import CATALOG

COMMERCE = Path(faults.__file__).parent


def placed() -> Iterator[tuple[str, str | None]]:
    """Step and what it is of, of each call of `reached`; None where the code works that out."""
    for file in COMMERCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reached":
                step, of = node.args
                assert isinstance(step, ast.Constant), f"{file.name}: a step is a word"
                yield str(step.value), str(of.value) if isinstance(of, ast.Constant) else None


def test_every_point_of_the_code_is_on_the_list_and_the_other_way_round() -> None:
    named = {f"{of}.{step}" for step, of in placed() if of}
    steps = {step for step, of in placed() if of is None}
    assert named <= faults.POINTS.keys()
    assert steps <= faults.DOOR_STEPS.keys() | {point.partition(".")[2] for point in faults.POINTS}
    assert faults.DOOR_STEPS.keys() <= steps
    assert [p for p in faults.POINTS if p not in named and p.partition(".")[2] not in steps] == []


def test_there_are_many_points() -> None:
    commits = [o for o in CATALOG.values() if o.effect is Effect.COMMIT]
    assert len(faults.POINTS) >= 25
    assert len(faults.POINTS) + len(commits) * len(faults.DOOR_STEPS) >= 40


@pytest.mark.parametrize(
    "wanted", ["paying.nowhere:kill", "paying.opened", "paying.opened:stall", "paying.opened:hang"]
)
def test_an_unknown_fault_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match=faults.VARIABLE):
        faults.arm(wanted)
    assert faults.ARMED == {}


ARMED = """
import asyncio
from commerce import faults
faults.arm("paying.opened:kill")
async def main():
    await faults.reached("recorded", "paying")
    print("alive", flush=True)
    await faults.reached("opened", "paying")
    print("still alive", flush=True)
asyncio.run(main())
"""


def test_an_armed_point_kills_and_no_other_does() -> None:
    died = subprocess.run([sys.executable, "-c", ARMED], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL
    assert died.stdout == "alive\n"


async def test_a_disarmed_point_does_nothing() -> None:
    await faults.reached("opened", "paying")
