"""Cases of inventory."""

from typing import Any

from tests.parity.case import Case, nothing
from tests.worlds import Shopper

MUG = {"sku": "MUG-RED-350"}
SOLD_OUT = {"sku": "MUG-RIB-GRN"}


async def counted(merchant: Shopper) -> dict[str, Any]:
    await merchant("adjust_stock", **MUG, counted=4, reason="counted", note="shelf 3")
    return MUG


async def fresh(merchant: Shopper) -> dict[str, Any]:
    """Its movements are the only ones of this moment."""
    new = {"sku": "MUG-NEW", "price": 900, "stock": 5}
    await merchant("create_product", name="New mug", category="mugs-and-cups", variants=[new])
    await merchant("adjust_stock", sku="MUG-NEW", by=-1, reason="damaged")
    return {"sku": "MUG-NEW"}


async def waiting(ada: Shopper) -> dict[str, Any]:
    await ada("watch_stock", **SOLD_OUT)
    return SOLD_OUT


CASES = {
    "get_stock": Case(counted, {}, {"sku": "NO-SUCH-SKU"}, "merchant"),
    "adjust_stock": Case(nothing, MUG | {"by": -3, "reason": "damaged"}, {"by": -999}, "merchant"),
    "set_low_stock": Case(nothing, MUG | {"low_stock_at": 30}, {"sku": "NO-SUCH-SKU"}, "merchant"),
    "list_stock_movements": Case(fresh, {}, {"sku": "NO-SUCH-SKU"}, "merchant"),
    "list_low_stock": Case(counted, {"limit": 3}, {"limit": 0}, "merchant"),
    "watch_stock": Case(nothing, SOLD_OUT, MUG),
    "unwatch_stock": Case(waiting, {}, MUG),
    "list_stock_alerts": Case(waiting, {}, {"limit": 0}),
}
