"""Cases of refund requests."""

from typing import Any

from tests.parity.case import Case, delivered, merchant_of, shipped
from tests.worlds import Shopper

UNKNOWN = {"refund_request": "rfr_none"}
PIECE = [{"sku": "MUG-RED-350", "quantity": 1}]


async def asked_for(ada: Shopper) -> dict[str, Any]:
    bought = await delivered(ada)
    made = await ada("request_refund", order=bought["order"], reason="chipped")
    return {"refund_request": made.items[0].refund_request}


async def one_waits(merchant: Shopper) -> dict[str, Any]:
    await asked_for(merchant)
    return {}


async def goodwill_given(ada: Shopper) -> dict[str, Any]:
    part = await shipped(ada)
    await merchant_of(ada)("refund_fulfillment", fulfillment=part["fulfillment"], amount=100, reason="late")
    return {}


CASES = {
    "request_refund": Case(delivered, {"lines": PIECE, "reason": "chipped"}, {"order": "DT-0000-0000"}),
    "list_refund_requests": Case(goodwill_given, {"status": "approved"}, {"status": "lost"}),
    "get_refund_request": Case(asked_for, {}, UNKNOWN),
    "withdraw_refund_request": Case(asked_for, {}, UNKNOWN),
    "list_refund_reviews": Case(one_waits, {"status": "pending"}, {"status": "lost"}, "merchant"),
    "approve_refund": Case(
        asked_for, {"lines": PIECE, "restock": True, "note": "one is fine"}, {"amount": 10**6}, "merchant"
    ),
    "reject_refund": Case(asked_for, {"reason": "it was not"}, UNKNOWN, "merchant"),
    "refund_fulfillment": Case(shipped, {"amount": 500, "reason": "late"}, {"amount": 10**6}, "merchant"),
}
