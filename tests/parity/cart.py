"""Cases of cart."""

from typing import Any

from tests.parity.case import Case, cart, nothing, order
from tests.worlds import Shopper


async def saved(ada: Shopper) -> dict[str, Any]:
    await cart(ada)
    await ada("save_for_later", sku="MUG-RED-350")
    return {"sku": "MUG-RED-350"}


CASES = {
    "view_cart": Case(cart, {}, {"account": "acc_1"}),
    "add_to_cart": Case(nothing, {"sku": "MUG-RED-350", "quantity": 2}, {"sku": "MUG-RED-500", "quantity": 50}),
    "change_cart_item": Case(cart, {"quantity": 3}, {"sku": "MUG-BLU-350", "quantity": 1}),
    "remove_from_cart": Case(cart, {}, {"sku": "MUG-BLU-350"}),
    "save_for_later": Case(cart, {}, {"sku": "MUG-BLU-350"}),
    "list_saved_items": Case(saved, {}, {"account": "acc_1"}),
    "move_to_cart": Case(saved, {}, {"sku": "MUG-BLU-350"}),
    "remove_saved_item": Case(saved, {}, {"sku": "MUG-BLU-350"}),
    "reorder": Case(order, {}, {"order": "DT-0000-0000"}),
    "clear_cart": Case(cart, {}, {"all": "yes"}),
}
