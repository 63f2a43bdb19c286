"""Cases of orders."""

from tests.parity.case import (
    Case,
    checkout,
    delivered,
    hidden,
    order,
    order_and_address,
    order_and_method,
    paid,
    shipped,
)

CASES = {
    "place_order": Case(checkout, {}, {"checkout": "chk_none"}),
    "list_orders": Case(order, {"limit": 5, "words": "mug", "placed_from": "2026-06-01"}, {"placed_to": "2026-13-01"}),
    "get_order": Case(order, {}, {"order": "DT-0000-0000"}),
    "pay_order": Case(order_and_method, {}, {"payment_method": "pm_none"}),
    "cancel_order_line": Case(paid, {"sku": "MUG-RED-350", "quantity": 1, "reason": "one is enough"}, {"quantity": 3}),
    "change_order_address": Case(order_and_address, {}, {"address": "adr_none"}),
    "confirm_receipt": Case(shipped, {}, {"fulfillment": "ful_none"}),
    "hide_order": Case(delivered, {}, {"order": "DT-0000-0000"}),
    "unhide_order": Case(hidden, {}, {"order": "DT-0000-0000"}),
    "cancel_order": Case(order, {"reason": "too red"}, {"order": "DT-0000-0000"}),
}
