"""Cases of checkout."""

from tests.parity.case import Case, cart, checkout, nothing

CASES = {
    "list_delivery_options": Case(nothing, {"country": "US"}, {"country": "USA"}),
    "create_checkout": Case(cart, {"coupon_codes": ["WELCOME10"]}, {"coupon_codes": ["NOPE"]}),
    "get_checkout": Case(checkout, {}, {"checkout": "chk_none"}),
    "update_checkout": Case(checkout, {"delivery_option": "express"}, {"delivery_option": "teleport"}),
}
