"""Cases of orders."""

from tests.parity.case import Case, checkout, order, order_and_method

CASES = {
    "place_order": Case(checkout, {}, {"checkout": "chk_none"}),
    "list_orders": Case(order, {"limit": 5}, {"status": "lost"}),
    "get_order": Case(order, {}, {"order": "DT-0000-0000"}),
    "pay_order": Case(order_and_method, {}, {"payment_method": "pm_none"}),
    "cancel_order": Case(order, {"reason": "too red"}, {"order": "DT-0000-0000"}),
}
