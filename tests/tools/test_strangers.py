"""Somebody else's things are answered exactly like things that do not exist."""

from typing import Any

from tests.tools.boxes import THREAD, Agent, agent_of, bob_of, refused
from tests.worlds import World
from tools import ToolResult

NOBODYS = {
    "checkout": "chk_01AAAAAAAAAAAAAAAAAAAAAAAA",
    "order": "DT-2222-2222",
    "address": "adr_01AAAAAAAAAAAAAAAAAAAAAAAA",
    "payment_method": "pm_01AAAAAAAAAAAAAAAAAAAAAAAA",
}


async def belongings(agent: Agent) -> dict[str, str]:
    """Of somebody who bought and is about to buy again."""
    method = await agent.shopper.method("tok_succeeds")
    order = await agent.shopper.buy(payment_method=method)
    address = (await agent.shopper("list_addresses")).items[0].address
    return {"checkout": await agent.checkout(), "order": order.order, "address": address, "payment_method": method}


CASES: list[tuple[str, str, tuple[str, ...]]] = [
    ("get_checkout", "checkout", ()),
    ("update_checkout", "checkout", ()),
    ("update_checkout", "address", ("checkout",)),
    ("update_checkout", "payment_method", ("checkout",)),
    ("create_checkout", "address", ()),
    ("create_checkout", "payment_method", ()),
    ("get_order", "order", ()),
    ("place_order", "checkout", ()),
    ("cancel_order", "order", ()),
    ("pay_order", "order", ("payment_method",)),
    ("pay_order", "payment_method", ("order",)),
]


async def answer_to(agent: Agent, operation: str, arguments: dict[str, Any]) -> ToolResult:
    """What a model gets to read; of a COMMIT, the refusal to ask for a yes."""
    if not agent.box.needs_approval(operation):
        return await agent(operation, **arguments)
    proposal = await agent.box.propose(operation, arguments, f"key-{next(agent.keys)}", THREAD)
    return proposal.refused or ToolResult(operation, "asked")


async def test_what_is_somebody_elses_does_not_exist(world: World) -> None:
    ada, bob = await agent_of(world), await bob_of(world)
    theirs, mine = await belongings(bob), await belongings(ada)
    mine["order"] = (await ada.shopper.buy("MUG-RED-500")).order
    mine["checkout"] = await ada.checkout()
    for operation, stolen, own in CASES:
        told = []
        for value in (theirs[stolen], NOBODYS[stolen]):
            answer = await answer_to(ada, operation, {name: mine[name] for name in own} | {stolen: value})
            assert refused(answer) == f"{stolen}_not_found", operation
            assert value in answer.text
            told.append((answer.text.replace(value, "ID"), str(answer.refusal).replace(value, "ID")))
        assert told[0] == told[1], operation
    for operation, stolen, own in [case for case in CASES if case[0] != "create_checkout"]:
        answer = await answer_to(ada, operation, {name: mine[name] for name in (*own, stolen)})
        assert answer.refusal is None, f"{operation} refuses everything, so this tests nothing"
    assert (await bob.shopper("get_order", order=theirs["order"])).status == "paid"
    assert await bob.world.findings() == []


async def test_lists_hold_the_shoppers_own_things_alone(world: World) -> None:
    ada, bob = await agent_of(world), await bob_of(world)
    theirs = await belongings(bob)
    for name in ("list_orders", "list_addresses", "list_payment_methods", "view_cart", "get_account"):
        answer = await ada(name)
        assert answer.refusal is None
        assert not [value for value in theirs.values() if value in answer.text + str(answer.view)]
        assert "Bob" not in answer.text
    assert (await ada("view_cart")).text == "subtotal $0.00 | discount $0.00"
