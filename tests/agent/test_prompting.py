"""Two versions of the system prompt are served side by side, each conversation with its own."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from agent.prompting import System, Systems, rules_of, systems_of
from agent.settings import AgentSettings
from commerce.settings import ShopSettings
from prompts import load_prompt
from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel, call, says
from tools import facts_of

FACTS = facts_of(ShopSettings())
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
        systems_of(AgentSettings.model_validate(wrong), FACTS)


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


def test_who_writes_chinese_gets_the_chinese_prompt_and_who_sells_that_for_merchants() -> None:
    usual = systems_of(AgentSettings(), FACTS)
    assert usual.of("thr_1", "en").name == f"shopper@{load_prompt('shopper').version}"
    assert usual.of("thr_1", "zh").name.startswith("shopper_zh@")
    assert usual.of("thr_1", manages=True).name.startswith("merchant@")
    assert systems_of(AgentSettings(merchant_prompt=""), FACTS).of("thr_1", manages=True) == usual.first


def test_a_prompt_that_is_tried_out_is_for_every_language_and_for_shoppers_alone() -> None:
    trying = Systems(FIRST, SECOND, 1, chinese=System("shopper_zh@1", "三"), merchant=System("merchant@1", "four"))
    assert trying.of("thr_1", "zh") is SECOND
    assert trying.of("thr_1", manages=True).name == "merchant@1"


def test_a_version_that_is_named_has_no_twin_and_a_file_has_the_one_beside_it(trial_prompt: Path) -> None:
    assert systems_of(AgentSettings(prompt="shopper@1"), FACTS).of("thr_1", "zh").name == "shopper@1"
    assert systems_of(AgentSettings(prompt=str(trial_prompt)), FACTS).of("thr_1", "zh").text == "Try DomTok, USD."
    beside = trial_prompt.with_name("trial_zh.md")
    beside.write_text(
        "---\nversion: 2\npurpose: In Chinese.\ninputs: [shop]\n---\n试试 {{ shop }}。\n", encoding="utf-8"
    )
    assert systems_of(AgentSettings(prompt=str(trial_prompt)), FACTS).of("thr_1", "zh").text == "试试 DomTok。"


def test_every_system_prompt_tells_the_rules_that_the_settings_make(tmp_path: Path) -> None:
    facts = facts_of(ShopSettings(return_days=77, capture="shipment"))
    systems = systems_of(AgentSettings(), facts)
    assert systems.merchant
    assert systems.chinese
    assert all(rules_of(facts) in system.text for system in (systems.first, systems.merchant))
    assert rules_of(facts, language="zh") in systems.chinese.text
    assert "for 77 days after the arrival" in systems.first.text
    assert "收货后 77 天内" in systems.chinese.text
    assert "taken when its first parcel leaves" in systems.first.text
    own = tmp_path / "rules.md"
    own.write_text("---\nversion: 1\npurpose: Ours.\ninputs: [shop]\n---\n{{ shop }} takes nothing back.\n")
    assert rules_of(facts, str(own), "zh") == "DomTok takes nothing back."


async def test_a_conversation_keeps_the_prompt_of_the_language_that_it_began_in(chats: Chats) -> None:
    chinese = await chats.open(model=ScriptedModel(script=[says("好的。"), says("好的。")]))
    english = await chats.open(model=ScriptedModel(script=[says("Sure."), says("好的。")]))
    assert [(await chinese.say(said)).usage.prompt[:10] for said in ("你好", "MUG-RED-350")] == ["shopper_zh"] * 2
    assert [(await english.say(said)).usage.prompt[:8] for said in ("hello", "你好")] == ["shopper@"] * 2


async def test_who_sells_is_answered_with_the_prompt_for_merchants(chats: Chats) -> None:
    ship = ScriptedModel(script=[says("", call("list_fulfillments")), says("Nothing waits.")])
    chat = await chats.open(shopper=await chats.world.merchant(), model=ship)
    assert (await chat.say("what do I have to ship?")).usage.prompt == f"merchant@{load_prompt('merchant').version}"
    assert "You help one merchant" in str(ship.seen[0][0].content)


async def test_an_answer_to_a_question_leaves_the_prompt_as_it_was(chats: Chats) -> None:
    def forgets(messages: list[BaseMessage]) -> AIMessage:
        return says("", call("cancel_order", order=order.order, reason="不想要了"))

    chat = await chats.open(model=ScriptedModel(script=[forgets, says("已取消。")]))
    order = await chat.shopper.buy()
    asked = await chat.say("取消这个订单 " + order.order)
    assert asked.confirmation is not None
    done = await chat.answer(asked.confirmation.confirmation)
    assert done.usage.prompt.startswith("shopper_zh@")
    assert isinstance(chat.model, ScriptedModel)
    assert all(str(seen[0].content).startswith("你是 DomTok") for seen in chat.model.seen)
