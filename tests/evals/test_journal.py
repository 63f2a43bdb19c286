"""A run goes on where it was broken off, stops before its budget, and is played again from what its model answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model
from typer.testing import CliRunner

from evals import suites
from evals.asking import NoPrice
from evals.budget import Budget
from evals.command import app
from evals.harness import SPENT, Order, run
from evals.journal import CALLS, TRIALS, OtherRun, read_calls, trials_begun
from evals.playing import Played, Setup
from evals.results import key
from evals.schema import Case, read_cases
from prompts import load_prompt

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]
CASES = ["finding/is-it-in-stock", "finding/what-nobody-sells", "scope/what-is-the-price"]


class Counted:
    """A model that looks once and answers, and how often it was asked."""

    def __init__(self, *, fails: bool = False, tokens: int = 1000) -> None:
        self.asked, self.fails, self.tokens = 0, fails, tokens

    @property
    def model(self) -> Model:
        return get_model("mockllm/gpt-4o-mini", custom_outputs=self.answer, memoize=False)

    def answer(self, messages: list[Any], *_: Any) -> ModelOutput:
        self.asked += 1
        if self.fails and self.asked % 2:
            raise RuntimeError("the line is dead")
        if messages[-1].role == "tool":
            output = ModelOutput.from_content("mockllm", f"There are 24 of them, said {self.asked} times.")
        else:
            output = ModelOutput.for_tool_call("mockllm", "search_products", {"query": "red enamel mug"})
        output.usage = ModelUsage(input_tokens=self.tokens, output_tokens=10, total_tokens=self.tokens + 10)
        return output


def order(model: Any, **facts: Any) -> Order:
    return Order(read_cases(CASES), load_prompt("shopper"), model, **{"display": "none", "parallel": 1, **facts})


def broken_off(folder: Path, after: int, torn: str = "") -> None:
    """As a process that was killed leaves it: some trials, perhaps half a line, and all the calls."""
    whole = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    lines = [{"about": whole["about"]}, *({"result": r, "seconds": 1.0} for r in whole["results"][:after])]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / TRIALS).write_text(text + torn, encoding="utf-8")
    (folder / "run.json").unlink()


def test_a_run_that_was_broken_off_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    first, again = Counted(), Counted()
    run(order("planner", trials=2), tmp_path)
    whole = (tmp_path / "run.json").read_bytes()
    broken_off(tmp_path, 4, torn='{"result": {"case": "fin')
    assert trials_begun(tmp_path) == 4
    run(order("planner", trials=2), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == whole
    assert not (tmp_path / TRIALS).exists()

    asked = tmp_path / "asked"
    found = run(order(first.model), asked)
    calls = (asked / CALLS).read_text(encoding="utf-8").splitlines()
    broken_off(asked, 2)
    more = run(order(again.model), asked)
    assert (first.asked, again.asked) == (6, 2)
    assert [key(result) for result in more.results] == [key(result) for result in found.results]
    assert len(calls) == len((asked / CALLS).read_text(encoding="utf-8").splitlines()) == 6


def test_what_was_broken_off_is_not_mixed_with_another_run(tmp_path: Path) -> None:
    run(order("planner"), tmp_path)
    broken_off(tmp_path, 1)
    with pytest.raises(OtherRun, match="another seed, trials: --anew"):
        run(order("planner", seed=1, trials=2), tmp_path)
    assert len(run(order("planner", seed=1), tmp_path, anew=True).results) == 3


def test_a_run_is_played_again_from_what_its_model_answered(tmp_path: Path) -> None:
    model = Counted(fails=True)
    run(order(model.model, parallel=2), tmp_path / "asked")
    assert {bool(call.failed) for call in read_calls(tmp_path / "asked")} == {True, False}
    asked = model.asked
    told = CliRunner().invoke(
        app, ["run", "--replay", str(tmp_path / "asked"), "--out", str(tmp_path / "again"), "--quiet"]
    )
    assert told.exit_code == 0, told.output
    assert model.asked == asked
    for file in ("run.json", CALLS):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "asked" / file).read_bytes(), file


def test_what_the_model_was_not_asked_is_not_made_up(tmp_path: Path) -> None:
    run(order(Counted().model), tmp_path / "asked")
    calls = [call.model_copy(update={"asked": "something else"}) for call in read_calls(tmp_path / "asked")]
    replayed = run(order("mockllm/gpt-4o-mini", replayed=calls), tmp_path / "again")
    assert [result.counts for result in replayed.results] == [False] * 3


def test_a_run_stops_before_its_budget(tmp_path: Path) -> None:
    """0.25 for a conversation are not left after the first, which costs 0.06 a call."""
    model = Counted(tokens=400_000)
    found = run(order(model.model, budget=0.3, parallel=3), tmp_path)
    cost = sum(result.usage.cost or 0 for result in found.results)
    assert (len(found.results), found.stopped) == (1, SPENT)
    assert 0.05 < cost < 0.25
    assert (tmp_path / TRIALS).exists()
    more = run(order(model.model, budget=1.0, parallel=3), tmp_path)
    assert (len(more.results), more.stopped) == (3, "")
    with pytest.raises(NoPrice):
        run(order(get_model("mockllm/of-no-price"), budget=1), tmp_path / "no-price")


async def test_a_conversation_waits_for_what_another_may_give_back() -> None:
    budget = Budget(0.3)
    assert await budget.take(0.25)
    waiting = asyncio.create_task(budget.take(0.25))
    await asyncio.sleep(0)
    assert not waiting.done()
    await budget.give_back(0.25, 0.01)
    assert await waiting
    assert not await Budget(0.2).take(0.25)


def test_no_trial_is_lost_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray cancellation in one conversation once ended the whole run one trial short."""
    plays: Callable[[Case, Setup, int], Awaitable[Played]] = vars(suites)["play"]

    async def play(case: Case, setup: Setup, trial: int = 1) -> Played:
        if case.case == "what-nobody-sells":
            raise asyncio.CancelledError
        return await plays(case, setup, trial)

    monkeypatch.setattr(suites, "play", play)
    found = run(order("planner"), tmp_path)
    assert (len(found.results), found.stopped) == (3, "")
    (broken,) = [result for result in found.results if not result.counts]
    assert (broken.case, broken.failures[0].detail) == (
        "finding/what-nobody-sells",
        "CutShort('something in the conversation was cancelled')",
    )
