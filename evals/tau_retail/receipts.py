"""What was done in the foreign shop, in its own words."""

from collections.abc import Callable
from typing import Any


def _order(view: Any) -> str:
    return f"Order {view.order_id} is {view.status}"


SUMMARIES: dict[str, Callable[[Any, Any], str]] = {
    "cancel_pending_order": lambda asked, view: f"{_order(view)}.",
    "modify_pending_order_items": lambda asked, view: (
        f"{_order(view)}: {', '.join(asked.item_ids)} became {', '.join(asked.new_item_ids)}."
    ),
    "modify_pending_order_payment": lambda asked, view: f"{_order(view)} and paid with {asked.payment_method_id}.",
    "modify_pending_order_address": lambda asked, view: f"{_order(view)} and goes to {asked.address1}, {asked.city}.",
    "return_delivered_order_items": lambda asked, view: f"{_order(view)}: {', '.join(asked.item_ids)}.",
    "exchange_delivered_order_items": lambda asked, view: (
        f"{_order(view)}: {', '.join(asked.item_ids)} for {', '.join(asked.new_item_ids)}."
    ),
    "modify_user_address": lambda asked, view: f"The default address is {asked.address1}, {asked.city} now.",
}
