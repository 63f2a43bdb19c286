"""What is emitted is on the list of events, so that whoever registers a webhook can read what there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from commerce import events
from commerce.events import EVENTS, INTERNAL

COMMERCE = Path(events.__file__).parent


def emitted() -> Iterator[str]:
    """Types in calls of `ctx.emit("type")` and of the orders' `note(ctx, number, "type")`."""
    for file in COMMERCE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        of_orders = any(
            isinstance(n, ast.ImportFrom) and n.module in {"history", "orders.history"} for n in ast.walk(tree)
        )
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                yield from words
            if of_orders and isinstance(node.func, ast.Name) and node.func.id == "note":
                yield from (f"order.{word}" for word in words)


def test_every_event_that_is_emitted_is_on_the_list() -> None:
    found = set(emitted())
    assert {"order.placed", "order.shipped", "guest.signed_in"} <= found
    assert found - EVENTS.keys() - INTERNAL == set()


def test_every_event_on_the_list_is_told_in_a_sentence() -> None:
    assert all(words.endswith(".") for words in EVENTS.values())
