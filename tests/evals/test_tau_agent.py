"""The foreign shop played by our agent as it is served: graph, toolbox, door, questions, receipts and provenance."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from evals.playing import Setup
from evals.tau_retail.adapter import OFFER
from evals.tau_retail.comparing import changed
from evals.tau_retail.data import conversations
from evals.tau_retail.operations import TAU
from evals.tau_retail.playing import SETTINGS, held, policy_prompt, tau_tasks
from evals.tau_retail.recorded import calls_of, spoken, turns_of
from evals.tau_retail.world import fresh_shop, signed_in
from evals.trial import Answering, Outcome, in_order, trial_of
from tests.agent.scripted import ScriptedModel, call, says

SETUP = Setup(policy_prompt())
OWNER = "yusuf_rossi_9620"
LOOK = call("get_order_details", order_id="#W2378156")
RETURN = {"order_id": "#W2378156", "item_ids": ["4202497723"], "payment_method_id": "credit_card_9513926"}


async def test_every_recorded_conversation_comes_to_the_same_with_our_agent() -> None:
    asked: Counter[str] = Counter()
    for task in tau_tasks(model=False):
        result = await held(task, SETUP, 1)
        assert result.failures == [], task.name
        asked.update(part.operation for part in result.talk if part.by == "question" and part.answer == "approve")
    made = Counter(c["name"] for known in conversations() for c in calls_of(known) if c["ok"] and TAU[c["name"]].terms)
    assert asked == made
    assert sum(asked.values()) == 107


async def talked(folder: Path, steps: list[AIMessage], answering: Answering, *lines: str) -> tuple[Outcome, Any]:
    shop = await fresh_shop(folder)
    try:
        caller, model = await signed_in(shop, OWNER), ScriptedModel(script=steps)
        async with trial_of(shop, caller, model, policy_prompt(), OFFER, **SETTINGS) as trial:
            for line in lines or ("Please return the headphones of #W2378156.",):
                await trial.say(line, answering)
            return await trial.outcome(), await changed(shop.database)
    finally:
        await shop.close()


@pytest.mark.parametrize("answer", ["reject", "leave"])
async def test_without_the_customers_yes_nothing_is_changed(tmp_path: Path, answer: Any) -> None:
    steps = [says("", LOOK), says("", call("return_delivered_order_items", **RETURN)), says("As you wish.")]
    outcome, found = await talked(tmp_path, steps, in_order(answer))
    (asked,) = outcome.questions
    assert "Headphones 4202497723" in asked.question.terms["summary"]
    assert (found, outcome.receipts) == ({"orders": {}, "users": {}}, [])


async def test_an_id_that_was_never_shown_is_not_taken_for_a_change(tmp_path: Path) -> None:
    """Gone through the gate of provenance, whose ids are the shop's own."""
    steps = [says("", call("return_delivered_order_items", **RETURN)), says("I can't.")]
    outcome, found = await talked(tmp_path, steps, in_order("approve"), "Please return the headphones.")
    (made,) = outcome.calls
    assert made.refusal
    assert made.refusal["code"] == "id_not_shown"
    assert (found, outcome.questions) == ({"orders": {}, "users": {}}, [])


async def test_what_another_user_owns_does_not_exist_for_the_agent(tmp_path: Path) -> None:
    steps = [
        says("", call("get_order_details", order_id="#W5490111")),
        says("", call("cancel_pending_order", order_id="#W5490111", reason="no longer needed")),
        says("There is no such order."),
    ]
    outcome, found = await talked(tmp_path, steps, in_order("approve"), "Please cancel #W5490111.")
    assert [made.text for made in outcome.calls] == ["Error: Order not found", "Error: Order not found"]
    assert (found, outcome.questions) == ({"orders": {}, "users": {}}, [])


async def test_an_agent_reads_the_policy_the_tools_and_nothing_of_who_calls(tmp_path: Path) -> None:
    outcome, _ = await talked(tmp_path, [says("Hello.")], in_order(), "Hi!")
    system, context, said = outcome.prompts[0]
    assert str(system.text) == policy_prompt().text.strip()
    assert said.text == "Hi!"
    assert "rossi" not in str(context.text).lower()
    assert {tool["function"]["name"] for tool in outcome.tools} == set(TAU)


def test_a_recorded_conversation_is_cut_into_what_was_said_and_one_call_at_a_time() -> None:
    known = {
        "id": "x",
        "messages": [
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "tool_calls": [{"name": "a", "arguments": {}}, {"name": "b", "arguments": {"c": 1}}]},
            {"role": "assistant", "content": '{"message": "done", "more": [1]}'},
            {"role": "user", "content": "###STOP###"},
        ],
    }
    (turn,) = turns_of(known)
    assert turn.said == "Hello"
    assert [(text, [(c["name"], c["args"]) for c in calls]) for text, calls in turn.steps] == [
        ("", [("a", {})]),
        ("", [("b", {"c": 1})]),
        ("message: done\nmore: [1]", []),
    ]
    assert spoken('{"broken": ') == 'So: {"broken": '
