"""The second hearing: what clauses that no rule fits are taken for, and what they must never be taken for."""

from typing import Any

import pytest

from agent.planner.classifier import Trained, path_of
from agent.planner.hearing import heard_again
from agent.planner.intents import Intent
from agent.planner.lexicon import Code, language
from agent.planner.memory import WRITES, Memory
from agent.planner.questions import VAGUE
from agent.planner.skills import SKILLS
from agent.planner.skills.smalltalk import SAYINGS
from agent.planner.talk import Talk
from agent.planner.understanding import understand

CODES: list[Code] = ["en", "zh"]


def _talk(text: str, **known: Any) -> Talk:
    return Talk(language("zh" if any(c > "㐀" for c in text) else "en"), Memory(**known), text)


def _heard(text: str, **known: Any) -> Intent:
    return heard_again(_talk(text, **known), list(understand(text)))[0].intent


@pytest.mark.parametrize("code", CODES)
def test_every_intent_that_is_heard_leads_to_something_that_the_planner_does(code: Code) -> None:
    heard = Trained.read(path_of(code)).intents
    assert [intent for intent in heard if intent not in SKILLS and intent not in SAYINGS] == []


def test_both_languages_know_the_same_intents() -> None:
    english, chinese = (set(Trained.read(path_of(code)).intents) for code in CODES)
    assert english == chinese


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("any idea when the thingamajig is going to arrive", "order_status"),
        ("who pays for it if i sent stuff bakc", "returns"),
        ("wich cards do you have of mine", "list_payment_methods"),
        ("what do you still remmember about me", "list_preferences"),
        ("我买的那玩意儿走到哪儿了", "order_status"),
        ("我留的地址是哪里来着", "list_addresses"),
        ("这会儿运费怎么个算法", "list_delivery"),
    ],
)
def test_a_clause_is_taken_for_what_it_is_most_like(text: str, meant: Intent) -> None:
    assert _heard(text) == meant


@pytest.mark.parametrize("text", ["red enamel mugs", "cart wheels", "蓝色的马克杯"])
def test_goods_stay_something_to_search_for(text: str) -> None:
    assert _heard(text) in VAGUE


@pytest.mark.parametrize(
    "text", ["is it enough if i buy one", "do i have to pay the order now?", "要是都不要了会怎么样吗"]
)
def test_a_question_changes_nothing(text: str) -> None:
    writing: set[Intent] = {
        "add",
        "buy",
        "change",
        "remove",
        "pay",
        "cancel_order",
        "cancel_line",
        "clear_cart",
        "double",
    }
    assert _heard(text, shown="cart", cart={"items": [{"sku": "A-1"}]}) not in writing


def test_what_changes_something_is_known_to_memory() -> None:
    assert {"remember_preference", "forget_preference", "forget_all_preferences"} <= WRITES
