"""Plays a task of the foreign shop with our agent as it is served: with the model that is tried out and one that plays the customer,
or, where there is no model, as a recorded conversation once more."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from prompts import Prompt

from ..grading import of_endpoint, talk_of, usage_of
from ..playing import Setup
from ..results import Failure, Result
from ..schema import digest
from ..trial import Outcome, Trial, trial_of
from .adapter import OFFER
from .comparing import changed, differences, same_text
from .customers import Customer
from .data import DATA, Entities, conversations, due, policy, tasks
from .grading import faults
from .recorded import Recorded, calls_of, turns_of
from .world import fresh_shop, signed_in

SUITE = "tau-retail"
REPLAYED, PLAYED = "replayed", "played"
MOST_TURNS = 40
SETTINGS = {
    "max_steps": 60,
    "max_tool_calls": 60,
    "max_seconds": 600,
    "turn_input_tokens": 0,
    "window_messages": 400,
    "context_tokens": 100_000,
}
"""τ's agents read the whole conversation, and may take 200 steps for it."""


@dataclass(frozen=True)
class Played:
    """`found`: every entity of the shop that has changed."""

    outcome: Outcome
    found: Entities
    cut_off: bool = False


@dataclass(frozen=True)
class TauTask:
    """A task, with the conversation that is held once more in place of one with a model."""

    task: dict[str, Any]
    recorded: dict[str, Any] | None = None
    suite: str = SUITE
    budget: float = 1.0

    @property
    def name(self) -> str:
        return f"{SUITE}/{self.task['id']}" + (f"-{REPLAYED}" if self.recorded else "")

    @property
    def tags(self) -> list[str]:
        return [SUITE, REPLAYED if self.recorded else PLAYED]

    @property
    def wants(self) -> str:
        return str(self.task["user_scenario"]["instructions"]["reason_for_call"])

    @cached_property
    def hash(self) -> str:
        return digest([self.task, self.recorded, data_hash()])


def tau_tasks(*, model: bool) -> list[TauTask]:
    """For the model that is tried out, or, without one, the recorded conversations."""
    known = {task["id"]: task for task in tasks()}
    if model:
        return [TauTask(task) for task in known.values()]
    return [TauTask(known[held["task_id"]], held) for held in conversations()]


@lru_cache(1)
def data_hash() -> str:
    """Of the shop that tasks are played in."""
    return sha256((DATA / "db.json.gz").read_bytes()).hexdigest()[:16]


@lru_cache(1)
def policy_prompt() -> Prompt:
    """τ's policy as it is, as our agent's system prompt."""
    text = policy()
    named = sha256(text.encode()).hexdigest()[:16]
    return Prompt(SUITE, 1, "The policy of τ-bench's retail shop.", ("shop", "currency"), text, named)


async def held(task: TauTask, setup: Setup, trial: int) -> Result:
    if task.recorded:
        played = await replayed(task.recorded, setup.seed + trial)
        failures = [*_of_turns(played), *_of_replay(task.task, task.recorded, played)]
    else:
        played = await _conversation(task, setup, trial)
        failures = [*of_endpoint(played.outcome, model=True), *_of_turns(played)]
        failures += faults(task.task, played.found, _told(played))
    return Result(
        case=task.name,
        suite=SUITE,
        tags=sorted(task.tags),
        case_hash=task.hash,
        trial=trial,
        failures=failures,
        talk=talk_of(played.outcome),
        usage=usage_of(played.outcome, model=not task.recorded),
    )


async def replayed(recorded: dict[str, Any], seed: int = 0) -> Played:
    """The graph, the tools and the door are the served agent's; the questions of the shop are answered with yes."""
    model = Recorded()
    async with _held_with(recorded["user_id"], model, policy_prompt(), seed) as trial:
        for turn in turns_of(recorded):
            model.steps[:] = turn.steps
            await trial.say(turn.said, lambda _asked: "approve")
        return Played(await trial.outcome(), await changed(trial.shop.database))


async def _conversation(task: TauTask, setup: Setup, number: int) -> Played:
    assert setup.shopper is not None
    customer, heard = Customer(task.task, setup.shopper), ""
    settings = {"thread_cost": task.budget, **setup.settings}
    user, seed = task.task["user_id"], setup.seed + number
    async with _held_with(user, setup.model, setup.prompt, seed, **settings) as trial:
        for _ in range(MOST_TURNS):
            line = await customer.speak(heard)
            if line is None:
                break
            before = len(trial.turns)
            await trial.say(line, lambda _asked: "approve")
            heard = "\n".join(part.text for part in trial.turns[before:])
        return Played(await trial.outcome(), await changed(trial.shop.database), cut_off=not customer.ended)


@asynccontextmanager
async def _held_with(user: str, model: Any, prompt: Prompt, seed: int, **settings: Any) -> AsyncIterator[Trial]:
    """A conversation of this user's in a fresh copy of the shop."""
    with tempfile.TemporaryDirectory(prefix="domtok-eval-") as folder:
        shop = await fresh_shop(Path(folder), seed_number=seed)
        try:
            caller = await signed_in(shop, user)
            async with trial_of(shop, caller, model, prompt, OFFER, **{**SETTINGS, **settings}) as trial:
                yield trial
        finally:
            await shop.close()


def _told(played: Played) -> list[str]:
    return [turn.text for turn in played.outcome.turns]


def _of_turns(played: Played) -> Iterator[Failure]:
    if played.outcome.findings:
        yield Failure(blame="harness", kind="books", detail="; ".join(played.outcome.findings))
    for turn in played.outcome.turns:
        if turn.status == "failed":
            yield Failure(blame="agent", kind="turn_failed", detail=turn.text[:200])
    if played.cut_off:
        yield Failure(blame="agent", kind="endless", detail="neither side came to an end")


def _of_replay(task: dict[str, Any], recorded: dict[str, Any], played: Played) -> Iterator[Failure]:
    """Where the served agent came to something else than τ's engine, or is judged otherwise than by τ."""
    asked, made = calls_of(recorded), played.outcome.calls
    if [call["name"] for call in asked] != [call.operation for call in made]:
        yield Failure(blame="agent", kind="other_calls", detail=f"{len(made)} calls instead of {len(asked)}")
    for call, now in zip(asked, made, strict=False):
        if not same_text(now.text, call["result"]):
            yield Failure(blame="agent", kind="other_answer", detail=f"{now.operation}: {now.text[:200]}")
    for wrong in differences(played.found, due(recorded["final"])):
        yield Failure(blame="agent", kind="other_state", detail=wrong)
    kinds = {fault.kind for fault in faults(task, played.found, _told(played))}
    for kind, then in (("db", "db_match"), ("communicate", "communicate_ok")):
        if (kind not in kinds) != recorded["now"][then]:
            yield Failure(blame="agent", kind="other_verdict", detail=f"{then} was {recorded['now'][then]}")
