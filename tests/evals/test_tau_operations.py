"""The foreign shop's operations: τ's tools by name and arguments, behind our door with its gates."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from commerce.context import ANONYMOUS, Context, Surface
from commerce.errors import ApprovalRequired, IdempotencyKeyRequired, SignInRequired, all_refusals
from commerce.operation import Effect
from commerce.operations import CATALOG
from evals.tau_retail import refusals
from evals.tau_retail.adapter import OFFER
from evals.tau_retail.comparing import changed
from evals.tau_retail.data import database, sequences, tools
from evals.tau_retail.operations import TAU
from evals.tau_retail.reckoning import reckoned
from evals.tau_retail.refusals import NotReckonable
from evals.tau_retail.rules import Refund, held, lines_of
from evals.tau_retail.world import signed_in
from tests.evals.tau import Bench, bench_in
from tools import Toolbox, tool_specs

OWNER, STRANGER = "yusuf_rossi_9620", "mia_garcia_4516"
DELIVERED = {"order_id": "#W2378156"}
RETURN = DELIVERED | {"item_ids": ["4202497723"], "payment_method_id": "credit_card_9513926"}
ADDRESS = {"address1": "1 Test Street", "address2": "", "city": "X", "state": "IL", "country": "USA", "zip": "62701"}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as made:
        yield made


def test_an_agent_is_offered_just_the_tools_of_tau() -> None:
    offered = {spec.name: spec.parameters for spec in tool_specs("customer", OFFER)}
    assert offered.keys() == {tool["name"] for tool in tools()}
    for tool in tools():
        asked = tool["parameters"]["properties"]
        found = offered[tool["name"]]["properties"]
        assert {name: field["type"] for name, field in found.items()} == {n: f["type"] for n, f in asked.items()}
        assert all(field["description"] for field in found.values())
        assert (TAU[tool["name"]].effect is Effect.READ) == (not tool["mutates_state"])
    assert not TAU.keys() & CATALOG.keys()
    assert set(OFFER.summaries) == {name for name, known in TAU.items() if known.effect is not Effect.READ}


def test_all_but_the_default_address_take_a_yes() -> None:
    free = {name for name, known in TAU.items() if known.effect is Effect.WRITE}
    assert free == {"modify_user_address"}


def test_refusals_of_the_foreign_shop_are_none_of_ours_and_say_what_to_do() -> None:
    named = {name for name, kind in vars(refusals).items() if isinstance(kind, type) and "sentence" in vars(kind)}
    assert len(named) == 15
    assert not [kind for kind in all_refusals().values() if kind.__module__.startswith("evals.")]
    assert all(getattr(refusals, name).hint.endswith(".") for name in named)


async def test_what_belongs_to_somebody_else_does_not_exist(bench: Bench) -> None:
    owner, stranger = await signed_in(bench.shop, OWNER), await signed_in(bench.shop, STRANGER)
    calls = [
        ("get_order_details", DELIVERED, "Order"),
        ("return_delivered_order_items", RETURN, "Order"),
        ("get_user_details", {"user_id": OWNER}, "User"),
        ("find_user_id_by_name_zip", {"first_name": "yusuf", "last_name": "ROSSI", "zip": "19122"}, "User"),
        ("modify_user_address", ADDRESS | {"user_id": OWNER}, "User"),
    ]
    asked = [{"name": name, "arguments": arguments} for name, arguments, _ in calls]
    told, found = await bench.replay(asked, stranger)
    assert [replied.text for replied in told] == [f"Error: {thing} not found" for _, _, thing in calls]
    assert found == {"orders": {}, "users": {}}
    told, found = await bench.replay(asked, owner)
    assert all(replied.ok for replied in told)
    assert (set(found["orders"]), set(found["users"])) == ({"#W2378156"}, {OWNER})


async def test_an_agent_needs_the_users_yes_and_uses_it_once(bench: Bench) -> None:
    box = Toolbox(bench.shop, await signed_in(bench.shop, OWNER), OFFER)
    name = "return_delivered_order_items"
    refused = await box.call(name, RETURN, "key-1")
    assert refused.refusal
    assert refused.refusal["code"] == "approval_required"
    proposal = await box.propose(name, RETURN, "key-1", "thr_1")
    assert proposal.confirmation
    confirmation = proposal.confirmation["confirmation"]
    assert "4202497723" in proposal.confirmation["terms"]["summary"]
    await box.decide("thr_1", confirmation, "approve")
    done = await box.call(name, RETURN, "key-1", confirmation)
    assert done.receipt
    assert done.receipt.summary == "Order #W2378156 is return requested: 4202497723."
    again = await box.call(name, RETURN, "key-1", confirmation)
    assert again.view == done.view
    other = await box.call(name, RETURN, "key-2", confirmation)
    assert other.refusal
    assert other.refusal["code"] == "approval_required"


async def test_a_question_that_can_come_to_nothing_is_not_asked(bench: Bench) -> None:
    box = Toolbox(bench.shop, await signed_in(bench.shop, OWNER), OFFER)
    wrong = RETURN | {"item_ids": ["1111111111"]}
    proposal = await box.propose("return_delivered_order_items", wrong, "key-1", "thr_1")
    assert proposal.refused
    assert proposal.refused.text == "Error: Some item not found"


async def test_a_write_needs_somebody_a_key_and_in_a_conversation_a_yes(bench: Bench) -> None:
    operation = TAU["return_delivered_order_items"]
    caller, asked = await signed_in(bench.shop, OWNER), operation.parse(RETURN)
    for refused, ctx in (
        (SignInRequired, Context(bench.shop, ANONYMOUS, key="k")),
        (IdempotencyKeyRequired, Context(bench.shop, caller)),
        (ApprovalRequired, Context(bench.shop, caller, surface=Surface.AGENT, key="k")),
    ):
        with pytest.raises(refused):
            await operation(ctx, asked)
    assert await changed(bench.shop.database) == {"orders": {}, "users": {}}


# Where no recorded row goes


async def test_a_gift_card_may_be_used_up_to_its_last_cent(bench: Bench) -> None:
    order, card = _order_and_card()
    paid = {"order_id": order["order_id"], "payment_method_id": card}
    amount = round(order["payment_history"][0]["amount"] * 100)
    for balance, ok in ((amount - 1, False), (amount, True)):
        async with bench.shop.database.write() as db:
            await db.execute(
                text("UPDATE tau_payment_method SET balance = :b WHERE payment_method_id = :m"),
                {"b": balance, "m": card},
            )
        ((replied,), found) = await bench.replay([{"name": "modify_pending_order_payment", "arguments": paid}])
        assert replied.ok is ok
        left = found["users"][order["user_id"]]["payment_methods"][card]["balance"]
        assert left == (0.0 if ok else balance / 100)


def _order_and_card() -> tuple[dict[str, Any], str]:
    """A pending order that was not paid with a gift card, of a user who has one."""
    first = database()
    for order in first["orders"].values():
        cards = [m for m in first["users"][order["user_id"]]["payment_methods"] if m.startswith("gift_card")]
        if order["status"] == "pending" and cards and order["payment_history"][0]["payment_method_id"] not in cards:
            return order, cards[0]
    raise AssertionError("there is none")


async def test_an_item_that_costs_the_same_leaves_a_refund_of_nothing(bench: Bench) -> None:
    order, card = _order_and_card()
    old = order["items"][0]
    variants = database()["products"][old["product_id"]]["variants"]
    new = next(id for id, variant in variants.items() if variant["available"] and id != old["item_id"])
    async with bench.shop.database.write() as db:
        price = {"price": round(old["price"] * 100), "id": new}
        await db.execute(text("UPDATE tau_variant SET price = :price WHERE item_id = :id"), price)
    asked = {
        "order_id": order["order_id"],
        "item_ids": [old["item_id"]],
        "new_item_ids": [new],
        "payment_method_id": card,
    }
    ((replied,), found) = await bench.replay([{"name": "modify_pending_order_items", "arguments": asked}])
    assert replied.ok
    last = found["orders"][order["order_id"]]["payment_history"][-1]
    assert last == {"transaction_type": "refund", "amount": 0.0, "payment_method_id": card}


# Where τ is odd


async def test_a_cancelled_order_gives_each_method_back_what_it_still_holds(bench: Bench) -> None:
    """τ refunds the refund of a changed payment too: twice the amount goes out."""
    odd = "cancel_refunds_every_history_entry"
    known = [found for found in sequences() if odd in found["expected"].get("quirks", [])]
    cancelled = 0
    for sequence in known:
        _, found = await bench.replay(sequence["calls"])
        for order in found["orders"].values():
            paid: Counter[str] = Counter()
            for entry in order["payment_history"]:
                sign = 1 if entry["transaction_type"] == "payment" else -1
                paid[entry["payment_method_id"]] += sign * round(entry["amount"] * 100)
            if order["status"] == "cancelled":
                cancelled += len(order["payment_history"]) > 2
                assert set(paid.values()) == {0}, sequence["id"]
    assert cancelled >= len(known) == 45


async def test_an_empty_list_of_items_is_refused_and_changes_nothing(bench: Bench) -> None:
    """In τ it moves the order's status."""
    odd = "empty_item_list_accepted"
    known = [found for found in sequences() if odd in found["expected"].get("quirks", [])]
    refused = []
    for sequence in known:
        told, found = await bench.replay(sequence["calls"])
        pairs = zip(sequence["calls"], told, strict=True)
        refused += [r for asked, r in pairs if asked["ok"] and not asked["arguments"].get("item_ids", [1])]
        assert not [o for o in found["orders"].values() if [] in (o.get("return_items"), o.get("exchange_items"))]
    assert len(refused) >= len(known) == 31
    assert all("No item of the order" in replied.text for replied in refused)


def _line(item: str) -> Any:
    return SimpleNamespace(item_id=item)


def test_lines_are_found_before_anything_changes() -> None:
    a, b, c = _line("A"), _line("B"), _line("A")
    assert lines_of([a, b, c], ["A", "B", "A"]) == ([a, b, c], None)
    assert lines_of([a, b, c], ["B", "A"]) == ([b, a], None)
    assert lines_of([a, b, c], ["A", "A", "A"]) == ([], "A")
    assert lines_of([a, b, c], ["A", "Z", "Y"]) == ([], "Z")


def test_what_methods_hold_is_what_they_paid_and_did_not_get_back() -> None:
    paid = [_paid("payment", 500, "a"), _paid("payment", 500, "b"), _paid("refund", 500, "a"), _paid("refund", 20, "b")]
    assert held(paid) == [Refund("b", 480)]


def _paid(kind: str, amount: int, method: str) -> Any:
    return SimpleNamespace(kind=kind, amount=amount, payment_method_id=method)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 / 3", 33.33),
        ("(1 + 2) * -3", -9.0),
        ("8", 8.0),
        (" 0.1+0.2 ", 0.3),
        ("2 - -1.5", 3.5),
        ("2 ** 8", 256.0),
        ("1e2", None),
    ],
)
def test_sums_are_reckoned(expression: str, value: float | None) -> None:
    if value is not None:
        assert str(reckoned(expression)) == str(value)
        return
    with pytest.raises(NotReckonable, match="Invalid characters"):
        reckoned(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "9**9**9**9",
        "2**0.5",
        "0**-1",
        "(1",
        "1 / 0",
        "()",
        "1 2",
        "01",
        "(1, 2)",
        "(1)(2)",
        "-" * 80 + "1",
        "9" * 30,
        "",
    ],
)
def test_what_is_no_sum_of_a_till_is_refused(expression: str) -> None:
    with pytest.raises(NotReckonable):
        reckoned(expression)
