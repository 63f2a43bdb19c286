"""What filters, compares, points and counts in a clause, and how that corrects its meaning."""

from typing import Any

from ..planner import slots
from .clause import Clause
from .counts import take_ordinals, take_quantity
from .joining import INSTEAD
from .lexicon import Intent


def pointers(clause: Clause, counts: bool, anywhere: bool) -> dict[str, Any]:
    """Takes out of the clause what filters, compares, points and counts."""
    slots.take_listed(clause, "noise")
    found: dict[str, Any] = {"in_stock": _stock(clause)}
    found["comparison"] = slots.take_phrase(clause, "comparisons")
    ordered = slots.holds(clause, "sort_tail")
    found["sort"] = slots.take_phrase(clause, "sorts")
    found["ordered"] = bool(found["sort"]) and ordered
    if found["ordered"]:
        slots.take_listed(clause, "sort_tail")
    found["ordinals"], found["first"], found["last"] = take_ordinals(clause)
    found["everything"] = slots.take_listed(clause, "all_of_them")
    found["quantity"] = take_quantity(clause, anywhere) if counts else None
    found["that_one"] = slots.holds(clause, "that_one")
    found["definite"] = slots.holds(clause, "definite")
    found["pronoun"] = slots.take_listed(clause, "pronouns")
    found["one"] = slots.take_listed(clause, "ones")
    return found


def _stock(clause: Clause) -> bool | None:
    if slots.take_listed(clause, "sold_out"):
        return False
    return True if slots.take_listed(clause, "in_stock") else None


def refined(intent: Intent, words: tuple[str, ...], found: dict[str, Any]) -> Intent:
    """Corrects the meaning by what was named."""
    if found.get("order") and intent in ("bare", "search", "details", "off_topic"):
        return "order_status"
    if found.get("gift_card") and (intent in ("pay", "pay_with") or (intent in ("want", "want_to_buy") and not words)):
        return "use_gift_card"
    if found.get("address") and intent in ("details", "change") and not words:
        return "deliver_to"
    if found.get("coupons") and intent == "remove":
        return "drop_coupon"
    if intent != "bare" or words:
        return _wanted(intent, found)
    if found.get("coupons"):
        return "use_coupon"
    if found.get("gift_card"):
        return "use_gift_card"
    return next(
        (meant for slot, meant in INSTEAD.items() if found.get(slot)), "order_status" if found.get("order") else "bare"
    )


def _wanted(intent: Intent, found: dict[str, Any]) -> Intent:
    """ "I want two of the second" adds; "I want a mug" looks for one."""
    if intent not in ("want", "want_to_buy"):
        return intent
    exact = (
        found["ordinals"]
        or found["pronoun"]
        or (found["quantity"] or 0) > 1
        or found["comparison"]
        or found.get("skus")
    )
    if intent == "want_to_buy" and found["everything"]:
        return "buy"
    if exact:
        return "add" if intent == "want" else "buy"
    return "search"
