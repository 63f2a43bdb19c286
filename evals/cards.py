"""What the chat page draws of an answer of the shop, in rows: names to the left, amounts to the right."""

from collections.abc import Iterator, Mapping
from typing import Any

from .facts import money_in

MOST_ROWS = 8
NAMES = ("name", "title", "summary", "label", "recipient", "order", "coupon", "sku", "refund_request", "gift_card")
AMOUNTS = ("total", "price", "amount", "balance", "subtotal")


def rows_of(view: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """At most as many as a reader looks at."""
    found = list(_rows(view or {}))
    more = len(found) - MOST_ROWS
    return [*found[:MOST_ROWS], (f"and {more} more", "")] if more > 0 else found


def _rows(view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lists = [view[key] for key in ("items", "lines") if isinstance(view.get(key), list)]
    for entry in (entry for entries in lists for entry in entries if isinstance(entry, dict)):
        yield _row(entry)
    if not lists and (name := _name(view)):
        yield name, _amount(view)
    totals = view.get("totals")
    for total in totals if isinstance(totals, list) else []:
        yield str(total["type"]).replace("_", " ").capitalize(), money_in(total) or ""
    if subtotal := money_in(view.get("subtotal")):
        yield "Subtotal", subtotal
    if isinstance(view.get("address"), dict):
        yield "To " + ", ".join(str(view["address"].get(key) or "") for key in ("recipient", "line1", "city")), ""


def _row(entry: Mapping[str, Any]) -> tuple[str, str]:
    pieces = f"{entry['quantity']} × " if isinstance(entry.get("quantity"), int) else ""
    state = f" · {entry['status']}".replace("_", " ") if isinstance(entry.get("status"), str) else ""
    return f"{pieces}{_name(entry)}{state}", _amount(entry)


def _name(entry: Mapping[str, Any]) -> str:
    return next((str(entry[key]) for key in NAMES if isinstance(entry.get(key), str) and entry[key]), "")


def _amount(entry: Mapping[str, Any]) -> str:
    return next((money for key in AMOUNTS if (money := money_in(entry.get(key)))), "")
