"""Cases of fulfillments."""

from tests.parity.case import Case, paid, shipped, something_waits

SENT = {"carrier": "UPS", "tracking": "1Z999AA10123456784"}
UNKNOWN = {"fulfillment": "ful_none"}
CASES = {
    "list_fulfillments": Case(
        something_waits, {"status": "waiting", "sku": "MUG-RED-350"}, {"status": "lost"}, "merchant"
    ),
    "get_fulfillment": Case(paid, {}, UNKNOWN, "merchant"),
    "ship_fulfillment": Case(paid, SENT, UNKNOWN, "merchant"),
    "correct_tracking": Case(shipped, SENT, UNKNOWN, "merchant"),
    "cancel_fulfillment": Case(paid, {"reason": "broken", "restock": False}, UNKNOWN, "merchant"),
    "deliver_fulfillment": Case(shipped, {}, UNKNOWN, "merchant"),
}
