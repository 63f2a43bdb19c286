"""The foreign shop played by our agent as it is served: graph, toolbox, door, questions, receipts and provenance."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from agent.honesty.provenance import unknown_id
from agent.memory.summary import NOTHING
from evals.playing import Setup
from evals.tau_retail.adapter import OFFER
from evals.tau_retail.comparing import changed
from evals.tau_retail.data import conversations, tasks
from evals.tau_retail.grading import faults
from evals.tau_retail.operations import TAU
from evals.tau_retail.playing import SETTINGS, held, policy_prompt, tau_tasks
from evals.tau_retail.recorded import calls_of, spoken, turns_of
from evals.tau_retail.world import fresh_shop, signed_in
from evals.trial import Answering, Outcome, in_order, trial_of
from tests.agent.scripted import ScriptedModel, call, says

FULL = pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(300)])
"""All of them."""
SETUP = Setup(policy_prompt())
OWNER = "yusuf_rossi_9620"
LOOK = call("get_order_details", order_id="#W2378156")
RETURN = {"order_id": "#W2378156", "item_ids": ["4202497723"], "payment_method_id": "credit_card_9513926"}


@pytest.mark.parametrize("every", [2, FULL])
async def test_recorded_conversations_come_to_the_same_with_our_agent(every: int) -> None:
    asked: Counter[str] = Counter()
    for task in tau_tasks(model=False)[::every]:
        result = await held(task, SETUP, 1)
        assert result.failures == [], task.name
        asked.update(part.operation for part in result.talk if part.by == "question" and part.answer == "approve")
    calls = [made for known in conversations()[::every] for made in calls_of(known)]
    assert asked == Counter(made["name"] for made in calls if made["ok"] and TAU[made["name"]].terms)
    assert sum(asked.values()) > 50


async def talked(
    folder: Path, steps: list[AIMessage], answering: Answering, *lines: str, user: str = OWNER
) -> tuple[Outcome, Any]:
    shop = await fresh_shop(folder)
    try:
        caller, model = await signed_in(shop, user), ScriptedModel(script=steps)
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


async def test_ids_of_the_shop_are_kept_when_its_messages_are_no_longer_read(tmp_path: Path) -> None:
    steps = [says("", LOOK), says("Here it is.")]
    outcome, _ = await talked(tmp_path, steps, in_order(), "Look for my order #W2378156.")
    (made,) = outcome.calls
    messages: list[AnyMessage] = [
        says("", LOOK),
        ToolMessage("…", tool_call_id=LOOK["id"], artifact={"operation": made.operation, "view": made.view}),
    ]
    shown = NOTHING.by_rule(messages, OFFER.ids).ids
    assert unknown_id(RETURN, [], shown, OFFER.ids) is None
    assert unknown_id(RETURN, [], NOTHING.by_rule(messages).ids, OFFER.ids) is not None
    assert unknown_id(RETURN | {"item_ids": ["1111111111"]}, [], shown, OFFER.ids) == "1111111111"


def knowing(task: dict[str, Any]) -> list[AIMessage]:
    """What a model does that knows the answer: it looks at all that it will name, does it, and tells what must be told."""
    asked = [action["arguments"] for action in task["actions"] if action["ok"]]
    orders = dict.fromkeys(arguments["order_id"] for arguments in asked if "order_id" in arguments)
    items = dict.fromkeys(item for arguments in asked for item in arguments.get("new_item_ids", []))
    looks = [call("get_user_details", user_id=task["user_id"])]
    looks += [call("get_order_details", order_id=order) for order in orders]
    looks += [call("get_item_details", item_id=item) for item in items]
    does = [call(action["name"], **action["arguments"]) for action in task["actions"]]
    told = f"Done: {'; '.join(task['communicate_info'])}"
    return [*(says("", one) for one in [*looks, *does]), says(told)]


@pytest.mark.parametrize("every", [8, FULL])
async def test_no_gate_of_ours_stands_in_the_way_of_a_task(tmp_path: Path, every: int) -> None:
    """What a task wants can be done by the served agent, and is then judged to be right."""
    for task in tasks()[::every]:
        user, folder = task["user_id"], tmp_path / task["id"]
        outcome, found = await talked(folder, knowing(task), lambda _asked: "approve", "Please.", user=user)
        assert [*faults(task, found, [turn.text for turn in outcome.turns])] == [], task["id"]


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
