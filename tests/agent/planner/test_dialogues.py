"""Plays the dialogues in `dialogues/*.yaml` and `phrases.yaml` against the planner."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.planner.lexicon import language
from agent.planner.words import has_cjk

from .stage import SHELF, planner, tool_message

HERE = Path(__file__).parent
Turn = dict[str, Any]


def _dialogues() -> list[Any]:
    files = sorted((HERE / "dialogues").glob("*.yaml"))
    return [
        pytest.param(turns, id=f"{file.stem}: {name}")
        for file in files
        for name, turns in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    ]


def _phrases() -> list[Any]:
    groups = yaml.safe_load((HERE / "phrases.yaml").read_text(encoding="utf-8"))
    return [pytest.param(entry, id=entry["says"]) for entries in groups.values() for entry in entries]


@pytest.mark.parametrize("turns", _dialogues())
async def test_a_dialogue_makes_the_calls_and_says_the_facts(turns: list[Turn]) -> None:
    thread: list[BaseMessage] = []
    for turn in turns:
        heard = await _play(thread, turn)
        for part in turn.get("hears", []):
            assert part in heard, f"after {turn['says']!r}: {heard}"
        for part in turn.get("never", []):
            assert part not in heard


async def _play(thread: list[BaseMessage], turn: Turn) -> str:
    thread.append(HumanMessage(str(turn["says"])))
    heard: list[str] = []
    for expected in turn.get("calls", []):
        answer = await planner().ainvoke(thread)
        assert answer.tool_calls, f"after {turn['says']!r} expected {expected}, heard {answer.content}"
        call = answer.tool_calls[0]
        operation, arguments = next(iter(expected.items()))
        assert (call["name"], call["args"]) == (operation, arguments), f"after {turn['says']!r}"
        thread += [answer, _result(call["id"], operation, expected)]
        heard.append(str(answer.content))
        if expected.get("waits"):
            return "\n".join(heard)
    answer = await planner().ainvoke(thread)
    assert not answer.tool_calls, f"after {turn['says']!r}: {answer.tool_calls}"
    thread.append(answer)
    return "\n".join([*heard, str(answer.content)])


def _result(call: str | None, operation: str, expected: Turn) -> ToolMessage:
    if expected.get("waits"):
        return tool_message(
            call, operation, refusal={"code": "awaiting_decision", "sentence": "", "hint": "", "facts": {}}
        )
    if "refuses" in expected:
        return tool_message(call, operation, refusal={"sentence": "", "hint": "", "facts": {}} | expected["refuses"])
    return tool_message(call, operation, view=SHELF[expected["gives"]])


@pytest.mark.parametrize("entry", _phrases())
async def test_a_phrase_alone_is_understood(entry: Turn) -> None:
    answer = await planner().ainvoke([HumanMessage(entry["says"])])
    assert isinstance(answer, AIMessage)
    if "calls" in entry:
        assert [(c["name"], c["args"]) for c in answer.tool_calls] == list(entry["calls"].items()), answer.content
    else:
        assert not answer.tool_calls, answer.tool_calls
        template = language("zh" if has_cjk(entry["says"]) else "en").replies[entry["replies"]]
        assert str(answer.content).startswith(template.split("{")[0])
