"""Whether an utterance led to exactly the calls that it should: the operation, and the arguments that matter."""

import json
import re
from collections.abc import Iterator
from typing import Any

from agent.planner.words import CJK, has_cjk, stems, tokens

from .playing import Heard, Made
from .sets import Utterance

SUPPORT = {
    "list_addresses", "list_payment_methods", "list_delivery_options", "list_categories", "list_merchants",
    "list_coupons", "list_saved_items", "list_gift_cards", "list_orders", "list_fulfillments", "list_stock_alerts",
    "list_refund_requests", "list_preferences", "list_my_products", "get_my_product", "get_stock", "get_order", "get_product", "view_cart",
}  # fmt: skip
"""Reads that only look up an id, on the way to what was asked for."""
INCIDENTAL = {"limit", "cursor", "reason", "expected", "note"}
FREE = {
    "create_checkout": {"address", "delivery_option", "payment_method", "coupon_codes"},
    "take_off_sale": {"product"},
    "put_on_sale": {"product"},
}
"""Arguments that follow from the shopper's settings or from others; they count only where they are expected."""
WHATEVER = {"get_product", "get_order", "search_products"}
"""Where nothing is expected of their arguments, any will do."""
NAMED = ("address", "payment_method", "order", "fulfillment", "checkout", "gift_card", "refund_request")


def right(utterance: Utterance, heard: Heard, orders: list[str], views: list[Any]) -> bool:
    """`views` are the shop's answers, by which an id is known for what it names."""
    if has_cjk(utterance.says) and not has_cjk(heard.reply):
        return False
    names: dict[str, str] = {}
    for named, text in _names(views):
        names[named] = f"{names.get(named, '')} {text}"
    expected = list(utterance.calls)
    seeking = any(operation == "search_products" for operation, _ in expected)
    for made in heard.calls:
        if expected and made.operation == expected[0][0] and _same(made, _filled(expected[0][1], orders), names):
            expected.pop(0)
        elif not _supports(made, seeking, left=bool(expected)):
            return False
    return not expected


def _writes(operation: str) -> bool:
    return not operation.startswith(("list_", "get_", "view_", "search_"))


def _supports(made: Made, seeking: bool, left: bool) -> bool:
    """Whether a call only looks something up on the way to one that is still expected."""
    if made.operation == "search_products":
        return left and not seeking
    return left and made.operation in SUPPORT


def _filled(arguments: dict[str, Any], orders: list[str]) -> dict[str, Any]:
    named = {f"order{i}": number for i, number in enumerate(orders, 1)}
    return {key: named.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}


def _same(made: Made, expected: dict[str, Any], names: dict[str, str]) -> bool:
    if not expected and made.operation in WHATEVER:
        return True
    ignored = INCIDENTAL | FREE.get(made.operation, set()) | ({*NAMED, "sku"} if _writes(made.operation) else set())
    actual = {
        k: v for k, v in made.arguments.items() if v not in (None, "", False) and (k in expected or k not in ignored)
    }
    if made.operation == "search_products" and "query" not in expected:
        actual = {k: v for k, v in actual.items() if k not in ("query", "category") or k in expected}
    if actual.keys() != {key for key, value in expected.items() if value is not None or key in actual}:
        return False
    return all(_fits(key, actual[key], value, names) for key, value in expected.items() if value is not None)


def _fits(key: str, actual: Any, expected: Any, names: dict[str, str]) -> bool:
    if key in ("query", "without"):
        return any(_same_query(str(actual), option) for option in expected.split(" / "))
    if isinstance(expected, str) and key in NAMED:
        known = f"{actual} {names.get(str(actual), '')}".casefold()
        return expected == "*" or any(option.casefold() in known for option in expected.split("|"))
    return bool(actual == expected)


def _same_query(actual: str, expected: str) -> bool:
    """The same words in any order and number; `~` in front lets others stand beside them."""
    said, wanted = _words(actual), _words(expected)
    return wanted <= said if expected.startswith("~") else wanted == said


def _words(text: str) -> set[str]:
    latin = stems(" ".join(token for token in tokens(text) if not has_cjk(token)))
    return latin | set(re.findall(f"[{CJK}]", text))


def _names(views: list[Any]) -> Iterator[tuple[str, str]]:
    """What the shop said of each id."""
    for view in views:
        if isinstance(view, dict):
            yield from (
                (view[key], json.dumps(view, ensure_ascii=False)) for key in NAMED if isinstance(view.get(key), str)
            )
            yield from _names(list(view.values()))
        elif isinstance(view, list):
            yield from _names(view)
