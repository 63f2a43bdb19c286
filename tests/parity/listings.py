"""Cases of listings."""

from typing import Any

from tests.parity.case import Case, nothing
from tests.worlds import Shopper

MUG = {"product": "red-enamel-mug", "sku": "MUG-RED-350"}


async def off_sale(merchant: Shopper) -> dict[str, Any]:
    await merchant("take_off_sale", **MUG)
    return MUG


CASES = {
    "list_my_products": Case(off_sale, {"limit": 3, "low_stock": True}, {"limit": 0}, "merchant"),
    "get_my_product": Case(off_sale, {}, {"product": "flying-carpet"}, "merchant"),
    "put_on_sale": Case(off_sale, MUG, {"sku": "MUG-BLU-350"}, "merchant"),
    "take_off_sale": Case(nothing, MUG, {"product": "flying-carpet"}, "merchant"),
    "change_price": Case(nothing, {"sku": MUG["sku"], "price": 999}, {"price": -1}, "merchant"),
    "list_prices": Case(nothing, {"sku": MUG["sku"], "limit": 1}, {"sku": "NO-SUCH-SKU"}),
}
