"""The cases on Inspect: each is a sample, the served agent its solver, what happened in the shop its score, trials its epochs."""

import asyncio
import subprocess
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as run_tasks
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool, ChatMessageUser, Model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall

from agent.models.endpoints import Endpoint
from prompts import Prompt

from .asking import Beside, endpoint_of, model_of, price_of
from .budget import Budget
from .journal import Ask, Call, Journal, playing
from .personas import judged
from .playing import Setup
from .results import LOGS, About, Failure, Part, Result, Run, save
from .schema import digest
from .suites import Playable, is_foreign, most_seconds, offered, played, prepare, world_hash

PLANNER, RECORDED, SCRIPTED = "planner", "recorded", "scripted"
SPENT = "the budget is spent"
INTERRUPTED = "it was interrupted"


class CutShort(RuntimeError):
    """Something in a conversation was cancelled, though nobody wanted the run to end."""


@dataclass(frozen=True)
class Order:
    """What to run. `model` is `planner`, or a model as Inspect names it, such as `openai/gpt-4o-mini`, or `recorded`: what an agent
    said and called in another time is played again."""

    cases: Sequence[Playable]
    prompt: Prompt
    model: str | Model = PLANNER
    trials: int = 1
    budget: float | None = None
    seed: int = 0
    parallel: int = 4
    parameters: dict[str, Any] = field(default_factory=dict)
    display: Any = "rich"
    shopper: str | Model = SCRIPTED
    judge: str | Model = ""
    replayed: Sequence[Call] | None = None
    """What the model answered when the run was recorded; it is not asked again."""

    @property
    def model_name(self) -> str:
        return self.model if isinstance(self.model, str) else str(self.model)


def settled(order: Order) -> Order:
    """For customers of the foreign shop there is no script: the model that is tried out plays them too, where no other is named;
    and where none is tried out, what was recorded is held once more."""
    if not is_foreign(order.cases):
        return order
    if order.model == PLANNER:
        return replace(order, model=RECORDED)
    return replace(order, shopper=order.model) if order.shopper == SCRIPTED else order


@dataclass
class Kept:
    """What solvers hand to the run, beside Inspect's log."""

    budget: Budget
    journal: Journal
    beside: Beside = field(default_factory=Beside)
    results: dict[str, Result] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)


def run(order: Order, folder: Path, *, anew: bool = False) -> Run:
    """Runs, saves into the folder, and returns what came of it. Goes on with a run that was broken off there, unless it is to
    begin `anew`; raises OtherRun where that one was another."""
    asyncio.run(prepare(order.cases))
    about = _about(order)
    journal = Journal(folder, about, anew=anew)
    asked = Setup(order.prompt, _endpoint(order, journal), seed=order.seed)
    kept = Kept(Budget(order.budget), journal)
    shopper, judge = (_beside(order, named, journal, kept.beside) for named in (order.shopper, order.judge))
    setup = replace(asked, shopper=shopper, judge=judge)
    kept.results = {name: result for name, (result, _) in journal.done.items()}
    kept.seconds = {name: seconds for name, (_, seconds) in journal.done.items()}
    if kept.budget.left is not None:
        kept.budget.left -= sum(result.cost for result in kept.results.values())
    log = _run_on_inspect(order, setup, kept, folder)
    stopped = INTERRUPTED if log is None else SPENT if kept.skipped else ""
    if log is not None:
        _add_broken(kept, order, log)
    found = sorted(kept.results.values(), key=lambda r: (r.suite, r.case, r.trial))
    result = Run(about=about, results=found, stopped=stopped)
    save(result, dict(sorted(kept.seconds.items())), folder)
    journal.close(whole=not stopped)
    return result


def _run_on_inspect(order: Order, setup: Setup, kept: Kept, folder: Path) -> EvalLog | None:
    """None: it was interrupted."""
    filed = {case.name: case for case in order.cases}
    samples = [Sample(id=case.name, input=case.wants, metadata={"tags": case.tags}) for case in order.cases]
    task = Task(
        name="domtok",
        dataset=MemoryDataset(samples),
        solver=conversation(filed, setup, kept),
        scorer=what_happened(kept),
        epochs=order.trials,
    )
    logs = run_tasks(
        task,
        model="none/none"
        if setup.model is None or order.replayed is not None
        else model_of(order.model, order.parameters),
        display=order.display,
        log_dir=str(folder / LOGS),
        max_samples=order.parallel,
        fail_on_error=False,
        time_limit=most_seconds(order.cases),
        log_level="error",
        score_display=False,
        log_realtime=False,
    )
    return logs[0] if logs and logs[0].status != "cancelled" else None


@solver
def conversation(filed: dict[str, Playable], setup: Setup, kept: Kept) -> Solver:
    """The agent as it is served, talked to by the case's shopper on a fresh world."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case = filed[str(state.sample_id)]
        name = f"{case.name}#{state.epoch}"
        if name not in kept.results and not await _held(case, state.epoch, setup, kept):
            kept.skipped.add(name)
            return state
        state.messages = _messages(kept.results[name].talk)
        state.completed = True
        return state

    return solve


async def _held(case: Playable, trial: int, setup: Setup, kept: Kept) -> bool:
    """Holds the conversation; not where the budget does not reach for it."""
    name, spent = f"{case.name}#{trial}", 0.0
    beside = case.budget if setup.shopper or setup.judge else 0.0
    most = beside + (case.budget if setup.model else 0.0)
    if not await kept.budget.take(most):
        return False
    playing.set(name)
    if kept.budget.left is not None:
        kept.beside.most[name] = beside
    begun = time.monotonic()
    try:
        result = await _whole(_judged(case, setup, trial))
        result = result.model_copy(update={"beside": kept.beside.cost(name)})
        spent = result.usage.cost or 0
    finally:
        spent += kept.beside.cost(name) or 0
        await kept.budget.give_back(most, spent)
    kept.results[name], kept.seconds[name] = result, round(time.monotonic() - begun, 3)
    kept.journal.note(result, kept.seconds[name])
    return True


async def _judged(case: Playable, setup: Setup, trial: int) -> Result:
    result = await played(case, setup, trial)
    if setup.judge is None:
        return result
    return result.model_copy(update={"judged": await judged(setup.judge, case.wants, result.talk)})


async def _whole(held: Coroutine[Any, Any, Result]) -> Result:
    """A stray cancellation would end the whole run, without a word of the trials that are left."""
    task = asyncio.current_task()
    try:
        return await held
    except asyncio.CancelledError as stray:
        if task is not None and task.cancelling():
            raise
        raise CutShort("something in the conversation was cancelled") from stray


@scorer(metrics=[accuracy(), stderr()])
def what_happened(kept: Kept) -> Scorer:
    """Passed where all that must be true is."""

    async def score(state: TaskState, target: Target) -> Score:
        result = kept.results.get(f"{state.sample_id}#{state.epoch}")
        if result is None:
            return Score(value="N", explanation=SPENT)
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
            answered = f" → {part.answer}" if part.answer else ""
            found.append(ChatMessageAssistant(content=marks.get(part.by, "") + part.text + answered))
    return found


def _add_broken(kept: Kept, order: Order, log: EvalLog) -> None:
    """A trial that came to no end says nothing of the agent; no trial is left out without a word."""
    samples = {f"{sample.id}#{sample.epoch}": sample for sample in log.samples or []}
    for case in order.cases:
        for trial in range(1, order.trials + 1):
            name = f"{case.name}#{trial}"
            if name not in kept.results and name not in kept.skipped:
                kept.results[name] = _broken(case, trial, _why(samples.get(name), log))


def _why(sample: EvalSample | None, log: EvalLog) -> str:
    if sample is None:
        return f"it was not begun, or is not in the log: {log.error.message if log.error else log.status}"
    return sample.error.message if sample.error else f"stopped by its limit: {sample.limit}"


def _broken(case: Playable, trial: int, detail: str) -> Result:
    return Result(
        case=case.name,
        suite=case.suite,
        tags=sorted(case.tags),
        case_hash=case.hash,
        trial=trial,
        failures=[Failure(blame="harness", kind="broke_off", detail=detail)],
    )


def _endpoint(order: Order, journal: Journal) -> Endpoint | None:
    """None: no model is asked."""
    if order.model_name in (PLANNER, RECORDED):
        return None
    ask = _ask(order, order.model, journal, order.parameters)
    return endpoint_of(order.model, ask, in_budget=order.budget is not None)


def _beside(order: Order, named: str | Model, journal: Journal, beside: Beside) -> Ask | None:
    """A model that plays the shopper, or judges; None: there is none."""
    if named in ("", SCRIPTED):
        return None
    price = price_of(named, in_budget=order.budget is not None)
    return beside.metered(_ask(order, named, journal, {}), price)


def _ask(order: Order, named: str | Model, journal: Journal, parameters: dict[str, Any]) -> Ask:
    if order.replayed is not None:
        return journal.replaying(order.replayed)
    return journal.asking(model_of(named, parameters))


def _about(order: Order) -> About:
    return About(
        prompt=order.prompt.name,
        prompt_version=order.prompt.version,
        prompt_hash=order.prompt.hash,
        tools_hash=digest(offered(order.cases)),
        model=order.model_name,
        parameters=order.parameters,
        code_version=code_version(),
        world_hash=world_hash(order.cases),
        cases_hash=digest([case.hash for case in order.cases]),
        seed=order.seed,
        trials=order.trials,
        shopper=str(order.shopper),
        judge=str(order.judge),
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
