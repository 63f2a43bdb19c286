"""Cases are run on Inspect with the agent as it is served, and two runs are told apart."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from typer.testing import CliRunner

from evals.command import app
from evals.harness import Order, run
from evals.results import Run
from evals.schema import read_cases
from prompts import load_prompt, read_prompt

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]
"""What Inspect warns of within itself is not ours; a run plays whole conversations."""
BAD = Path(__file__).parent.parent.parent / "evals" / "examples" / "bad.md"
CASES = ["cart/adds-by-sku", "buying/buys-the-cart", "privacy/cancelling-a-strangers-order", "tag:stock"]
SKU, LOOKING = "MUG-RED-350", "Look before you answer"


def obedient(messages: list[Any], *_: Any) -> ModelOutput:
    """A model that does what its prompt says: looks a thing up where it is told to, and makes facts up where it is not."""
    if LOOKING in messages[0].text and messages[-1].role != "tool":
        output = ModelOutput.for_tool_call("mockllm", "search_products", {"query": "red enamel mug"})
    else:
        said = "There it is." if messages[-1].role == "tool" else "We have 99 of them."
        output = ModelOutput.from_content("mockllm", said)
    output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
    return output


def order(cases: list[str], **facts: Any) -> Order:
    return Order(read_cases(cases), **{"prompt": load_prompt("shopper"), "display": "none", **facts})


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("planned")
    return run(order(CASES, trials=2), folder), folder


def test_a_run_tells_all_that_it_was_run_with(planned: tuple[Run, Path]) -> None:
    about, prompt = planned[0].about, load_prompt("shopper")
    assert (about.prompt, about.prompt_version, about.prompt_hash) == ("shopper", prompt.version, prompt.hash)
    assert (about.model, about.trials, about.seed) == ("planner", 2, 0)
    assert all([about.tools_hash, about.world_hash, about.cases_hash, about.code_version])


def test_every_trial_has_its_conversation(planned: tuple[Run, Path]) -> None:
    results = planned[0].by_case()["buying/buys-the-cart"]
    assert [(result.trial, result.passed) for result in results] == [(1, True), (2, True)]
    assert next(part.by for part in results[0].talk if part.by != "call") == "shopper"
    assert "place_order" in [part.operation for part in results[0].talk if part.by == "question"]


def test_the_same_run_is_the_same_bytes(planned: tuple[Run, Path], tmp_path: Path) -> None:
    run(order(CASES, trials=2), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == (planned[1] / "run.json").read_bytes()


def test_inspect_keeps_its_logs_of_it(planned: tuple[Run, Path]) -> None:
    assert len(list((planned[1] / "logs").glob("*.eval"))) == 1


def test_a_bad_prompt_is_caught_by_the_gate(tmp_path: Path) -> None:
    cases = ["finding/is-it-in-stock", "finding/a-contradiction", "finding/what-nobody-sells"]
    model = get_model("mockllm/model", custom_outputs=obedient, memoize=False)
    good = run(order(cases, model=model), tmp_path / "good")
    bad = run(order(cases, model=model, prompt=read_prompt(BAD)), tmp_path / "bad")
    assert [result.passed for result in good.results] == [True] * 3
    assert [result.passed for result in bad.results] == [False] * 3
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "good"), str(tmp_path / "bad"), "--gate"])
    assert told.exit_code == 1
    assert "verdict: worse" in told.output
    back = CliRunner().invoke(app, ["compare", str(tmp_path / "bad"), str(tmp_path / "good"), "--gate"])
    assert (back.exit_code, "verdict: better" in back.output) == (0, True)


def test_a_model_that_fails_is_not_blamed_on_the_agent(tmp_path: Path) -> None:
    def failing(*_: Any) -> ModelOutput:
        raise RuntimeError("no such model")

    model = get_model("mockllm/model", custom_outputs=failing, memoize=False)
    (result,) = run(order(["cart/adds-by-sku"], model=model), tmp_path).results
    assert ("endpoint", "stand_in") in [(failure.blame, failure.kind) for failure in result.failures]
    assert not result.counts


def test_the_report_holds_every_conversation_and_loads_nothing(planned: tuple[Run, Path]) -> None:
    told = CliRunner().invoke(app, ["report", str(planned[1])])
    page = (planned[1] / "report.html").read_text(encoding="utf-8")
    assert told.exit_code == 0
    assert all(f'id="{result.case.replace("/", "-")}-{result.trial}"' in page for result in planned[0].results)
    assert "<script" not in page
    assert "http" not in page.split("</style>")[0]


def test_the_service_does_not_load_inspect() -> None:
    loads = "import sys, api.cli, api.server, api.serving; sys.exit('inspect_ai' in sys.modules or 'evals.command' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], timeout=60, check=False).returncode == 0
