"""Cases of coupons."""

from typing import Any

from tests.parity.case import Case, nothing
from tests.worlds import Shopper


async def claimed(ada: Shopper) -> dict[str, Any]:
    await ada("claim_coupon", coupon="MUGS15")
    return {"coupon": "HARBOR4"}


CASES = {
    "list_coupons": Case(nothing, {"limit": 3}, {"code": "X"}),
    "claim_coupon": Case(claimed, {}, {"coupon": "MUGS15"}),
    "list_my_coupons": Case(claimed, {"state": "usable"}, {"state": "lost"}),
    "list_managed_coupons": Case(nothing, {"limit": 1}, {"limit": 0}, "merchant"),
}
