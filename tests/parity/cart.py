"""Cases of cart."""

from tests.parity.case import Case, cart, nothing

CASES = {
    "view_cart": Case(cart, {}, {"account": "acc_1"}),
    "add_to_cart": Case(nothing, {"sku": "MUG-RED-350", "quantity": 2}, {"sku": "MUG-RED-500", "quantity": 50}),
    "change_cart_item": Case(cart, {"quantity": 3}, {"sku": "MUG-BLU-350", "quantity": 1}),
    "remove_from_cart": Case(cart, {}, {"sku": "MUG-BLU-350"}),
    "clear_cart": Case(cart, {}, {"all": "yes"}),
}
