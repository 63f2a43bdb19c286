"""Cases of coupons."""

from tests.parity.case import Case, nothing

CASES = {
    "list_coupons": Case(nothing, {}, {"code": "X"}),
}
