"""The other way of saying what must be true at the end: operations that would have done it, replayed on a fresh world of the case.

Any right way passes. What is compared is what somebody owns, owes or waits for; ids, times, wording, and attempts that came to
nothing are not.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from commerce.errors import Refusal

from .books import Books, Row, books_of, rows
from .facts import filled
from .schema import Reference

COMPARED = [
    "account",
    "address",
    "cart_item",
    "coupon_claim",
    "coupon_use",
    "fulfillment",
    "gift_card",
    "order_line",
    "orders",
    "payment",
    "payment_method",
    "preference",
    "refund_line",
    "refund_request",
    "saved_item",
    "stock",
    "stock_alert",
    "transfer",
]
WORDING = {"cancel_reason", "code_hash", "ending", "messages", "note", "purpose", "reason", "said", "words"}
NOTHING_CAME = {"declined", "failed", "lost", "expired"}
ID = re.compile(r"\b(?:[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}|DT-[0-9A-Z]{4}-[0-9A-Z]{4})\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+(?:Z|[+-]\d\d:\d\d)?")


class ReferenceWrong(RuntimeError):
    """The operations of a case's reference can't be done in its world: the case is wrong, not the agent."""


async def replayed(steps: list[Reference], scene: Any) -> Books:
    """The shop's books after them."""
    names = scene.names() | await _belongings(scene)
    for step in steps:
        await scene.happen(step.before)
        arguments = filled(step.with_, names)
        try:
            view = await scene.stage.do(step.do, None, **arguments)
        except Refusal as refused:
            raise ReferenceWrong(f"same_as: {step.do}: {refused}") from refused
        told = view.model_dump(mode="json")
        names |= {name: value for name, value in told.items() if isinstance(value, str)}
    return await books_of(scene.shop.database)


async def _belongings(scene: Any) -> dict[str, str]:
    """`address1`, `payment_method1`, …: what the shopper has, in the shop's order."""
    if scene.stage.caller.role == "guest":
        return {}
    found: dict[str, str] = {}
    for operation, name in (("list_addresses", "address"), ("list_payment_methods", "payment_method")):
        items = (await scene.stage.do(operation)).items
        found |= {f"{name}{at}": str(getattr(item, name)) for at, item in enumerate(items, 1)}
    return found


def differences(actual: Books, expected: Books) -> Iterator[str]:
    """Of the two worlds, table by table."""
    for table in COMPARED:
        is_, should = (Counter(_plain_rows(table, books)) for books in (actual, expected))
        for row in sorted((is_ - should).elements()):
            yield f"{table}: there is {_told(row, should - is_)}"
        if not is_ - should:
            yield from (f"{table}: there is no {dict(row)}" for row in sorted((should - is_).elements()))


def _plain_rows(table: str, books: Books) -> Iterator[tuple[tuple[str, str], ...]]:
    for row in rows(books, table):
        if row.get("status") not in NOTHING_CAME:
            yield tuple(sorted(_plain(row).items()))


def _plain(row: Row) -> dict[str, str]:
    kept = {name: value for name, value in row.items() if name not in WORDING}
    return {name: _told_plainly(_way(json.loads(value)) if name == "quote" else value) for name, value in kept.items()}


def _way(quote: dict[str, Any]) -> dict[str, Any]:
    """Of what was bought only where it goes and how: the lines and sums have tables of their own."""
    address, option = quote.get("address") or {}, quote.get("delivery_option") or {}
    return {name: address.get(name) for name in ("recipient", "line1", "city", "country")} | {
        "by": option.get("delivery_option")
    }


def _told_plainly(value: Any) -> str:
    if isinstance(value, dict):
        value = {name: _told_plainly(part) for name, part in sorted(value.items()) if name not in WORDING}
    elif isinstance(value, list):
        value = sorted(_told_plainly(part) for part in value)
    return TIME.sub("…", ID.sub("…", str(value)))


def _told(row: tuple[tuple[str, str], ...], expected: Counter[tuple[tuple[str, str], ...]]) -> str:
    """Against the expected row that is most like it, only what is other."""
    if not expected:
        return f"one more: {dict(row)}"
    nearest = max(expected, key=lambda other: (len(set(row) & set(other)), other))
    other = dict(nearest)
    return "; ".join(f"{name} {value}, not {other.get(name)}" for name, value in row if other.get(name) != value)
