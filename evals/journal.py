"""What a run writes down while it goes, line by line: `trials.jsonl`, by which a run that was broken off goes on, and `calls.jsonl`,
by which one that asked a model is played again without it."""

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

from inspect_ai.model import ChatMessage, Model, ModelOutput
from inspect_ai.tool import ToolInfo
from pydantic import BaseModel

from .results import CALL_ID, About, Result, key
from .schema import digest

TRIALS, CALLS = "trials.jsonl", "calls.jsonl"
Ask = Callable[[list[ChatMessage], list[ToolInfo]], Awaitable[ModelOutput]]
playing: ContextVar[str] = ContextVar("playing", default="")
"""The trial that is being played: `suite/case#1`."""


class OtherRun(ValueError):
    """The folder holds a run that was broken off and can't be gone on with."""


class NotRecorded(RuntimeError):
    """The model was not asked this when the run was recorded."""


class Call(BaseModel):
    """One call of a model. `asked`: hash of all that it read and was offered. It either answered or failed."""

    trial: str
    number: int
    asked: str
    answer: dict[str, Any] | None = None
    failed: str = ""


class Journal:
    """Of one run, in its folder. `done`: the trials that need not be played again, with their seconds."""

    def __init__(self, folder: Path, about: About, *, anew: bool = False) -> None:
        """Raises OtherRun where something else was broken off."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.done = {} if anew else _done(folder, about)
        calls = [call for call in read_calls(folder) if call.trial in self.done]
        self._calls = _written(folder / CALLS, [call.model_dump(mode="json") for call in calls])
        lines = [{"result": result.model_dump(mode="json"), "seconds": s} for result, s in self.done.values()]
        self._trials = _written(folder / TRIALS, [{"about": about.model_dump(mode="json")}, *lines])
        self._numbers: dict[str, int] = defaultdict(int)

    def note(self, result: Result, seconds: float) -> None:
        """A trial is over. One that says nothing of the agent is played again when the run goes on."""
        _write(self._trials, {"result": result.model_dump(mode="json"), "seconds": seconds})

    def note_call(self, asked: str, answer: ModelOutput | None, failed: str = "") -> None:
        trial = playing.get()
        self._numbers[trial] += 1
        told = answer.model_dump(mode="json", exclude_none=True) if answer else None
        call = Call(trial=trial, number=self._numbers[trial], asked=asked, answer=told, failed=failed)
        _write(self._calls, call.model_dump(mode="json"))

    def close(self, *, whole: bool) -> None:
        """Of a whole run only the calls are kept, in order."""
        self._trials.close()
        self._calls.close()
        calls = sorted(read_calls(self._folder), key=lambda call: (call.trial, call.number))
        _written(self._folder / CALLS, [call.model_dump(mode="json") for call in calls]).close()
        if not calls:
            (self._folder / CALLS).unlink()
        if whole:
            (self._folder / TRIALS).unlink()

    def asking(self, model: Model) -> Ask:
        """The model itself, written down."""

        async def ask(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
            try:
                answer = await model.generate(messages, tools=tools)
            except Exception as failed:
                self.note_call(asked_in(messages, tools), None, f"{type(failed).__name__}: {failed}"[:500])
                raise
            self.note_call(asked_in(messages, tools), answer)
            return answer

        return ask

    def replaying(self, calls: Sequence[Call]) -> Ask:
        """What was answered to the same then."""
        known: dict[tuple[str, str], deque[Call]] = defaultdict(deque)
        for call in calls:
            known[call.trial, call.asked].append(call)

        async def ask(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
            asked = asked_in(messages, tools)
            if not (left := known[playing.get(), asked]):
                raise NotRecorded("the model was not asked this when the run was recorded")
            call = left.popleft()
            answer = ModelOutput.model_validate(call.answer) if call.answer else None
            self.note_call(asked, answer, call.failed)
            if answer is None:
                raise RuntimeError(call.failed)
            return answer

        return ask


def asked_in(messages: Sequence[ChatMessage], tools: Sequence[ToolInfo]) -> str:
    """But for ids of messages and calls, which mean nothing and are others each time."""
    read = [message.model_dump(mode="json", exclude={"id"}, exclude_none=True) for message in messages]
    offered = [tool.model_dump(mode="json", exclude_none=True) for tool in tools]
    ids: dict[str, str] = {}
    return digest(CALL_ID.sub(lambda found: ids.setdefault(found[0], f"call_{len(ids)}"), json.dumps([read, offered])))


def read_calls(folder: Path) -> list[Call]:
    return [Call.model_validate(line) for line in _lines(folder / CALLS)]


def trials_begun(folder: Path) -> int:
    """Of a run that was broken off."""
    return max(0, len(list(_lines(folder / TRIALS))) - 1)


def _done(folder: Path, about: About) -> dict[str, tuple[Result, float]]:
    lines = list(_lines(folder / TRIALS))
    if not lines:
        return {}
    if other := _differences(about, About.model_validate(lines[0]["about"])):
        raise OtherRun(
            f"{folder} holds a run that was broken off, with another {', '.join(other)}: --anew throws it away"
        )
    results = [(Result.model_validate(line["result"]), float(line["seconds"])) for line in lines[1:]]
    return {key(result): (result, seconds) for result, seconds in results if result.counts}


def _differences(about: About, other: About) -> list[str]:
    a, b = about.model_dump(), other.model_dump()
    return [name.replace("_", " ") for name in a if a[name] != b[name]]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """A last line that was cut off by the end of the process is left out."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _written(file: Path, lines: Sequence[dict[str, Any]]) -> TextIO:
    opened = file.open("w", encoding="utf-8")
    for line in lines:
        _write(opened, line)
    return opened


def _write(file: TextIO, line: dict[str, Any]) -> None:
    file.write(json.dumps(line, ensure_ascii=False) + "\n")  # arguments keep the order in which a model wrote them
    file.flush()
