"""The cases on Inspect: each is a sample, the served agent its solver, what happened in the shop its score, trials its epochs."""

import asyncio
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as run_tasks
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool, ChatMessageUser, Model, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall

from agent.models.endpoints import Endpoint
from agent.spending.prices import read_prices
from prompts import Prompt
from tools.toolspecs import tool_specs

from .grading import graded
from .inspect_model import InspectModel
from .playing import Setup, play
from .results import LOGS, About, Failure, Part, Result, Run, key, save
from .schema import Filed, digest
from .world import template

PLANNER = "planner"
DEMO = Path(__file__).parent.parent / "commerce" / "demo"
STOPPED = "the budget is spent"
MOST_SECONDS = 300
"""Of one conversation, however slow its model is."""


class NoPrice(ValueError):
    """A budget needs a model whose price is known."""


@dataclass(frozen=True)
class Order:
    """What to run. `model` is `planner`, or a model as Inspect names it, such as `openai/gpt-4o-mini`."""

    cases: Sequence[Filed]
    prompt: Prompt
    model: str | Model = PLANNER
    trials: int = 1
    budget: float | None = None
    seed: int = 0
    parallel: int = 4
    parameters: dict[str, Any] = field(default_factory=dict)
    display: Any = "rich"

    @property
    def model_name(self) -> str:
        return self.model if isinstance(self.model, str) else str(self.model)


@dataclass
class Budget:
    """What may still be spent; a conversation is begun only when all that it may cost is left."""

    left: float | None

    def take(self, most: float) -> bool:
        if self.left is None:
            return True
        if self.left < most:
            return False
        self.left -= most
        return True

    def give_back(self, unspent: float) -> None:
        if self.left is not None:
            self.left += unspent


@dataclass
class Kept:
    """What solvers hand to the run, beside Inspect's log."""

    budget: Budget
    results: dict[str, Result] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)


def run(order: Order, folder: Path) -> Run:
    """Runs, saves into the folder, and returns what came of it."""
    asyncio.run(template())
    setup = Setup(order.prompt, _endpoint(order), seed=order.seed)
    kept = Kept(Budget(order.budget))
    filed = {case.name: case for case in order.cases}
    samples = [
        Sample(id=case.name, input=case.case.shopper.wants, metadata={"tags": case.tags}) for case in order.cases
    ]
    task = Task(
        name="domtok",
        dataset=MemoryDataset(samples),
        solver=conversation(filed, setup, kept),
        scorer=what_happened(kept),
        epochs=order.trials,
    )
    (log,) = run_tasks(
        task,
        model="none/none" if setup.model is None else _model(order),
        display=order.display,
        log_dir=str(folder / LOGS),
        max_samples=order.parallel,
        fail_on_error=False,
        time_limit=MOST_SECONDS,
        log_level="error",
        score_display=False,
        log_realtime=False,
    )
    for sample in log.samples or []:
        _add_broken(kept, filed, sample)
    found = sorted(kept.results.values(), key=lambda r: (r.suite, r.case, r.trial))
    result = Run(about=_about(order), results=found, stopped=STOPPED if kept.skipped else "")
    save(result, dict(sorted(kept.seconds.items())), folder)
    return result


@solver
def conversation(filed: dict[str, Filed], setup: Setup, kept: Kept) -> Solver:
    """The agent as it is served, talked to by the case's shopper on a fresh world."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case = filed[str(state.sample_id)]
        name = f"{case.name}#{state.epoch}"
        most = case.case.budget if setup.model else 0.0
        if not kept.budget.take(most):
            kept.skipped.add(name)
            return state
        begun = time.monotonic()
        played = await play(case.case, setup, state.epoch)
        result = graded(case, played, state.epoch, model=setup.model is not None)
        kept.results[name], kept.seconds[name] = result, round(time.monotonic() - begun, 3)
        kept.budget.give_back(most - (result.usage.cost or 0))
        state.messages = _messages(result.talk)
        state.completed = True
        return state

    return solve


@scorer(metrics=[accuracy(), stderr()])
def what_happened(kept: Kept) -> Scorer:
    """Passed where all that must be true is."""

    async def score(state: TaskState, target: Target) -> Score:
        result = kept.results.get(f"{state.sample_id}#{state.epoch}")
        if result is None:
            return Score(value="N", explanation=STOPPED)
        why = "\n".join(f"{f.blame}: {f.kind}: {f.detail}" for f in result.failures)
        return Score(value="C" if result.passed else "I", explanation=why, metadata=result.usage.model_dump())

    return score


def _messages(talk: Sequence[Part]) -> list[ChatMessage]:
    """For Inspect's viewer: what the shop did stands where it was done."""
    found: list[ChatMessage] = []
    for index, part in enumerate(talk):
        if part.by == "shopper":
            found.append(ChatMessageUser(content=part.text))
        elif part.by == "call":
            call = ToolCall(id=f"call-{index}", function=part.operation, arguments=part.arguments)
            found.append(ChatMessageAssistant(content="", tool_calls=[call]))
            found.append(ChatMessageTool(content=part.text, tool_call_id=call.id, function=part.operation))
        else:
            marks = {"question": "❓ ", "receipt": "✔ "}
            found.append(ChatMessageAssistant(content=marks.get(part.by, "") + part.text))
    return found


def _add_broken(kept: Kept, filed: dict[str, Filed], sample: EvalSample) -> None:
    """A trial that came to no end says nothing of the agent."""
    name = f"{sample.id}#{sample.epoch}"
    if name in kept.results or name in kept.skipped:
        return
    detail = sample.error.message if sample.error else f"stopped by its limit: {sample.limit}"
    case = filed[str(sample.id)]
    failure = Failure(blame="harness", kind="broke_off", detail=detail)
    result = Result(
        case=case.name,
        suite=case.suite,
        tags=sorted(case.tags),
        case_hash=case.hash,
        trial=sample.epoch,
        failures=[failure],
    )
    kept.results[key(result)] = result


def _model(order: Order) -> Model:
    return order.model if isinstance(order.model, Model) else get_model(order.model, **order.parameters)


def _endpoint(order: Order) -> Endpoint | None:
    """None is the planner."""
    if order.model_name == PLANNER:
        return None
    model = _model(order)
    price = read_prices(None).of(model.name)
    if price is None and order.budget is not None:
        raise NoPrice(f"agent/spending/prices.yaml has no price for {model.name}, so a budget can't be kept")
    return Endpoint(order.model_name, InspectModel(model=model), price)


def _about(order: Order) -> About:
    tools = [spec.as_function() for spec in tool_specs("customer")]
    return About(
        prompt=order.prompt.name,
        prompt_version=order.prompt.version,
        prompt_hash=order.prompt.hash,
        tools_hash=digest(tools),
        model=order.model_name,
        parameters=order.parameters,
        code_version=code_version(),
        world_hash=digest({str(f.relative_to(DEMO)): f.read_text("utf-8") for f in sorted(DEMO.rglob("*.yaml"))}),
        cases_hash=digest([case.hash for case in order.cases]),
        seed=order.seed,
        trials=order.trials,
    )


def code_version() -> str:
    """Of the package, with the commit where it runs from a checkout."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    here = Path(__file__).parent
    try:
        found = subprocess.run(asked, cwd=here, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return version("domtok")
    return f"{version('domtok')}+{found.stdout.strip()}"
