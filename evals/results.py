"""What a run leaves behind: one folder with `run.json`, the times in `times.json`, and Inspect's logs."""

import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

Blame = Literal["agent", "shopper", "harness", "endpoint"]
RUN, TIMES, LOGS = "run.json", "times.json", "logs"

CALL_ID = re.compile(r"call_[0-9a-f]{32}")
"""Of a call of a tool, drawn anew each time."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class Failure(_Fact):
    """Something that must be true and is not, and who is to blame for it."""

    blame: Blame
    kind: str
    detail: str


class Part(_Fact):
    """One thing that was said or done in a conversation, in its order."""

    by: Literal["shopper", "agent", "call", "question", "receipt"]
    text: str
    operation: str = ""
    arguments: dict[str, Any] = {}
    refused: bool = False
    rows: list[tuple[str, str]] = []
    """What the page drew of it: names and amounts."""
    answer: str = ""
    """To a question: approve, reject, leave."""


class Usage(_Fact):
    """`cost` None: a model without a known price was asked."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    cost: float | None = 0


class Judged(_Fact):
    """What a model thinks of a conversation: 1 to 5, or 0 where it said nothing of use. It decides nothing."""

    mark: int
    reason: str


class Result(_Fact):
    """One trial of one case."""

    case: str
    suite: str
    tags: list[str]
    case_hash: str
    trial: int
    failures: list[Failure]
    talk: list[Part] = []
    usage: Usage = Usage()
    judged: Judged | None = None
    beside: float | None = 0
    """What models that played the shopper or judged have cost; None: of one the price is not known."""

    @property
    def cost(self) -> float:
        """Of all models, as far as it is known."""
        return (self.usage.cost or 0) + (self.beside or 0)

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def counts(self) -> bool:
        """Whether it says something of the agent: the harness and the endpoint held."""
        return not any(failure.blame in ("harness", "endpoint") for failure in self.failures)


class About(_Fact):
    """What was run, so that it can be told from any other run."""

    prompt: str
    prompt_version: int
    prompt_hash: str
    tools_hash: str
    model: str
    parameters: dict[str, Any]
    code_version: str
    world_hash: str
    cases_hash: str
    seed: int
    trials: int
    shopper: str = "scripted"
    judge: str = ""


class Run(_Fact):
    about: About
    results: list[Result]
    stopped: str = ""
    """Why not all of it was run."""

    def by_case(self) -> dict[str, list[Result]]:
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.case, []).append(result)
        return found


class RunUnreadable(ValueError):
    """There is no run in this folder, or one of another version."""


def save(run: Run, times: dict[str, float], folder: Path) -> None:
    """The same run is the same bytes; how long it took stands apart."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, facts in ((RUN, run.model_dump(mode="json")), (TIMES, times)):
        text = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Run, dict[str, float]]:
    """The run, and the seconds of each trial (`suite/case#trial`)."""
    try:
        run = Run.model_validate_json((folder / RUN).read_text(encoding="utf-8"))
    except OSError as wrong:
        raise RunUnreadable(f"{folder} holds no run: there is no {RUN}") from wrong
    except ValidationError as wrong:
        raise RunUnreadable(f"{folder} holds no run of this version: {wrong}") from wrong
    times = folder / TIMES
    return run, json.loads(times.read_text(encoding="utf-8")) if times.exists() else {}


def key(result: Result) -> str:
    return f"{result.case}#{result.trial}"
