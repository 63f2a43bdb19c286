"""The foreign shop as a suite: played by a model, or, without one, as what was recorded; in the same runs and reports as others."""

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from typer.testing import CliRunner

from evals.command import app
from evals.harness import Order, run, settled
from evals.journal import read_calls
from evals.report import page
from evals.results import load
from evals.suites import playable
from evals.tau_retail.data import tasks
from evals.tau_retail.playing import policy_prompt, tau_tasks

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(120)]
ACTIONS = tasks()[0]["actions"]


def both_sides(messages: list[Any], *_: Any) -> ModelOutput:
    """A customer, and an agent that does what the first task wants, whatever it is asked."""
    done = sum(message.role == "tool" for message in messages)
    if messages[0].text.startswith("You play a customer"):
        said = "Hello, I am Yusuf Rossi, 19122." if len(messages) == 1 else "Thank you. ###STOP###"
        output = ModelOutput.from_content("mockllm", said)
    elif done < len(ACTIONS):
        output = ModelOutput.for_tool_call("mockllm", ACTIONS[done]["name"], ACTIONS[done]["arguments"])
    else:
        output = ModelOutput.from_content("mockllm", "All is done.")
    output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
    return output


def test_a_model_plays_both_sides_and_is_judged_by_state_and_words(tmp_path: Path) -> None:
    model = get_model("mockllm/model", custom_outputs=both_sides, memoize=False)
    cases = playable(["tau-retail/0", "tau-retail/2"], model=True)
    order = settled(Order(cases, policy_prompt(), model, display="none"))
    found = run(order, tmp_path / "asked")
    right, wrong = found.results
    assert (right.case, right.failures) == ("tau-retail/0", [])
    assert [part.by for part in right.talk if part.by in ("shopper", "question", "receipt")] == [
        "shopper",
        "question",
        "receipt",
    ]
    assert {failure.kind for failure in wrong.failures} == {"db", "communicate"}
    assert all(failure.blame == "agent" for failure in wrong.failures)
    assert (found.about.shopper, found.about.prompt) == ("mockllm/model", "tau-retail")
    assert "exchange_delivered_order_items" in page(found, {})
    calls = read_calls(tmp_path / "asked")
    again = settled(Order(cases, policy_prompt(), "mockllm/model", display="none", replayed=calls))
    assert run(again, tmp_path / "again") == found


def test_without_a_model_recorded_conversations_are_held_once_more_and_that_is_said(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["run", "tau-retail/89-replayed", "--quiet", "--out", str(tmp_path)])
    assert told.exit_code == 0
    assert "no model was asked" in told.output
    found, _ = load(tmp_path)
    assert (found.about.model, found.about.prompt) == ("recorded", "tau-retail")
    assert [(result.case, result.tags) for result in found.results] == [
        ("tau-retail/89-replayed", ["replayed", "tau-retail"])
    ]
    again = CliRunner().invoke(app, ["run", "--replay", str(tmp_path), "--quiet", "--out", str(tmp_path / "again")])
    assert again.exit_code == 0
    assert load(tmp_path / "again")[0].results == found.results
    assert CliRunner().invoke(app, ["compare", str(tmp_path), str(tmp_path / "again"), "--gate"]).exit_code == 0


def test_the_foreign_shop_is_played_when_it_is_named_and_never_together_with_ours() -> None:
    assert not [case for case in playable([], model=False) if case.suite == "tau-retail"]
    assert len(playable(["tau-retail"], model=True)) == len(playable(["tau-retail"], model=False)) == 74
    together = CliRunner().invoke(app, ["run", "cart", "tau-retail"])
    assert together.exit_code == 2
    assert "can't be run together" in together.output


def test_tasks_have_names_and_hashes_of_their_own() -> None:
    both = [*tau_tasks(model=True), *tau_tasks(model=False)]
    assert len({task.name for task in both}) == len({task.hash for task in both}) == 148
