"""Two versions of the system prompt are served side by side, each conversation with its own."""

from pathlib import Path
from typing import Any

import pytest

from agent.prompting import System, Systems, systems_of
from agent.settings import AgentSettings
from prompts import load_prompt
from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel, says

INPUTS = {"shop": "DomTok", "currency": "USD"}
FIRST, SECOND = System("shopper@1", "one"), System("shopper@2", "two")
THREADS = [f"thr_{number:04}" for number in range(2000)]


@pytest.fixture
def trial_prompt(tmp_path: Path) -> Path:
    file = tmp_path / "trial.md"
    file.write_text(
        "---\nversion: 7\npurpose: Tries something.\ninputs: [shop, currency]\n---\nTry {{ shop }}, {{ currency }}.\n"
    )
    return file


def test_a_share_of_the_conversations_is_held_with_the_second_prompt() -> None:
    taken = [thread for thread in THREADS if Systems(FIRST, SECOND, 0.25).of(thread) is SECOND]
    assert 400 < len(taken) < 600
    assert taken == [thread for thread in THREADS if Systems(FIRST, SECOND, 0.25).of(thread) is SECOND]
    assert {Systems(FIRST, SECOND, 0).of(thread) for thread in THREADS} == {FIRST}
    assert {Systems(FIRST, SECOND, 1).of(thread) for thread in THREADS} == {SECOND}
    assert {Systems(FIRST).of(thread) for thread in THREADS} == {FIRST}


def test_a_larger_share_takes_more_conversations_and_leaves_none() -> None:
    few = {thread for thread in THREADS if Systems(FIRST, SECOND, 0.1).of(thread) is SECOND}
    assert few < {thread for thread in THREADS if Systems(FIRST, SECOND, 0.3).of(thread) is SECOND}


def test_another_trial_takes_other_conversations() -> None:
    other = System("shopper@3", "three")
    both = [
        t for t in THREADS if Systems(FIRST, SECOND, 0.2).of(t) is SECOND and Systems(FIRST, other, 0.2).of(t) is other
    ]
    assert 0 < len(both) < 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"prompt": "shopper@99"}, "AGENT_PROMPT=shopper@99: shopper has no version 99"),
        ({"second_prompt": "nowhere.md"}, "AGENT_SECOND_PROMPT=nowhere.md: there is no file"),
        ({"second_prompt": "cut_off"}, "AGENT_SECOND_PROMPT=cut_off: prompt cut_off takes"),
    ],
)
def test_a_prompt_that_can_not_be_served_is_refused_at_once(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        systems_of(AgentSettings.model_validate(wrong), INPUTS)


async def test_a_conversation_keeps_its_prompt_and_every_turn_tells_which(chats: Chats, trial_prompt: Path) -> None:
    trial: dict[str, Any] = {"second_prompt": str(trial_prompt), "second_prompt_share": 0.5}
    usual, tried, seen = f"shopper@{load_prompt('shopper').version}", "trial@7", set()
    for number in range(40):
        model = ScriptedModel(script=[says("Hello."), says("Hello again.")])
        chat = await chats.open(model=model, **trial)
        first, again = await chat.say("hello"), await (await chats.restarted(chat, says("Hi."), **trial)).say("hello")
        seen.add(first.usage.prompt)
        assert again.usage.prompt == first.usage.prompt
        system = str(model.seen[0][0].content)
        assert (system == "Try DomTok, USD.") == (first.usage.prompt == tried)
        if len(seen) == 2 and number > 2:
            break
    assert seen == {usual, tried}
