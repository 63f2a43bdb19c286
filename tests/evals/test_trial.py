"""A trial tells what happened in the shop, what a model was given, and what the shopper was shown."""

import pytest
from langchain_core.messages import SystemMessage

from evals.trial import Outcome, in_order, trial_of
from evals.world import signed_in
from tests.agent.scripted import ScriptedModel, call, says, shown
from tests.worlds import ADA, World

BUY = ("add MUG-RED-350 to my cart", "check out", "place the order")


async def planned(world: World, *lines: str, answer: str = "approve") -> Outcome:
    caller = await signed_in(world.shop, ADA["email"])
    async with trial_of(world.shop, caller) as trial:
        for line in lines:
            await trial.say(line, in_order(answer))  # type: ignore[arg-type]
        return await trial.outcome()


async def test_a_trial_tells_what_was_bought(world: World) -> None:
    outcome = await planned(world, *BUY)
    assert [operation for operation, _ in outcome.made if operation != "view_cart"][-1] == "place_order"
    (asked,) = outcome.questions
    assert (asked.question.operation, asked.answer) == ("place_order", "approve")
    assert outcome.receipts[-1].operation == "place_order"
    assert {"orders", "payment", "stock_movement", "ledger"} <= outcome.moved
    (order,) = outcome.changes["orders"].added
    assert (order["status"], outcome.changes["orders"].gone) == ("paid", [])
    assert order["number"] in outcome.text
    assert outcome.findings == []


@pytest.mark.parametrize("answer", ["reject", "leave"])
async def test_a_trial_without_a_yes_moves_nothing(world: World, answer: str) -> None:
    outcome = await planned(world, *BUY, answer=answer)
    assert [asked.answer for asked in outcome.questions] == [answer]
    assert outcome.moved == set()
    assert {"cart_item", "checkout", "confirmation"} <= set(outcome.changes)


async def test_a_trial_overhears_every_model_and_every_event(world: World) -> None:
    def ordering(seen: object) -> object:
        return says("", call("add_to_cart", sku=shown(seen, "MUG-RED-350")))  # type: ignore[arg-type]

    model = ScriptedModel(script=[says("", call("search_products", query="mug")), ordering, says("In your cart.")])
    async with trial_of(world.shop, await signed_in(world.shop, ADA["email"]), model) as trial:
        await trial.say("a mug, please")
        outcome = await trial.outcome()
    assert [type(prompt[0]) for prompt in outcome.prompts] == [SystemMessage] * 3
    first, *others = [len(prompt) for prompt in outcome.prompts]
    assert others == [first + 2, first + 4]
    assert "add_to_cart" in [tool["function"]["name"] for tool in outcome.tools]
    assert outcome.made[-1] == ("add_to_cart", {"sku": "MUG-RED-350"})
    assert outcome.calls[0].view
    assert outcome.calls[0].text.count("MUG-RED-350") == 1
    kinds = [event["type"] for event in outcome.events]
    assert (kinds[0], kinds[-1], kinds.count("receipt")) == ("turn.started", "turn.completed", 1)
    assert outcome.history.messages[-1].text == outcome.text == "In your cart."


async def test_trials_hear_only_their_own_models(world: World) -> None:
    first, second = await planned(world, "hello"), await planned(world, "hello again")
    assert [len(outcome.prompts) for outcome in (first, second)] == [1, 1]
    assert second.prompts[0][-1].text == "hello again"
